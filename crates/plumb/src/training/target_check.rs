//! Whether the outcomes of a target say anything: a name that none bears, or rows of one class only, are refused with what
//! was found, because a model of them would be silent nonsense.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Result, bail};
use plumb_lake::{Labels, OutcomeCounts};

use super::spec::{LeftOut, TrainingContext, TrainingSpec};
use crate::nearest::nearest;

/// With fewer leads, one class alone is no sign of a mistake: where one lead in ten is good, one time in two hundred none of
/// fifty is. Until then the team's rules score, if there are any.
const LEADS_MIN: usize = 50;

/// What labels are good for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lesson {
    /// One learns from them.
    Labels,
    /// They say nothing yet, for the reason in these words: the team's rules score.
    Nothing(String),
}

/// Checks the outcomes and labels of a target.
pub(super) async fn check(
    context: TrainingContext<'_>,
    spec: &TrainingSpec,
    labels: &Labels,
    has_rules: bool,
) -> Result<Lesson> {
    // A model that was made when there was no outcome yet can be made again when there are some of another target.
    if labels.outcomes.all() == 0 && spec.left_out == LeftOut::Suspects {
        check_name(&spec.target, &context.lake.outcome_counts().await?)?;
    }
    let horizon = &context.project.target_settings(&spec.target)?["horizon"];
    classes(&spec.target, horizon, labels, has_rules)
}

/// Refuses a name that no outcome bears, if any outcome bears another.
fn check_name(target: &str, counts: &BTreeMap<String, OutcomeCounts>) -> Result<()> {
    if counts.is_empty() || counts.contains_key(target) {
        return Ok(());
    }
    let counted = |(name, counts): (&String, &OutcomeCounts)| {
        format!("`{name}` ({} positive, {} negative)", counts.positive, counts.negative)
    };
    let known: Vec<String> = counts.iter().map(counted).collect();
    let hint = match nearest(target, counts.keys().map(String::as_str)) {
        hint if hint.starts_with("did you mean") => format!(" {hint}"),
        _ => String::new(),
    };
    bail!(
        "no outcome is of target `{target}`:{hint} there are outcomes of {}; name one of these in plumb.toml, as \
         `[target.NAME]`, or have sources/outcome*.sql give outcomes whose `target` is `{target}`",
        known.join(", ")
    )
}

/// Refuses rows of one class only, unless they are few and there are rules.
fn classes(target: &str, horizon: &str, labels: &Labels, has_rules: bool) -> Result<Lesson> {
    let (rows, positives) = (labels.labels.len(), labels.labels.iter().filter(|label| **label).count());
    if labels.outcomes.all() == 0 {
        return Ok(Lesson::Nothing("no outcome is known yet, so the team's rules score the leads".to_owned()));
    }
    if rows == 0 || (positives > 0 && positives < rows) {
        return Ok(Lesson::Labels);
    }
    let leads = labels.observations.iter().map(|observation| &observation.lead_id).collect::<HashSet<_>>().len();
    let class = if positives == 0 { "none" } else { "each" };
    if has_rules && leads < LEADS_MIN {
        return Ok(Lesson::Nothing(format!(
            "{leads} leads have an outcome and {class} of them is good, so there is nothing to learn from yet and the team's \
             rules score the leads"
        )));
    }
    let OutcomeCounts { positive, negative } = labels.outcomes;
    let found = match (positives, positive) {
        (0, 0) => format!(
            "all of its {negative} outcomes are negative: check `positive` in sources/outcome*.sql, which has to be true for \
             what counts as good"
        ),
        (0, _) => format!(
            "its {positive} positive outcomes came later than {horizon} after the lead was seen, or before it was: check \
             `horizon` of `[target.{target}]` and `created_at` in sources/lead.sql"
        ),
        (_, _) => "leads that came to nothing are missing: check the filters in sources/lead.sql, and `positive` in \
                   sources/outcome*.sql; a lead without an outcome counts as negative once its horizon has passed"
            .to_owned(),
    };
    bail!(
        "{class} of the {rows} rows of `{target}` with a known outcome is positive, expected rows of both kinds: {found}"
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use plumb_lead::Observation;

    use super::*;

    /// Returns so many leads with a label each, and the outcomes.
    fn labels(labels: Vec<bool>, positive: usize, negative: usize) -> Labels {
        let observation = |row| Observation { lead_id: format!("crm:{row}"), as_of: DateTime::UNIX_EPOCH };
        let observations = (0..labels.len()).map(observation).collect();
        Labels { observations, labels, outcomes: OutcomeCounts { positive, negative }, ..Labels::default() }
    }

    #[track_caller]
    fn refused(labels: Labels, has_rules: bool, expected: &str) {
        let error = classes("won", "30d", &labels, has_rules).expect_err("one class").to_string();
        assert!(error.contains(expected), "`{error}` does not contain `{expected}`");
    }

    #[test]
    fn rows_of_one_class_are_refused_with_what_was_found() {
        refused(labels(vec![false; 60], 0, 9), true, "none of the 60 rows of `won` with a known outcome is positive");
        refused(labels(vec![false; 60], 0, 9), true, "all of its 9 outcomes are negative");
        refused(labels(vec![false; 60], 7, 0), true, "its 7 positive outcomes came later than 30d");
        refused(labels(vec![true; 60], 60, 0), true, "each of the 60 rows");
        refused(labels(vec![false; 3], 0, 3), false, "none of the 3 rows");
    }

    #[test]
    fn few_rows_of_one_class_are_left_to_the_rules() {
        let few = labels(vec![false; 49], 0, 3);
        let Ok(Lesson::Nothing(why)) = classes("won", "30d", &few, true) else { panic!("there are rules") };
        assert!(why.starts_with("49 leads have an outcome and none of them is good"), "{why}");
        assert_eq!(classes("won", "30d", &labels(vec![true, false], 1, 0), false).expect("both"), Lesson::Labels);
        let none = labels(vec![false; 500], 0, 0);
        assert!(matches!(classes("won", "30d", &none, false), Ok(Lesson::Nothing(_))), "nothing is known yet");
    }

    #[test]
    fn a_name_that_no_outcome_bears_is_refused_if_others_are_borne() {
        let counts = BTreeMap::from([
            ("approved".to_owned(), OutcomeCounts { positive: 1, negative: 2 }),
            ("won".to_owned(), OutcomeCounts { positive: 3, negative: 0 }),
        ]);
        let error = check_name("wonn", &counts).expect_err("misspelt").to_string();
        assert!(error.contains("did you mean `won`?"), "{error}");
        assert!(error.contains("`approved` (1 positive, 2 negative), `won` (3 positive, 0 negative)"), "{error}");
        check_name("won", &counts).expect("it is there");
        check_name("wonn", &BTreeMap::new()).expect("there is none yet");
    }
}
