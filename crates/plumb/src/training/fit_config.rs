//! How the models of a target are fitted.

use anyhow::Result;
use chrono::TimeDelta;
use plumb_lead::{FeatureSet, MadeOf, MessageCatalog, Recency, Table};
use plumb_learn::Params;

use super::search::Search;
use super::spec::{TrainingContext, TrainingSpec};
use crate::project::Target;
use crate::team_rules::TeamRules;

/// Enough trees; early stopping mostly ends sooner.
const ROUNDS_MAX: usize = 400;

/// How models are fitted to rows.
#[derive(Clone)]
pub(super) struct FitConfig {
    pub(super) params: Params,
    pub(super) message_catalog: MessageCatalog,
    /// How many leads the team can call in a week, where the project says so.
    pub(super) leads_a_week: Option<f64>,
    /// How long it takes a row to lose half of its weight; `None` if all weigh the same.
    pub(super) half_life: Option<TimeDelta>,
    /// Features that models do not see.
    pub(super) left_out: Vec<String>,
}

/// What is to be trained and how, whatever rows there are.
#[derive(Clone)]
pub(super) struct TrainingSetup {
    pub(super) spec: TrainingSpec,
    /// What `plumb.toml` says of the target.
    pub(super) target: Target,
    pub(super) fit_config: FitConfig,
    /// What models are made of beside rows.
    pub(super) made_of: MadeOf,
    team_rules: Option<TeamRules>,
}

impl FitConfig {
    /// Returns the same config with another search.
    pub(super) fn searching(&self, search: Search) -> FitConfig {
        let params = Params { search_trials: search.trials_max(), ..self.params.clone() };
        FitConfig { params, ..self.clone() }
    }

    /// Returns what models see of the rows to train on.
    pub(super) fn features(&self, training: &Table) -> FeatureSet {
        FeatureSet::learn(&training.without(&self.left_out), &self.message_catalog)
    }
}

impl TrainingSetup {
    /// Reads the setup of a training from its project.
    pub(super) fn read(context: TrainingContext<'_>, spec: TrainingSpec) -> Result<TrainingSetup> {
        let TrainingContext { project, lake, .. } = context;
        let target = project.target(&spec.target)?;
        let team_rules = project.rules()?;
        let rules = team_rules.as_ref().map(|team| team.rules.clone());
        let params = Params {
            seed: spec.seed,
            beta: target.beta,
            cost: target.cost,
            optimise: target.optimise,
            in_time_order: true,
            capacity: None,
            stop_on: target.stop_on,
            threads: 0,
            rounds_max: ROUNDS_MAX,
            search_trials: spec.search.trials_max(),
            rules: rules.filter(|rules| !rules.rules.is_empty()),
        };
        let leads_a_week = target.capacity;
        let message_catalog = project.message_catalog()?;
        let half_life = half_life(spec.recency);
        let fit_config = FitConfig { params, message_catalog, leads_a_week, half_life, left_out: Vec::new() };
        let made_of = MadeOf {
            ground: lake.ground_version().to_owned(),
            source_sql: lake.source_sql().clone(),
            target_settings: project.target_settings(&spec.target)?,
            rules: project.rules_hash()?,
        };
        Ok(TrainingSetup { spec, target, fit_config, made_of, team_rules })
    }

    /// Returns the same setup, of which models do not see these features.
    pub(super) fn leaving_out(&self, left_out: &[String]) -> TrainingSetup {
        let mut setup = self.clone();
        setup.fit_config.left_out = left_out.to_vec();
        // A table of rules that fits no feature is an error, but not if the features are left out on purpose.
        if let Some(rules) = &mut setup.fit_config.params.rules {
            rules.rules.retain(|rule| !left_out.contains(&rule.field));
        }
        setup.fit_config.params.rules.take_if(|rules| rules.rules.is_empty());
        setup
    }

    /// Returns the same setup for models that look back otherwise.
    pub(super) fn looking_back(&self, recency: Recency) -> TrainingSetup {
        let mut setup = self.clone();
        setup.spec.recency = recency;
        setup.fit_config.half_life = half_life(recency);
        setup
    }

    /// Returns the rules that cannot be read or fit no feature, a line each.
    pub(super) fn rules_not_used(&self, features: &FeatureSet) -> Vec<String> {
        let Some(team) = &self.team_rules else { return Vec::new() };
        let unreadable = team.unreadable.iter().map(|line| format!("not read: {line}"));
        let unbound = team.unbound(features, &self.fit_config.left_out);
        unreadable.chain(unbound.into_iter().map(|line| format!("not used: {line}"))).collect()
    }
}

fn half_life(recency: Recency) -> Option<TimeDelta> {
    recency.half_life_h.map(|hours| TimeDelta::hours(i64::from(hours)))
}

#[cfg(test)]
mod tests {
    use crate::project::Project;
    use crate::spreadsheet;

    #[test]
    fn rules_come_from_the_workbook_that_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let rows = r#"<row r="1"><c t="str"><v>Field</v></c><c t="str"><v>Value</v></c><c t="str"><v>Score</v></c></row>
            <row r="2"><c t="str"><v>employees</v></c><c t="str"><v>&gt; 50</v></c><c><v>10</v></c></row>
            <row r="3"><c t="str"><v>employees</v></c><c t="str"><v>&gt; many</v></c><c><v>5</v></c></row>"#;
        let write =
            |file: &str, bytes: &[u8]| std::fs::write(folder.path().join(file), bytes).expect("it can be written");
        write("Lead scoring.xlsx", &spreadsheet::tests::workbook(&[("Scoring", rows)]));
        write("plumb.toml", b"rules = \"Lead scoring.xlsx\"\n[target.won]\nhorizon = \"90d\"\n");
        let team =
            Project::open(folder.path()).expect("it is right").rules().expect("it can be read").expect("it is named");
        assert_eq!(team.rules.rules[0].points, 10.0);
        assert_eq!(team.places, ["Lead scoring.xlsx, sheet \"Scoring\", cell B2"]);
        assert!(team.unreadable[0].starts_with("Lead scoring.xlsx, sheet \"Scoring\", cell B3: `> many` is"));
        write("plumb.toml", b"rules = \"gone.xlsx\"\n[target.won]\nhorizon = \"90d\"\n");
        let error = Project::open(folder.path()).expect("it is right").rules().expect_err("the file is gone");
        assert!(format!("{error:#}").contains("gone.xlsx"), "{error:#}");
    }
}
