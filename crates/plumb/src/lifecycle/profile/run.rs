//! From a table to its profile, written as a page and a document.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_profile::{Options, Profiler, SAMPLE_ROWS, TargetChoice};
use plumb_tables::{ReadingPlan, ReadingReport, RecordSource};

use super::files::{ProfileFiles, ProfileFolder};
use super::outcome::{AgainstOutcome, ProfileOutcome};
use super::page::page;
use super::stream::{profiler_of_blocks, profiler_of_records};
use super::subject::{BlocksOfFeatures, Subject, features_of, records_of};
use crate::blocking::{Cancellation, run_blocking};
use crate::lifecycle::progress::{Progress, SharedProgress};
use crate::lifecycle::reading::open_table;
use crate::lifecycle::workspace::{ProjectPaths, Workspace};

/// What is to be profiled.
#[derive(Clone, Debug)]
pub(crate) struct ProfileRequest {
    /// The table.
    pub(crate) subject: Subject,
    /// The project and its data folder, if there is one.
    pub(crate) paths: ProjectPaths,
    /// How a file is read; what is left open is found out.
    pub(crate) plan: ReadingPlan,
    /// The share of rows that may be lost in reading, in percent.
    pub(crate) allow_lost_percent: f64,
    /// The column to predict, and its positive values.
    pub(crate) target: Option<TargetChoice>,
    /// The column by which time is told.
    pub(crate) time: Option<String>,
    /// An earlier table to compare with.
    pub(crate) against: Option<PathBuf>,
    /// The page to write; in the folder of profiles unless it is given.
    pub(crate) out: Option<PathBuf>,
    /// Seed of the sample.
    pub(crate) seed: u64,
}

/// Profiles a table, and writes the page and the document.
pub(crate) async fn profile(request: ProfileRequest, progress: &SharedProgress) -> Result<ProfileOutcome> {
    let files =
        ProfileFiles::new(&ProfileFolder::of_paths(&request.paths), &request.subject.name(), request.out.as_deref())?;
    let features = match &request.subject {
        Subject::Features(target) => {
            progress(Progress::Step("features"));
            let workspace = Workspace::open(&request.paths).await?;
            Some(features_of(&workspace, target, workspace.project.now(None)).await?)
        }
        Subject::File(_) | Subject::RawTable(_) | Subject::Relation(_) => None,
    };
    let records = records_of(&request.subject, &request.paths).await?;
    let progress = progress.clone();
    let now = Utc::now();
    run_blocking(move |cancellation| {
        let work = Work { request: &request, now, cancellation, progress: &progress };
        let outcome = work.profile(features.as_ref(), records, &files)?;
        let document = serde_json::to_string(&outcome).context("cannot write the profile as JSON")?;
        files.write(&page(&outcome), &document)?;
        Ok(outcome)
    })
    .await
}

/// What reading and profiling share.
struct Work<'a> {
    request: &'a ProfileRequest,
    now: DateTime<Utc>,
    cancellation: &'a Cancellation,
    progress: &'a SharedProgress,
}

impl Work<'_> {
    fn profile(
        &self,
        features: Option<&BlocksOfFeatures>,
        records: Option<Box<dyn RecordSource>>,
        files: &ProfileFiles,
    ) -> Result<ProfileOutcome> {
        let against = self
            .request
            .against
            .as_deref()
            .map(|file| self.read(file, &ReadingPlan::default(), self.options()))
            .transpose()?;
        let (profiler, reading) = match (&self.request.subject, features, records) {
            (Subject::File(file), ..) => {
                let (profiler, report) = self.read(file, &self.request.plan, self.options_with_target())?;
                (profiler, Some(report))
            }
            (_, None, Some(records)) => {
                let (profiler, report) = self.read_records(records, &self.request.plan, self.options_with_target())?;
                (profiler, Some(report))
            }
            (Subject::Features(target), Some(features), _) => {
                let target = TargetChoice { column: target.clone(), positives: vec!["yes".to_owned()] };
                let options = Options { target: Some(target), ..self.options_with_target() };
                (profiler_of_blocks(features, options)?, None)
            }
            (Subject::Features(_) | Subject::RawTable(_) | Subject::Relation(_), ..) => {
                unreachable!("features are computed and records opened before")
            }
        };
        (self.progress)(Progress::Step("relations"));
        let (profiler_against, report_against) = against.unzip();
        let profile = profiler.finish(profiler_against)?;
        let title_of = |file: &Path| Subject::File(file.to_owned()).title();
        Ok(ProfileOutcome {
            title: self.request.subject.title(),
            profiled_at: self.now,
            reading,
            against: self
                .request
                .against
                .as_deref()
                .zip(report_against)
                .map(|(file, reading)| AgainstOutcome { title: title_of(file), reading }),
            profile,
            page: files.page.clone(),
            document: files.json.clone(),
        })
    }

    fn read(&self, file: &Path, plan: &ReadingPlan, options: Options) -> Result<(Profiler, ReadingReport)> {
        self.read_records(open_table(file, &plan.file)?, plan, options)
    }

    fn read_records(
        &self,
        source: Box<dyn RecordSource>,
        plan: &ReadingPlan,
        options: Options,
    ) -> Result<(Profiler, ReadingReport)> {
        (self.progress)(Progress::Step("reading"));
        let (profiler, report) = profiler_of_records(source, plan, options, self.cancellation, self.progress)?;
        report.check_lost(self.request.allow_lost_percent)?;
        Ok((profiler, report))
    }

    fn options(&self) -> Options {
        Options { sample_rows: SAMPLE_ROWS, seed: self.request.seed, now: Some(self.now), time: None, target: None }
    }

    fn options_with_target(&self) -> Options {
        Options { time: self.request.time.clone(), target: self.request.target.clone(), ..self.options() }
    }
}
