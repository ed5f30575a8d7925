//! What `plumb monitor --reference A --current B` prints.

use plumb_lead::{Drift, Verdict};

use crate::lifecycle::monitor::{ComparedFile, FilesOutcome};

/// Returns the comparison as lines: what the files are, what of their columns changed, and what moved.
pub(crate) fn files_text(outcome: &FilesOutcome) -> String {
    let mut text = format!("{}\n{}\n", file(&outcome.current), file(&outcome.reference));
    let listed = |names: &[String]| format!("`{}`", names.join("`, `"));
    for (what, names) in [("gone", &outcome.gone), ("new", &outcome.new)] {
        if !names.is_empty() {
            text += &format!("columns that are {what}: {}\n", listed(names));
        }
    }
    for changed in &outcome.kinds_changed {
        text += &format!("`{}` was read as {} and is read as {} now\n", changed.column, changed.before, changed.now);
    }
    let moved: Vec<&Drift> = outcome.columns.iter().filter(|drift| drift.verdict > Verdict::Stable).collect();
    for drift in &moved {
        text += &column(drift);
    }
    let few = outcome.columns.iter().any(|drift| drift.verdict == Verdict::TooFew);
    text += &match (moved.len(), outcome.columns.len()) {
        _ if few => "fewer than 100 rows: no verdict on how values are distributed\n".to_owned(),
        (0, all) => format!("none of {all} columns has moved further than chance explains\n"),
        (moved, all) => format!("{moved} of {all} columns have moved further than chance explains\n"),
    };
    if !outcome.not_compared.is_empty() {
        text += &format!(
            "not compared, because each row has its own value or they are times: {}\n",
            listed(&outcome.not_compared)
        );
    }
    text
}

fn file(file: &ComparedFile) -> String {
    let lost = if file.rows_lost > 0 { format!(", {} more could not be read", file.rows_lost) } else { String::new() };
    format!("`{}`: {} rows{lost}", file.path.display(), file.rows)
}

fn column(drift: &Drift) -> String {
    let new: Vec<String> =
        drift.unseen.iter().map(|(level, share)| format!("`{level}` {:.0} %", 100.0 * share)).collect();
    let new = if new.is_empty() { String::new() } else { format!("; new: {}", new.join(", ")) };
    format!(
        "{} `{}`: PSI {:.2}, Jensen–Shannon {:.2}, missing {:.0} % (before {:.0} %), p {:.1e}{new}\n",
        drift.verdict.word(),
        drift.column,
        drift.psi,
        drift.jensen_shannon,
        100.0 * drift.missing,
        100.0 * drift.missing_baseline,
        drift.p_value
    )
}
