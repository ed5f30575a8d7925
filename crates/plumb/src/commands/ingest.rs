//! `plumb ingest`: copies what is new in the company's systems, and derives leads, events and outcomes from it.

use std::path::Path;

use anyhow::{Context, Result};
use plumb_lake::{IngestReport, Rejected, Undated};

use super::{Place, spinner};
use crate::project::Project;

/// Rejected rows named on the terminal; all of them are in `rejects.csv`.
const REJECTED_SHOWN: usize = 5;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let project = Project::open(&args.place.project)?;
    let data = args.place.data();
    let report = ingest(&project, &data).await?;
    print!("{}", told(&report, &data));
    Ok(())
}

/// Ingests a project's sources into a data folder.
pub(crate) async fn ingest(project: &Project, data: &Path) -> Result<IngestReport> {
    let bar = spinner();
    let files = project.source_sql()?;
    let progress = |doing: &str| bar.set_message(doing.to_owned());
    let report = plumb_lake::ingest(project.sources(), &files, project.folder(), data, &progress).await;
    bar.finish_and_clear();
    report.with_context(|| format!("cannot ingest the sources of `{}`", project.folder().display()))
}

/// Returns what a run found, as lines.
pub(crate) fn told(report: &IngestReport, data: &Path) -> String {
    let mut lines = Vec::new();
    for source in &report.sources {
        let unchanged = match source.files_unchanged {
            0 => String::new(),
            files => format!(", {files} files unchanged"),
        };
        lines.push(format!("{}: {} rows read, {} new{unchanged}", source.source, source.rows_read, source.rows_new));
    }
    let counts = &report.counts;
    let unchanged = if report.unchanged { "nothing is new: " } else { "" };
    lines.push(format!(
        "{unchanged}{} leads in {} versions, {} events, {} outcomes",
        counts.leads, counts.lead_versions, counts.events, counts.outcomes
    ));
    lines.push(format!(
        "left out: {} duplicates, {} test leads with {} rows",
        counts.duplicates, counts.test_leads, counts.rows_of_test_leads
    ));
    if counts.unmatched_rows > 0 || counts.shared_keys > 0 {
        lines.push(format!(
            "{} rows belong to no lead, and {} keys are shared by too many: see {}",
            counts.unmatched_rows,
            counts.shared_keys,
            data.join("unmatched.csv").display()
        ));
    }
    lines.extend(report.undated.iter().map(told_of_undated));
    for Rejected { file, line, field, reason } in report.rejected.iter().take(REJECTED_SHOWN) {
        let field = if field.is_empty() { String::new() } else { format!(", field `{field}`") };
        lines.push(format!("rejected: {file}, line {line}{field}: {reason}"));
    }
    if report.rejected_total > 0 {
        let rejects = data.join("rejects.csv");
        lines.push(format!("{} rows are kept aside in {}", report.rejected_total, rejects.display()));
    }
    lines.join("\n") + "\n"
}

fn told_of_undated(undated: &Undated) -> String {
    let Undated { file, relation, columns, rows } = undated;
    let counts = match relation.as_str() {
        "lead" => "count as known since their lead was created; what changes is dated from now on",
        _ => "count as known when they happened",
    };
    format!(
        "not dated: may leak: {}, of {file}: {rows} rows without `known_at` {counts}",
        columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", "),
    )
}
