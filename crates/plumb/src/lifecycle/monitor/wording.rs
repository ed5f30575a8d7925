//! The sentences of alerts: what happened and what to do. The rest (where, since when, cost, cause) are fields of their own.

use plumb_lead::{AlertCause, AlertKind, Drift, Matured};
use plumb_learn::drift::{Change, ReasonDrift, Together, Volume};

/// The features that a sentence about reasons names.
const FEATURES_NAMED: usize = 3;

/// Returns what happened to a column.
pub(super) fn of_change(change: &Change, drift: &Drift) -> String {
    match change {
        Change::NewCategory(level) => new_category(level, drift),
        Change::Missing => format!(
            "{:.0} % of its values are missing; in the training data it was {:.0} %",
            100.0 * drift.missing,
            100.0 * drift.missing_baseline
        ),
        Change::Drifted => format!(
            "its distribution differs from training {}: PSI {:.2}, Jensen–Shannon {:.2}, missing {:.0} % (training {:.0} %)",
            if drift.weeks > 1 { "over a month" } else { "two weeks in a row" },
            drift.psi,
            drift.jensen_shannon,
            100.0 * drift.missing,
            100.0 * drift.missing_baseline
        ),
    }
}

fn new_category(level: &str, drift: &Drift) -> String {
    let share = drift.unseen.iter().find(|(unseen, _)| unseen == level).map_or(0.0, |(_, share)| *share);
    format!(
        "{:.0} % of the week's leads have `{level}`, which was not in the training data; the model scores them as if the \
         value were missing",
        100.0 * share
    )
}

/// Returns what happened to the number of leads; `None` if nothing did.
pub(super) fn of_volume(volume: Volume, rows: usize) -> Option<String> {
    match volume {
        Volume::Usual => None,
        Volume::Unusual { expected, .. } => Some(format!(
            "{rows} leads came in a week where about {expected:.0} were to be expected, by the weeks before and the season"
        )),
        Volume::Silent { weeks: 1, expected } => {
            Some(format!("no lead came in a week; before, about {expected:.0} came each"))
        }
        Volume::Silent { weeks, expected } => {
            Some(format!("no lead has come for {weeks} weeks; before, about {expected:.0} came in each"))
        }
    }
}

/// Returns what happened to outcomes.
pub(super) fn of_outcomes(matured: &Matured, horizon_days: i64, weeks: usize) -> String {
    let share = |count: f64| 100.0 * count / matured.rows as f64;
    format!(
        "of the {} leads whose {horizon_days} days ended in these {weeks} weeks the model expected {:.1} % to be positive, \
         and {:.1} % were: {:+.1} standard errors. The same inputs now lead to other outcomes",
        matured.rows,
        share(matured.expected),
        share(matured.positives as f64),
        matured.surprise()
    )
}

/// Returns what happened to a column in a segment.
pub(super) fn of_segment(drift: &Drift) -> String {
    format!(
        "its distribution differs from training there and hardly elsewhere: PSI {:.2}, missing {:.0} % (training {:.0} %)",
        drift.psi,
        100.0 * drift.missing,
        100.0 * drift.missing_baseline
    )
}

/// Returns how many columns moved in single segments while something else was open that explains it.
pub(super) fn moved_along(columns: usize) -> String {
    let columns = if columns == 1 { "1 other column".to_owned() } else { format!("{columns} other columns") };
    format!("; in single segments {columns} moved along with it")
}

/// Returns what happened to all columns together.
pub(super) fn of_together(together: &Together) -> String {
    format!(
        "the month's leads can be told from those of training by all columns together (AUC {:.2}, weeks of training {:.2}), \
         though no column alone has moved: some no longer go together as they did",
        together.auc, together.auc_of_weeks
    )
}

/// Returns what happened to reasons.
pub(super) fn of_reasons(reasons: &ReasonDrift) -> String {
    let part = |(name, before, now): &(String, f64, f64)| {
        format!("`{name}` {:.0} % (training {:.0} %)", 100.0 * now, 100.0 * before)
    };
    let parts: Vec<String> = reasons.features.iter().take(FEATURES_NAMED).map(part).collect();
    format!(
        "scores rest on other features than in training: NDCG {:.2}; most changed {}",
        reasons.ndcg,
        parts.join(", ")
    )
}

/// Returns what to do.
pub(super) fn advice(kind: AlertKind, cause: AlertCause) -> &'static str {
    match (kind, cause) {
        (AlertKind::NewCategory, AlertCause::Channel | AlertCause::Population) => {
            "if it is here to stay, run `plumb retrain` once outcomes of these leads are known; until then rank them by hand"
        }
        (AlertKind::Silent, _) => {
            "run `plumb status`: it says which source cannot be read and since when. Scores of open leads rest on old data until \
             then"
        }
        (_, AlertCause::Source) => {
            "compare the newest rows of the source with earlier ones (`plumb profile --table`), and repair the source; do not \
             retrain on it"
        }
        (_, AlertCause::Schema) => {
            "look at what changed in the field's system, and repair it or `sources/*.sql`; then `plumb ingest`. Retrain only if \
             the field is gone for good"
        }
        (_, AlertCause::Criteria) => "ask who decides on leads what changed, then run `plumb retrain`",
        (_, AlertCause::Channel) => "it moves with the new channel: what to do about that one is enough",
        (_, AlertCause::Promotion) => {
            "compare the two models on the page of models; `plumb rollback` brings the former one back"
        }
        (_, AlertCause::Population) => {
            "see which leads moved; if they are here to stay, run `plumb retrain` once their outcomes are known"
        }
    }
}
