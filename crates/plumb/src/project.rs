//! A project folder: `plumb.toml` and the files beside it. Secrets come from the environment, as `${NAME}`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lake::{FeatureSql, LabelSpec, Source, SqlFile};
use plumb_lead::{Language, MessageCatalog};
use plumb_learn::decision::{Cost, Optimise, StopOn};
use serde::{Deserialize, Deserializer};

use crate::message_catalog;
use crate::team_rules::TeamRules;

/// The team's own rules, if they have any, in one of these files.
const RULES: [&str; 2] = ["rules.csv", "rules.xlsx"];

/// An opened project folder.
#[derive(Debug)]
pub(crate) struct Project {
    folder: PathBuf,
    config: Config,
}

/// What stands in `plumb.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The moment that counts as now; the clock's unless it is set.
    as_of: Option<DateTime<Utc>>,
    /// The file of the team's rules; `rules.csv` or `rules.xlsx` unless it is named.
    rules: Option<String>,
    /// The languages in which people are told of features, the default first.
    #[serde(default)]
    languages: Vec<Language>,
    #[serde(default)]
    source: BTreeMap<String, Source>,
    #[serde(default)]
    target: toml::map::Map<String, toml::Value>,
    #[serde(default)]
    score: Score,
    #[serde(default)]
    retrain: Retrain,
}

/// `[target.NAME]`: what is predicted, and what mistakes cost.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// Positive: the outcome comes within this time.
    #[serde(deserialize_with = "span")]
    pub(crate) horizon: TimeDelta,
    /// What the two mistakes cost.
    pub(crate) cost: Option<Cost>,
    /// What the threshold is chosen for.
    #[serde(default)]
    pub(crate) optimise: Optimise,
    /// How many leads the team can call in a week.
    pub(crate) capacity: Option<f64>,
    /// The feature that says what a lead is worth if it is good.
    pub(crate) value: Option<String>,
    /// Features, categories or flags, by whose groups the card says how calls fall.
    #[serde(default)]
    pub(crate) facets: Vec<String>,
    /// By what the settings of a model are chosen.
    #[serde(default)]
    pub(crate) stop_on: StopOn,
    /// The beta of F-beta.
    #[serde(default = "half")]
    pub(crate) beta: f64,
}

/// `[score]`: when a lead is looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Score {
    /// A lead is an observation at each of these ages.
    #[serde(deserialize_with = "spans")]
    at: Vec<TimeDelta>,
}

/// `[retrain]`: what becomes of a challenger.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retrain {
    #[serde(default)]
    promote: Promote,
}

/// Who promotes a challenger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Promote {
    /// A person, by `plumb promote`.
    #[default]
    ByHand,
    /// `plumb retrain` itself, if the challenger is clearly better on the same newest rows.
    IfBetter,
}

impl Project {
    /// Opens a folder by its `plumb.toml`.
    pub(crate) fn open(folder: &Path) -> Result<Project> {
        let path = folder.join("plumb.toml");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("cannot read `{}`; run in a project folder, or name one by --project", path.display())
        })?;
        let mut config: Config = toml::from_str(&text).with_context(|| format!("`{}` is wrong", path.display()))?;
        for (name, source) in &mut config.source {
            source.url = with_environment(&source.url, |variable| std::env::var(variable).ok())
                .with_context(|| format!("`{}`: source `{name}`, field `url`", path.display()))?;
        }
        let known: BTreeSet<&Language> = config.languages.iter().collect();
        ensure!(
            known.len() == config.languages.len(),
            "`{}`: `languages` names one twice: expected each once, the default first",
            path.display()
        );
        let project = Project { folder: folder.to_owned(), config };
        for name in project.targets() {
            project.target(&name)?;
        }
        Ok(project)
    }

    /// Returns whether a folder is a project.
    pub(crate) fn is_at(folder: &Path) -> bool {
        folder.join("plumb.toml").is_file()
    }

    /// Returns the folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the moment that counts as now: what was asked for, else the configured one, else the clock.
    pub(crate) fn now(&self, asked: Option<DateTime<Utc>>) -> DateTime<Utc> {
        asked.or(self.config.as_of).unwrap_or_else(Utc::now)
    }

    /// Returns the moment that `plumb.toml` says is now.
    pub(crate) fn fixed_now(&self) -> Option<DateTime<Utc>> {
        self.config.as_of
    }

    /// Returns the company's systems, by name.
    pub(crate) fn sources(&self) -> &BTreeMap<String, Source> {
        &self.config.source
    }

    /// Returns the names of the targets, in the order of `plumb.toml`.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.config.target.keys().cloned().collect()
    }

    /// Returns the targets that are meant: those named, or all.
    pub(crate) fn targets_meant(&self, named: &[String]) -> Result<Vec<String>> {
        ensure!(!self.config.target.is_empty(), "`plumb.toml` has no target: expected a table `[target.NAME]`");
        if named.is_empty() {
            return Ok(self.targets());
        }
        named.iter().map(|name| self.target(name).map(|_| name.clone())).collect()
    }

    /// Returns what `plumb.toml` says of a target.
    pub(crate) fn target(&self, name: &str) -> Result<Target> {
        let value = self.config.target.get(name).with_context(|| {
            format!("there is no target `{name}` in plumb.toml: expected one of `{}`", self.targets().join("`, `"))
        })?;
        let target: Target =
            value.clone().try_into().with_context(|| format!("`plumb.toml`: target `{name}` is wrong"))?;
        ensure!(target.horizon > TimeDelta::zero(), "`plumb.toml`: target `{name}`: `horizon` has to be over 0");
        ensure!(
            target.capacity.is_none_or(|leads| leads.is_finite() && leads > 0.0),
            "`plumb.toml`: target `{name}`: `capacity` has to be over 0: the leads that the team can call in a week"
        );
        ensure!(
            target.optimise != Optimise::Capacity || target.capacity.is_some(),
            "`plumb.toml`: target `{name}`: `optimise = \"capacity\"` needs `capacity`, the leads a week"
        );
        Ok(target)
    }

    /// Returns what is asked of each lead for a target.
    pub(crate) fn label_spec(&self, target: &str) -> Result<LabelSpec> {
        let horizon = self.target(target)?.horizon;
        Ok(LabelSpec { target: target.to_owned(), horizon, ages: self.config.score.at.clone() })
    }

    /// Returns who promotes a challenger.
    pub(crate) fn promote(&self) -> Promote {
        self.config.retrain.promote
    }

    /// Returns `sources/*.sql`.
    pub(crate) fn source_sql(&self) -> Result<Vec<SqlFile>> {
        self.sql_files("sources")
    }

    /// Returns `features/*.sql` with the horizons of the targets.
    pub(crate) fn feature_sql(&self) -> Result<FeatureSql> {
        let seconds = |name: &String| Ok((name.clone(), self.target(name)?.horizon.num_seconds().unsigned_abs()));
        let horizons = self.targets().iter().map(seconds).collect::<Result<_>>()?;
        Ok(FeatureSql { files: self.sql_files("features")?, horizons })
    }

    /// Returns how people are told of each feature: `features/*.toml`.
    pub(crate) fn message_catalog(&self) -> Result<MessageCatalog> {
        message_catalog::read(&self.files("features", "toml")?, &self.config.languages)
    }

    /// Returns the team's rules; `None` if there is no file of them.
    pub(crate) fn rules(&self) -> Result<Option<TeamRules>> {
        let named = self.config.rules.as_ref().map(|file| vec![file.as_str()]);
        let is_named = named.is_some();
        let files = named.unwrap_or_else(|| RULES.to_vec());
        let there: Vec<&str> = files.into_iter().filter(|file| is_named || self.folder.join(file).is_file()).collect();
        match there.as_slice() {
            [] => Ok(None),
            [file] => TeamRules::read(&self.folder.join(file), file).map(Some),
            both => bail!(
                "there are `{}`: name the one that counts in plumb.toml, as `rules = \"…\"`",
                both.join("` and `")
            ),
        }
    }

    fn sql_files(&self, folder: &str) -> Result<Vec<SqlFile>> {
        let paths = self.files(folder, "sql")?;
        ensure!(
            !paths.is_empty(),
            "there is no `{}`: expected SQL files",
            self.folder.join(folder).join("*.sql").display()
        );
        let file = |path: PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Ok(SqlFile { name: format!("{folder}/{name}"), sql: read(&path)? })
        };
        paths.into_iter().map(file).collect()
    }

    /// Returns the files of a folder with an ending, in the order of their names.
    fn files(&self, folder: &str, ending: &str) -> Result<Vec<PathBuf>> {
        let folder = self.folder.join(folder);
        let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.with_context(|| format!("cannot list `{}`", folder.display()))?.path();
            if path.extension().is_some_and(|extension| extension == ending) {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }
}

impl Default for Score {
    fn default() -> Self {
        Score { at: vec![TimeDelta::zero()] }
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

fn half() -> f64 {
    0.5
}

fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeDelta, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_span(&text).map_err(serde::de::Error::custom)
}

fn spans<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TimeDelta>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let mut spans =
        texts.iter().map(|text| parse_span(text).map_err(serde::de::Error::custom)).collect::<Result<Vec<_>, _>>()?;
    spans.sort();
    spans.dedup();
    if spans.is_empty() { Err(serde::de::Error::custom("no age at all: expected at least `0h`")) } else { Ok(spans) }
}

/// Reads `90d`, `48h` or `2w`.
fn parse_span(text: &str) -> Result<TimeDelta, String> {
    let wrong =
        || format!("`{text}` is no span of time: expected a whole number and a unit, as in `48h`, `90d` or `2w`");
    let unit_at = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit_at);
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let span = match unit {
        "h" => TimeDelta::try_hours(number),
        "d" => TimeDelta::try_days(number),
        "w" => TimeDelta::try_weeks(number),
        _ => None,
    };
    // Ten thousand years are beyond any moment that can be told.
    span.filter(|span| span.num_days() < 3_650_000).ok_or_else(wrong)
}

/// Returns the text with every `${NAME}` replaced; a variable that is not set is an error, and no value is ever shown.
fn with_environment(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else {
            bail!("`${{` is never closed: expected `${{NAME}}`");
        };
        filled.push_str(before);
        filled.push_str(
            &value(variable)
                .with_context(|| format!("environment variable `{variable}` is not set; export it first"))?,
        );
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let filled = with_environment(text, |name| (name == "HOST").then(|| "db.example".to_owned()));
        let filled = filled.map_err(|error| error.to_string());
        assert_eq!(filled.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn secrets_come_from_the_environment() {
        check("postgres://${HOST}/internal", Ok("postgres://db.example/internal"));
        check("crm.db", Ok("crm.db"));
        check("${NOBODY}", Err("environment variable `NOBODY` is not set; export it first"));
        check("${HOST", Err("`${` is never closed: expected `${NAME}`"));
    }

    #[test]
    fn spans_of_time_have_a_unit() {
        assert_eq!(parse_span("90d"), Ok(TimeDelta::days(90)));
        assert_eq!(parse_span("48h"), Ok(TimeDelta::days(2)));
        assert_eq!(parse_span("2w"), Ok(TimeDelta::days(14)));
        for text in ["90", "d", "", "-1d", "1.5d", "1 d", "9999999999999999999d", "99999999d"] {
            assert!(parse_span(text).expect_err("no span").contains("`48h`"), "{text}");
        }
    }

    #[test]
    fn a_wrong_configuration_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = |config: &str| {
            std::fs::write(folder.path().join("plumb.toml"), config).expect("the folder can be written");
            format!("{:#}", Project::open(folder.path()).expect_err("it is wrong"))
        };
        assert!(error("[target.won]\nhorizon = \"soon\"").contains("target `won` is wrong: `soon` is no span of time"));
        assert!(error("[target.won]").contains("missing field `horizon`"));
        assert!(error("[target.won]\nhorizon = \"0d\"").contains("`horizon` has to be over 0"));
        assert!(error("[score]\nat = []").contains("no age at all"));
        assert!(error("[retrain]\npromote = \"always\"").contains("expected `by_hand` or `if_better`"));
        assert!(error("languages = [\"en\", \"xx\"]").contains("unknown variant `xx`, expected one of `de`, `en`"));
        assert!(error("languages = [\"en\", \"en\"]").contains("`languages` names one twice"));
        assert!(error("colour = 1").contains("unknown field `colour`"));
    }
}
