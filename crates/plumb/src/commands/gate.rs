//! `plumb gate`: whether a target's challenger may become its champion. For CI: it succeeds or fails, prints why, and
//! writes JSON and JUnit XML.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use plumb_lead::ModelCard;
use serde::Serialize;

use super::{Place, Workplace, load, made_again};
use crate::commands::output::Format;
use crate::registry;
use crate::training::{self, Verdict};
use crate::verifying::{self, Verified};

/// Predictions of a target whose inputs are computed again.
const PREDICTIONS_CHECKED: usize = 2_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The target; all that have a challenger unless told otherwise. May be repeated.
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// Columns that may stay although they look like a leak.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    allow_leak: Vec<String>,
    /// Where the report goes as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// What was found of one challenger.
#[derive(Debug, PartialEq, Serialize)]
struct Report {
    target: String,
    champion: String,
    challenger: String,
    checks: Vec<Check>,
}

/// One thing that has to hold.
#[derive(Debug, PartialEq, Serialize)]
struct Check {
    name: &'static str,
    passed: bool,
    /// What was found, with its figures.
    found: String,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let workplace = Workplace::open(&args.place).await?;
    let mut reports = Vec::new();
    for target in workplace.project.targets_meant(&args.target)? {
        match registry::challenger(&workplace.store, &target).await? {
            Some(challenger) => reports.push(report(&workplace, challenger, &args.allow_leak).await?),
            None if args.target.is_empty() => eprintln!("{target}: no challenger"),
            None => bail!("target `{target}` has no challenger to let through: run `plumb retrain`"),
        }
    }
    format.print(&reports, |reports| reports.iter().map(told).collect())?;
    if let Some(path) = &args.junit {
        write(path, &junit(&reports))?;
    }
    let closed: Vec<&str> =
        reports.iter().filter(|report| !report.is_open()).map(|report| report.target.as_str()).collect();
    if closed.is_empty() { Ok(()) } else { bail!("the gate is closed for `{}`", closed.join("`, `")) }
}

async fn report(workplace: &Workplace, challenger: ModelCard, allowed: &[String]) -> Result<Report> {
    let Workplace { data, lake, store, .. } = workplace;
    let target = challenger.target.clone();
    let champion = registry::champion(store, &target)
        .await?
        .with_context(|| format!("target `{target}` has no champion to compare with: run `plumb promote`"))?;
    let (tested, rung) = made_again(workplace, challenger.clone()).await?;
    let scorer = load(data, &champion.model_id).await?;
    let verdict = training::compare(lake, &tested, &rung, &scorer, &champion).await?;
    let verified = verifying::verify(workplace.ground(), &target, PREDICTIONS_CHECKED).await?;
    let checks = vec![
        reproduced(&challenger, &rung.card.model_id),
        without_leaks(&challenger, allowed),
        not_worse(&verdict, challenger.imported.is_some()),
        served_as_trained(&verified),
    ];
    Ok(Report { target, champion: champion.model_id, challenger: challenger.model_id, checks })
}

/// Nobody can vouch for a model that cannot be made again.
fn reproduced(challenger: &ModelCard, rebuilt: &str) -> Check {
    let passed = challenger.model_id == rebuilt;
    let found = if passed && challenger.imported.is_some() {
        format!("its trees are the file that was imported; calibrated again to the byte as `{rebuilt}`")
    } else if passed {
        format!("rebuilt to the byte as `{rebuilt}`")
    } else {
        format!("rebuilt as `{rebuilt}`: `plumb reproduce {}` says which link broke", challenger.model_id)
    };
    Check { name: "reproduced", passed, found }
}

fn without_leaks(challenger: &ModelCard, allowed: &[String]) -> Check {
    let suspects: Vec<String> = challenger
        .leaks
        .iter()
        .filter(|leak| !allowed.contains(&leak.column))
        .map(|leak| format!("`{}`: {}", leak.column, leak.why))
        .collect();
    let found = if suspects.is_empty() { "no suspected leak".to_owned() } else { suspects.join("; ") };
    Check { name: "without leaks", passed: suspects.is_empty(), found }
}

/// Better is not asked for: as good, and newer, is reason enough.
fn not_worse(verdict: &Verdict, imported: bool) -> Check {
    let (passed, mut found) = match verdict {
        Verdict::TooEarly { rows } => {
            (false, format!("{rows} rows came after the champion was trained and have an outcome, which are too few"))
        }
        Verdict::Compared(comparison) => (
            comparison.errors_lower >= -1.0,
            format!(
                "log loss {:.4} against {:.4} on the same {} newest rows, lower by {:.1} standard errors; F{} {:.3} \
                 against {:.3}",
                comparison.challenger.log_loss.value,
                comparison.champion.log_loss.value,
                comparison.champion.rows,
                comparison.errors_lower,
                comparison.champion.beta,
                comparison.challenger.f_beta.value,
                comparison.champion.f_beta.value,
            ),
        ),
    };
    if imported {
        found.push_str("; it was trained elsewhere, and may have learned from these very rows");
    }
    Check { name: "not worse than the champion", passed, found }
}

/// A model is worth what it is given: where answers rested on other features, no figure above holds for them.
fn served_as_trained(verified: &Verified) -> Check {
    let checked = verified.checked;
    let found = match verified.mismatches.first() {
        None => format!("the inputs of the last {checked} predictions are what the features say"),
        Some(first) => format!(
            "{} inputs of the last {checked} predictions differ, `{}` of lead `{}` first: `plumb verify` lists them",
            verified.mismatches.len(),
            first.feature,
            first.lead_id
        ),
    };
    Check { name: "served as trained", passed: verified.mismatches.is_empty(), found }
}

impl Report {
    fn is_open(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }
}

fn told(report: &Report) -> String {
    let mut text =
        format!("{}: challenger `{}` against champion `{}`\n", report.target, report.challenger, report.champion);
    for Check { name, passed, found } in &report.checks {
        text.push_str(&format!("  {:<6} {name:<28} {found}\n", if *passed { "pass" } else { "FAIL" }));
    }
    text
}

/// The reports as CI servers read them: a suite a target, a case a check.
fn junit(reports: &[Report]) -> String {
    let suites: String = reports.iter().map(suite).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plumb gate\">\n{suites}</testsuites>\n")
}

fn suite(report: &Report) -> String {
    let target = escaped(&report.target);
    let cases: String = report
        .checks
        .iter()
        .map(|check| {
            let found = escaped(&check.found);
            let outcome = if check.passed {
                format!("<system-out>{found}</system-out>")
            } else {
                format!("<failure message=\"{found}\"/>")
            };
            format!("    <testcase classname=\"{target}\" name=\"{}\">{outcome}</testcase>\n", escaped(check.name))
        })
        .collect();
    let failures = report.checks.iter().filter(|check| !check.passed).count();
    format!(
        "  <testsuite name=\"{target}\" tests=\"{}\" failures=\"{failures}\">\n{cases}  </testsuite>\n",
        report.checks.len()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use plumb_lead::{LeakEvidence, ModelKind};

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
    }

    #[test]
    fn junit_names_what_failed() {
        let challenger = card("converted", ModelKind::Logistic, b"1");
        let checks = vec![reproduced(&challenger, "other"), not_worse(&Verdict::TooEarly { rows: 7 }, false)];
        let report = Report { target: "a<b".into(), champion: "x".into(), challenger: "y".into(), checks };
        assert!(!report.is_open());
        let xml = junit(&[report]);
        assert!(xml.contains("<testsuite name=\"a&lt;b\" tests=\"2\" failures=\"2\">"), "{xml}");
        assert!(
            xml.contains("<failure message=\"rebuilt as `other`") && xml.contains("message=\"7 rows came"),
            "{xml}"
        );
    }
}
