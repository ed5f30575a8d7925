//! `plumb check`: what is wrong with a project, without running it.

use anyhow::{Result, bail};

use super::arguments::PathArgs;
use super::output::Format;
use super::progress::ProgressLine;
use crate::lifecycle::check::{CheckOutcome, Finding, FindingLevel, check};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let line = ProgressLine::spinner("");
    let outcome = check(&args.paths.paths(), &|progress| line.show(progress)).await?;
    drop(line);
    format.print(&outcome, text)?;
    match outcome.errors() {
        0 => Ok(()),
        1 => bail!("the project has an error"),
        errors => bail!("the project has {errors} errors"),
    }
}

fn text(outcome: &CheckOutcome) -> String {
    let mut lines: Vec<String> = outcome.findings.iter().map(line_of).collect();
    let compared = if outcome.compared_with.is_empty() {
        String::new()
    } else {
        format!(", compared with {}", outcome.compared_with)
    };
    let (files, features, errors) = (outcome.files, outcome.features, outcome.errors());
    let warnings = outcome.findings.len() - errors;
    lines.push(format!("{files} files, {features} features{compared}: {errors} errors, {warnings} warnings"));
    lines.join("\n") + "\n"
}

fn line_of(finding: &Finding) -> String {
    let level = match finding.level {
        FindingLevel::Error => "error",
        FindingLevel::Warning => "warning",
    };
    let place: String =
        [finding.line, finding.column].into_iter().flatten().map(|number| format!(":{number}")).collect();
    let way_out = if finding.way_out.is_empty() { String::new() } else { format!("; {}", finding.way_out) };
    format!("{level}: {}{place}: {}{way_out}", finding.file, finding.problem.trim_end_matches('.'))
}
