//! `plumb ingest`: copies what is new in the company's systems, and derives leads, events and outcomes from it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use plumb_lake::cluster::Cluster;
use plumb_lake::{IngestReport, Lake, RejectedRow, Undated};

use super::{OnCluster, Place, spinner};
use crate::commands::output::Format;
use crate::project::Project;
use crate::store::Store;

/// RejectedRow rows named on the terminal; all of them are in `rejects.csv`.
const REJECTED_SHOWN: usize = 5;

/// Open leads that are read and written at once.
const RECENT_AT_ONCE: usize = 2_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    cluster: OnCluster,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let project = Project::open(&args.place.project)?;
    let data = args.place.data();
    let cluster = args.cluster.connect(&data).await?;
    let report = ingest(&project, &data, cluster.as_ref()).await?;
    print!("{}", told(&report, &data));
    Ok(())
}

/// Ingests a project's sources into a data folder.
pub(crate) async fn ingest(project: &Project, data: &Path, cluster: Option<&Cluster>) -> Result<IngestReport> {
    let bar = spinner();
    let files = project.source_sql()?;
    let progress = |doing: &str| bar.set_message(doing.to_owned());
    let report = plumb_lake::ingest(project.sources(), &files, project.folder(), data, cluster, &progress)
        .await
        .with_context(|| format!("cannot ingest the sources of `{}`", project.folder().display()))?;
    progress("putting open leads where requests find them");
    put_recent_leads(project, data).await.context("cannot keep open leads at hand for requests")?;
    bar.finish_and_clear();
    Ok(report)
}

/// Puts the leads that are open for any target into the operational database, unless they are there.
async fn put_recent_leads(project: &Project, data: &Path) -> Result<()> {
    let lake = Lake::open(data).await?;
    let store = Store::open(&data.join("plumb.db")).await?;
    let now = project.now(None);
    let mut open: BTreeSet<String> = BTreeSet::new();
    for target in project.targets() {
        let observations = lake.open_leads(&project.label_spec(&target)?, now).await?;
        open.extend(observations.into_iter().map(|observation| observation.lead_id));
    }
    let open: Vec<String> = open.into_iter().collect();
    if store.count_recent_leads(lake.ground_version()).await? == open.len() {
        return Ok(());
    }
    for lead_ids in open.chunks(RECENT_AT_ONCE) {
        store.put_recent_leads(lake.ground_version(), &lake.recent_leads(lead_ids).await?).await?;
    }
    store.delete_recent_leads_except(lake.ground_version()).await
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
    for RejectedRow { file, line, field, reason } in report.rejected.iter().take(REJECTED_SHOWN) {
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
