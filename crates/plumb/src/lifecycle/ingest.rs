//! Ingestion: copies new rows of the sources, derives leads, events and outcomes from them, and stores the open leads
//! where requests find them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plumb_lake::cluster::Cluster;
use plumb_lake::{
    Counts, Deriving, GroundNote, GroundNoteCode, IfLocked, Lake, RejectedRow, RunOver, SourceReport, Undated,
};
use plumb_tables::Level;
use serde::Serialize;

use super::locks;
use super::progress::{OnProgress, Progress};
use crate::project::Project;
use crate::store::Store;

/// Open leads read and written at once.
const OPEN_LEADS_AT_ONCE: usize = 2_000;

/// The outcome of an ingestion.
#[derive(Debug, Serialize)]
pub(crate) struct IngestOutcome {
    /// Whether the sources had no new rows since the last ingestion.
    pub(crate) unchanged: bool,
    /// What of the ground was damaged, so that it was derived again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) damaged: Option<String>,
    /// Rows read, source by source.
    pub(crate) sources: Vec<SourceReport>,
    /// Rows of the derived relations.
    pub(crate) counts: Counts,
    /// Columns whose changes no source dates.
    pub(crate) undated: Vec<Undated>,
    /// What is to be known of the relations: warnings first.
    pub(crate) notes: Vec<RelationNote>,
    /// What the files of SQL of events were run over; those of other relations are run over all rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) run_over: Vec<RunOver>,
    /// Rows rejected for the first time.
    pub(crate) rejected: Vec<RejectedRow>,
    /// Rows rejected by this and earlier ingestions.
    pub(crate) rejected_total: usize,
    /// The file that lists all rejected rows.
    pub(crate) rejected_file: PathBuf,
    /// The file that lists all unmatched rows.
    pub(crate) unmatched_file: PathBuf,
}

/// Something of the relations, and whether somebody should look at it.
#[derive(Debug, Serialize)]
pub(crate) struct RelationNote {
    /// How grave it is.
    pub(crate) level: Level,
    /// What it is.
    #[serde(flatten)]
    pub(crate) note: GroundNote,
}

/// Ingests the sources of a project into a data folder; `is_full` derives everything anew. One ingestion at a time does so.
pub(crate) async fn ingest(
    project: &Project,
    data: &Path,
    cluster: Option<&Cluster>,
    is_full: bool,
    if_locked: IfLocked,
    progress: OnProgress<'_>,
) -> Result<IngestOutcome> {
    let lock = locks::ground(data, if_locked, progress)?;
    let files = project.source_sql()?;
    let step = |name: &str| progress(Progress::Step(name));
    let deriving = Deriving { limits: project.limits(), cluster, is_full };
    let report = plumb_lake::ingest(project.sources(), &files, project.folder(), &lock, deriving, &step)
        .await
        .with_context(|| format!("cannot ingest the sources of `{}`", project.folder().display()))?;
    step("storing open leads for requests");
    store_open_leads(project, data).await.context("cannot store the open leads for requests")?;
    Ok(IngestOutcome {
        unchanged: report.unchanged,
        damaged: report.damaged,
        sources: report.sources,
        counts: report.counts,
        undated: report.undated,
        notes: by_level(report.notes),
        run_over: report.run_over,
        rejected: report.rejected,
        rejected_total: report.rejected_total,
        rejected_file: report.rejected_file,
        unmatched_file: report.unmatched_file,
    })
}

fn by_level(notes: Vec<GroundNote>) -> Vec<RelationNote> {
    let mut notes: Vec<RelationNote> =
        notes.into_iter().map(|note| RelationNote { level: level_of(note.code), note }).collect();
    notes.sort_by_key(|note| std::cmp::Reverse(note.level));
    notes
}

/// Returns whether a kind of note is a warning: something was read in one of several ways, or is lost for training. That
/// something was deleted or corrected, or happened before its lead came, is a fact.
fn level_of(code: GroundNoteCode) -> Level {
    match code {
        GroundNoteCode::EventEnded | GroundNoteCode::EventBeforeCreation | GroundNoteCode::LeadDeleted => Level::Info,
        GroundNoteCode::KeyRounded
        | GroundNoteCode::OutcomeOnCreationDay
        | GroundNoteCode::OutcomeBeforeCreation
        | GroundNoteCode::EventContradicted
        | GroundNoteCode::LeadGone
        | GroundNoteCode::LeadDeletedAtFirst => Level::Warning,
    }
}

/// Stores the leads that are open for any target in the operational database, unless they are stored already.
async fn store_open_leads(project: &Project, data: &Path) -> Result<()> {
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
    for lead_ids in open.chunks(OPEN_LEADS_AT_ONCE) {
        store.put_recent_leads(lake.ground_version(), &lake.recent_leads(lead_ids).await?).await?;
    }
    store.delete_recent_leads_except(lake.ground_version()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_stand_behind_warnings() {
        let note = |code| GroundNote {
            code,
            relation: "lead".to_owned(),
            column: "deleted_at".to_owned(),
            rows: 1,
            of_rows: 2,
            what: "what".to_owned(),
            way_out: "way out".to_owned(),
        };
        let notes = by_level([GroundNoteCode::LeadDeleted, GroundNoteCode::KeyRounded].map(note).into());
        let json = serde_json::to_value(&notes).expect("texts become JSON");
        let levels: Vec<_> = notes.iter().map(|note| note.level).collect();
        assert_eq!(levels, [Level::Warning, Level::Info]);
        assert_eq!((&json[1]["level"], &json[1]["code"]), (&"info".into(), &"lead_deleted".into()));
    }
}
