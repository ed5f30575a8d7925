//! `plumb verify`: the training-serving skew check. It fails if an input of a logged prediction differs from the feature
//! computed again. With `--database` it checks what the data folder keeps instead: the database, the models, the journal.

use anyhow::{Result, bail};

use super::arguments::{PathArgs, number};
use super::output::Format;
use super::progress::ProgressLine;
use crate::lifecycle::check_database::{DatabaseReport, check_database};
use crate::lifecycle::skew_check::{SkewReport, skew_check};
use crate::store::RECOVERY;

/// Mismatches in the text.
const MISMATCHES_SHOWN: usize = 20;

/// The most predictions that are checked: they are in memory with their inputs.
const PREDICTIONS_MAX: u64 = 10_000_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Check this target [default: all]. May be repeated.
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// Check this many predictions of each target, the newest.
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = number(1..=PREDICTIONS_MAX))]
    predictions: usize,
    /// Check the database, the models' files and the journal instead, each to the last byte. Nothing is changed, and servers
    /// may run.
    #[arg(long, conflicts_with_all = ["target", "predictions"])]
    database: bool,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    if args.database {
        return verify_database(&args.paths, format).await;
    }
    let workspace = args.paths.open().await?;
    let mut outcomes = format.outcomes(text);
    for target in workspace.project.targets_meant(&args.target)? {
        let line = ProgressLine::spinner(&format!("{target}: computing the features of predictions again"));
        let report = skew_check(&workspace, &target, args.predictions).await?;
        drop(line);
        outcomes.add(report)?;
    }
    let reports = outcomes.finish()?;
    let skewed: Vec<&str> =
        reports.iter().filter(|report| !report.mismatches.is_empty()).map(|report| report.target.as_str()).collect();
    if skewed.is_empty() {
        return Ok(());
    }
    bail!("training-serving skew: inputs of predictions of `{}` differ from their features", skewed.join("`, `"))
}

async fn verify_database(paths: &PathArgs, format: Format) -> Result<()> {
    let line = ProgressLine::spinner("reading the database, the models and the journal");
    let report = check_database(&paths.paths().data).await?;
    drop(line);
    format.print(&report, database_text)?;
    if report.problems.is_empty() {
        return Ok(());
    }
    bail!("`{}` or what belongs to it is damaged; {RECOVERY}", report.path.display())
}

fn database_text(report: &DatabaseReport) -> String {
    let DatabaseReport { path, models, journal_lines, problems } = report;
    let mut text = format!(
        "{}, {models} models and {journal_lines} lines of the journal checked: {} problems\n",
        path.display(),
        problems.len()
    );
    text.extend(problems.iter().map(|problem| format!("  {problem}\n")));
    text
}

/// Returns the report as lines.
pub(crate) fn text(report: &SkewReport) -> String {
    let SkewReport { target, checked, from_requests, not_rebuilt, mismatches } = report;
    let mut text = format!("{target}: {checked} predictions checked, {} inputs differ", mismatches.len());
    if *from_requests > 0 {
        text.push_str(&format!("; {from_requests} rest on rows in requests"));
    }
    if *not_rebuilt > 0 {
        text.push_str(&format!("; {not_rebuilt} are older than a change of sources/*.sql or the program"));
    }
    text.push('\n');
    for mismatch in mismatches.iter().take(MISMATCHES_SHOWN) {
        text.push_str(&format!(
            "  lead `{}` at {}: `{}` was {} in prediction {}, and is {}\n",
            mismatch.lead_id,
            mismatch.as_of.to_rfc3339(),
            mismatch.feature,
            mismatch.logged,
            mismatch.prediction_id,
            mismatch.recomputed,
        ));
    }
    if let Some(more @ 1..) = mismatches.len().checked_sub(MISMATCHES_SHOWN) {
        text.push_str(&format!("  and {more} more\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::skew_check::InputMismatch;

    #[test]
    fn text_lists_the_first_mismatches_and_counts_the_rest() {
        let mismatch = |number: usize| InputMismatch {
            prediction_id: format!("p{number}"),
            lead_id: "ada".into(),
            as_of: chrono::DateTime::from_timestamp(1_769_904_000, 0).expect("in range"),
            feature: "budget".into(),
            logged: "0.1".into(),
            recomputed: "missing".into(),
        };
        let mismatches = (0..MISMATCHES_SHOWN + 2).map(mismatch).collect();
        let report = SkewReport { target: "won".into(), checked: 100, from_requests: 3, not_rebuilt: 0, mismatches };
        let text = text(&report);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "won: 100 predictions checked, 22 inputs differ; 3 rest on rows in requests");
        assert_eq!(
            lines[1],
            "  lead `ada` at 2026-02-01T00:00:00+00:00: `budget` was 0.1 in prediction p0, and is missing"
        );
        assert_eq!((lines.len(), lines[MISMATCHES_SHOWN + 1]), (MISMATCHES_SHOWN + 2, "  and 2 more"));
    }
}
