//! The promotion gate: checks whether a target's challenger may become its champion.

use anyhow::{Context, Result};
use plumb_lead::{LeakEvidence, ModelCard};
use serde::Serialize;

use super::rebuild::rebuild;
use super::skew_check::{SkewReport, skew_check};
use super::workspace::Workspace;
use crate::registry;
use crate::training::{self, ComparisonVerdict, ProgressCallback};

/// Predictions of a target whose inputs are computed again.
const PREDICTIONS_CHECKED: usize = 2_000;

/// What the gate found of one challenger.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct GateReport {
    /// The target.
    pub(crate) target: String,
    /// Its champion.
    pub(crate) champion: String,
    /// Its challenger.
    pub(crate) challenger: String,
    /// The checks.
    pub(crate) checks: Vec<GateCheck>,
}

/// One check of a challenger.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct GateCheck {
    /// What has to hold.
    pub(crate) name: &'static str,
    /// Whether it does.
    pub(crate) passed: bool,
    /// What was found, with its figures.
    pub(crate) found: String,
}

impl GateReport {
    /// Returns whether the challenger may become the champion.
    pub(crate) fn is_open(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }
}

/// Checks the challenger of a target; `None` if it has none. Columns in `allowed_leaks` may look like a leak, and so may those
/// that the project says are known before the outcome.
pub(crate) async fn gate(
    workspace: &Workspace,
    target: &str,
    allowed_leaks: &[String],
    progress: &ProgressCallback,
) -> Result<Option<GateReport>> {
    let Workspace { lake, store, .. } = workspace;
    let Some(challenger) = registry::challenger(store, target).await? else { return Ok(None) };
    let champion = registry::champion(store, target)
        .await?
        .with_context(|| format!("target `{target}` has no champion to compare with: run `plumb promote`"))?;
    let rebuilt = rebuild(workspace, challenger.clone(), progress).await?;
    let scorer = workspace.load_model(&champion.model_id).await?;
    let verdict = training::compare(lake, &rebuilt.holdout, &rebuilt.model, &scorer, &champion).await?;
    let skew = skew_check(workspace, target, PREDICTIONS_CHECKED).await?;
    let allowed = [allowed_leaks, &workspace.project.target(target)?.known_before].concat();
    let checks = vec![
        reproduced(&challenger, &rebuilt.model.card.model_id),
        without_leaks(&challenger, &allowed),
        not_worse(&verdict, challenger.imported.is_some()),
        served_as_trained(&skew),
    ];
    let (champion, challenger) = (champion.model_id, challenger.model_id);
    Ok(Some(GateReport { target: target.to_owned(), champion, challenger, checks }))
}

/// A model that cannot be rebuilt cannot be audited.
fn reproduced(challenger: &ModelCard, rebuilt: &str) -> GateCheck {
    let passed = challenger.model_id == rebuilt;
    let found = if passed && challenger.imported.is_some() {
        format!("its trees are the file that was imported; calibrated again to the byte as `{rebuilt}`")
    } else if passed {
        format!("rebuilt to the byte as `{rebuilt}`")
    } else {
        format!("rebuilt as `{rebuilt}`: `plumb reproduce {}` says which link broke", challenger.model_id)
    };
    GateCheck { name: "reproduced", passed, found }
}

fn without_leaks(challenger: &ModelCard, allowed: &[String]) -> GateCheck {
    let seen = challenger.suspects_seen();
    let (left_out, named) = (&challenger.left_out, |leak: &LeakEvidence| format!("`{}`: {}", leak.column, leak.why));
    let suspects: Vec<String> = seen.iter().filter(|leak| !allowed.contains(&leak.column)).map(named).collect();
    let found = match (suspects.is_empty(), left_out.is_empty()) {
        (false, _) => suspects.join("; "),
        (true, true) => "no suspected leak".to_owned(),
        (true, false) => format!("no suspected leak; it was trained without `{}`", left_out.join("`, `")),
    };
    GateCheck { name: "without leaks", passed: suspects.is_empty(), found }
}

/// A challenger need not be better: as good, and newer, is reason enough.
fn not_worse(verdict: &ComparisonVerdict, imported: bool) -> GateCheck {
    let (passed, mut found) = match verdict {
        ComparisonVerdict::TooEarly { rows } => {
            (false, format!("{rows} rows came after the champion was trained and have an outcome, which are too few"))
        }
        ComparisonVerdict::Compared(comparison) => (
            comparison.standard_errors_lower >= -1.0,
            format!(
                "log loss {:.4} against {:.4} on the same {} newest rows, lower by {:.1} standard errors; F{} {:.3} \
                 against {:.3}",
                comparison.challenger.log_loss.value,
                comparison.champion.log_loss.value,
                comparison.champion.rows,
                comparison.standard_errors_lower,
                comparison.champion.beta,
                comparison.challenger.f_beta.value,
                comparison.champion.f_beta.value,
            ),
        ),
    };
    if imported {
        found.push_str("; it was trained elsewhere, and may have learned from these very rows");
    }
    GateCheck { name: "not worse than the champion", passed, found }
}

/// Metrics hold only for the features they were measured on: predictions must rest on the same.
fn served_as_trained(skew: &SkewReport) -> GateCheck {
    let checked = skew.checked;
    let found = match skew.mismatches.first() {
        None => format!("the inputs of the last {checked} predictions are what the features give"),
        Some(first) => format!(
            "{} inputs of the last {checked} predictions differ, `{}` of lead `{}` first: `plumb verify` lists them",
            skew.mismatches.len(),
            first.feature,
            first.lead_id
        ),
    };
    GateCheck { name: "served as trained", passed: skew.mismatches.is_empty(), found }
}

#[cfg(test)]
mod tests {
    use plumb_lead::ModelKind;

    use super::*;
    use crate::registry::tests::card;

    #[test]
    fn a_suspected_leak_closes_the_gate_unless_it_is_allowed_by_name() {
        let mut challenger = card("converted", ModelKind::Logistic, b"1");
        assert!(without_leaks(&challenger, &[]).passed);
        challenger.leaks.push(LeakEvidence { column: "fee".into(), why: "alone it ranks".into() });
        let check = without_leaks(&challenger, &["duration".into()]);
        assert!(!check.passed && check.found == "`fee`: alone it ranks", "{check:?}");
        assert!(without_leaks(&challenger, &["fee".into()]).passed);
        challenger.left_out.push("fee".into());
        let check = without_leaks(&challenger, &[]);
        assert!(check.passed && check.found == "no suspected leak; it was trained without `fee`", "{check:?}");
    }

    #[test]
    fn a_challenger_that_is_not_reproduced_or_not_compared_closes_the_gate() {
        let challenger = card("converted", ModelKind::Logistic, b"1");
        let found = [reproduced(&challenger, "other"), not_worse(&ComparisonVerdict::TooEarly { rows: 7 }, false)];
        assert!(found.iter().all(|check| !check.passed));
        assert!(found[0].found.starts_with("rebuilt as `other`") && found[1].found.starts_with("7 rows came"));
        assert!(reproduced(&challenger, &challenger.model_id).passed);
    }
}
