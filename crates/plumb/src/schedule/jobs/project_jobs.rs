//! The jobs of a project.

use std::path::Path;

use anyhow::{Context, Result};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use plumb_lake::failed_sources;
use plumb_schedule::Job;
use serde_json::json;

use super::push_afterwards::{BY, WAIT, push_afterwards};
use super::request::{JobEnd, JobRequest, Jobs, Problem};
use super::targets;
use crate::lifecycle::compact::compact;
use crate::lifecycle::ingest::ingest;
use crate::lifecycle::mirror::push;
use crate::lifecycle::workspace::ProjectPaths;
use crate::project::Project;
use crate::schedule::summary;

/// The jobs of a project.
pub(crate) struct ProjectJobs {
    /// Where the project and its data lie.
    pub(crate) paths: ProjectPaths,
}

impl Jobs for ProjectJobs {
    fn run<'a>(&'a self, request: JobRequest<'a>) -> LocalBoxFuture<'a, Result<JobEnd>> {
        async move {
            // What the project says is read for each run: it may have changed.
            let project = Project::open(&self.paths.project)?;
            let project = match request.as_of {
                Some(as_of) => project.with_now(as_of),
                None => project,
            };
            match request.job {
                Job::Ingest => self.ingest(project, request).await,
                Job::Score | Job::Monitor | Job::Retrain => targets::run(&self.paths, project, request).await,
                Job::Compact => self.compact(request).await,
                Job::BackUp => self.back_up(request).await,
            }
        }
        .boxed_local()
    }
}

impl ProjectJobs {
    async fn ingest(&self, project: Project, request: JobRequest<'_>) -> Result<JobEnd> {
        let log = request.record.log().clone();
        let outcome = ingest(&project, &self.paths.data, None, false, WAIT, &|progress| log.progress(progress)).await?;
        request.record.note_outcome(summary::ingested(&outcome)).await?;
        push_afterwards(&self.paths, &project, request.record).await;
        Ok(JobEnd { problems: sources_not_read(&self.paths.data)?, is_stopped: false })
    }

    async fn compact(&self, request: JobRequest<'_>) -> Result<JobEnd> {
        let compacted = compact(&self.paths).await?;
        request.record.note_outcome(json!(compacted)).await?;
        Ok(JobEnd::default())
    }

    async fn back_up(&self, request: JobRequest<'_>) -> Result<JobEnd> {
        let log = request.record.log().clone();
        let pushed = push(&self.paths, BY, WAIT, false, &|progress| log.progress(progress)).await?;
        request.record.note_outcome(json!(pushed)).await?;
        Ok(JobEnd::default())
    }
}

/// Returns a problem for each source that the last ingestion could not read: people are told once of each that goes silent.
fn sources_not_read(data: &Path) -> Result<Vec<Problem>> {
    let failed = failed_sources(data).context("cannot see which sources could be read")?;
    let problem = |failed: plumb_lake::FailedSource| Problem {
        key: format!("source/{}/{}", failed.source, failed.since.timestamp()),
        text: format!(
            "source `{}` cannot be read since {}: {}; what is known of it is as old as that, and all else is ingested",
            failed.source,
            failed.since.format("%Y-%m-%d %H:%M"),
            failed.problem
        ),
        since: failed.since,
    };
    Ok(failed.into_iter().map(problem).collect())
}
