//! When there is nothing to train, and when a training would be a mistake.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::{DateTime, NaiveTime, Utc};
use plumb_lake::{FailedSource, Labels, dataset, failed_sources};
use plumb_lead::ModelCard;
use serde::Serialize;

use crate::lifecycle::workspace::Workspace;
use crate::training::TrainingSpec;

/// With fewer leads, outcomes of one class alone are no sign of a mistake: where one lead in ten is good, one time in two
/// hundred none of fifty is.
const ONE_CLASS_LEADS_MIN: usize = 50;

/// Why nothing was trained.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub(crate) enum NotNow {
    /// No outcome became known since the last training.
    NothingNew {
        /// When that was.
        since: DateTime<Utc>,
    },
    /// Outcomes of too few leads became known since the last training.
    TooFewNew {
        /// When that was.
        since: DateTime<Utc>,
        /// Leads with a new outcome.
        leads: usize,
        /// How many it takes.
        needed: usize,
    },
    /// All outcomes that became known since the last training are of one class.
    OneClass {
        /// When that was.
        since: DateTime<Utc>,
        /// Leads with a new outcome.
        leads: usize,
        /// How many of them are positive: none or all.
        positives: usize,
    },
    /// Sources cannot be read, so that what is known of them is old.
    StaleSource {
        /// Which, since when and why.
        sources: Vec<FailedSource>,
    },
    /// The rows are far fewer than the champion's: something is missing.
    FewerRows {
        /// Rows there are.
        rows: usize,
        /// Rows of the champion's data set.
        champion_rows: usize,
        /// The least share of them that is trained on.
        share_min: f64,
    },
}

/// Returns the beginning of the day: what a retraining knows, and so what it chooses, is the same at any hour of a day.
pub(crate) fn day_of(as_of: DateTime<Utc>) -> DateTime<Utc> {
    as_of.date_naive().and_time(NaiveTime::MIN).and_utc()
}

/// Returns why a target should not be retrained now; `None` if it should.
pub(super) async fn not_now(
    workspace: &Workspace,
    spec: &TrainingSpec,
    champion: &ModelCard,
) -> Result<Option<NotNow>> {
    let Workspace { project, data, lake, store, .. } = workspace;
    let sources = failed_sources(data)?;
    if !sources.is_empty() {
        return Ok(Some(NotNow::StaleSource { sources }));
    }
    let retrainings = store.retrainings(&spec.target, &champion.model_id).await?;
    let since = retrainings.iter().map(|retraining| retraining.as_of).chain([champion.as_of]).max();
    let since = since.unwrap_or(champion.as_of);
    let labels = lake.labels(&project.label_spec(&spec.target)?, spec.as_of).await?;
    let retrain = project.retrain();
    let (rows, champion_rows) = (labels.observations.len(), rows_of(workspace, champion)?);
    if (rows as f64) < retrain.rows_share_min * champion_rows as f64 {
        return Ok(Some(NotNow::FewerRows { rows, champion_rows, share_min: retrain.rows_share_min }));
    }
    Ok(of_new_outcomes(&labels, since, retrain.new_outcomes_min))
}

/// Returns the number of rows of a model's data set, as it is frozen; if it was removed, as far as the card says it.
fn rows_of(workspace: &Workspace, card: &ModelCard) -> Result<usize> {
    let datasets = dataset::list(&workspace.data)?;
    let frozen = datasets.iter().find(|manifest| manifest.logical_hash == card.dataset.hash);
    Ok(frozen.map_or(card.dataset.rows_train + card.dataset.rows_valid, |manifest| manifest.rows))
}

/// Returns what speaks against a training in the outcomes that became known after a time.
fn of_new_outcomes(labels: &Labels, since: DateTime<Utc>, needed: usize) -> Option<NotNow> {
    let mut positive_by_lead: BTreeMap<&str, bool> = BTreeMap::new();
    let rows = labels.observations.iter().zip(&labels.labels).zip(&labels.label_known_at);
    for ((observation, label), _) in rows.filter(|(_, known_at)| **known_at > since) {
        *positive_by_lead.entry(&observation.lead_id).or_default() |= label;
    }
    let leads = positive_by_lead.len();
    let positives = positive_by_lead.values().filter(|positive| **positive).count();
    match leads {
        0 => Some(NotNow::NothingNew { since }),
        _ if leads < needed => Some(NotNow::TooFewNew { since, leads, needed }),
        _ if positives == 0 || positives == leads => Some(NotNow::OneClass { since, leads, positives }),
        _ => None,
    }
}

impl NotNow {
    /// Returns whether somebody has to look: something is wrong, and not only to be waited for.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            NotNow::NothingNew { .. } | NotNow::TooFewNew { .. } => false,
            NotNow::OneClass { leads, .. } => *leads >= ONE_CLASS_LEADS_MIN,
            NotNow::StaleSource { .. } | NotNow::FewerRows { .. } => true,
        }
    }

    /// Returns the reason in words, with the way out where there is one.
    pub(crate) fn words(&self) -> String {
        let day = |since: &DateTime<Utc>| since.format("%Y-%m-%d").to_string();
        match self {
            NotNow::NothingNew { since } => format!("nothing new: no outcome became known since {}", day(since)),
            NotNow::TooFewNew { since, leads, needed } => {
                format!(
                    "too little is new: {leads} leads have an outcome since {}, of {needed} that it takes",
                    day(since)
                )
            }
            NotNow::OneClass { since, leads, positives } => {
                let class = if *positives == 0 { "none" } else { "each" };
                let hint = match self.is_refusal() {
                    true => ": check `positive` in sources/outcome*.sql, and whether the source gives all outcomes",
                    false => "; both kinds are needed",
                };
                format!("of the {leads} leads with an outcome since {} {class} is positive{hint}", day(since))
            }
            NotNow::StaleSource { sources } => {
                let stale = |source: &FailedSource| {
                    format!(
                        "source `{}` cannot be read since {}: {}",
                        source.source,
                        day(&source.since),
                        source.problem
                    )
                };
                sources.iter().map(stale).collect::<Vec<_>>().join("; ")
            }
            NotNow::FewerRows { rows, champion_rows, share_min } => format!(
                "{rows} rows have an outcome, and the champion was trained on {champion_rows}: less than {:.0} % of them are \
                 taken for a loss of data; see what is missing, or lower `[retrain] min_share_of_rows`",
                100.0 * share_min
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use plumb_lead::Observation;
    use proptest::prelude::*;

    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    /// Returns labels, each of a lead of this number, that became known on this day.
    fn labels(rows: &[(usize, bool, i64)]) -> Labels {
        let observation = |lead: usize| Observation { lead_id: format!("crm:{lead}"), as_of: DateTime::UNIX_EPOCH };
        Labels {
            observations: rows.iter().map(|(lead, ..)| observation(*lead)).collect(),
            labels: rows.iter().map(|(_, label, _)| *label).collect(),
            label_known_at: rows.iter().map(|(.., known_at)| day(*known_at)).collect(),
            ..Labels::default()
        }
    }

    #[test]
    fn leads_and_not_rows_are_counted_and_only_new_ones() {
        let rows = [(1, true, 3), (2, false, 5), (2, false, 6), (3, true, 6)];
        let check = |since, needed| of_new_outcomes(&labels(&rows), day(since), needed);
        assert_eq!(check(6, 1), Some(NotNow::NothingNew { since: day(6) }));
        assert_eq!(check(4, 3), Some(NotNow::TooFewNew { since: day(4), leads: 2, needed: 3 }));
        assert_eq!(check(4, 2), None);
        assert_eq!(check(5, 1), None, "one of the two is positive");
        assert_eq!(
            of_new_outcomes(&labels(&rows[1..3]), day(4), 1),
            Some(NotNow::OneClass { since: day(4), leads: 1, positives: 0 })
        );
    }

    #[test]
    fn what_is_wrong_is_a_refusal_and_what_is_waited_for_is_none() {
        let one_class = |leads| NotNow::OneClass { since: day(1), leads, positives: 0 };
        assert!(one_class(50).is_refusal() && !one_class(49).is_refusal());
        assert!(one_class(50).words().contains("none is positive: check `positive`"), "{}", one_class(50).words());
        let fewer = NotNow::FewerRows { rows: 40, champion_rows: 100, share_min: 0.6 };
        assert!(fewer.is_refusal() && fewer.words().contains("less than 60 %"), "{}", fewer.words());
        assert!(!NotNow::NothingNew { since: day(1) }.is_refusal());
        let failed = FailedSource { source: "crm".into(), since: day(2), problem: "no such file".into() };
        let stale = NotNow::StaleSource { sources: vec![failed] };
        assert_eq!(stale.words(), "source `crm` cannot be read since 1970-01-03: no such file");
    }

    proptest! {
        #[test]
        fn every_hour_of_a_day_is_that_day(seconds in 0_i64..86_400, day_number in -100_000_i64..100_000) {
            prop_assert_eq!(day_of(day(day_number) + TimeDelta::seconds(seconds)), day(day_number));
        }
    }
}
