//! A run over a folder of ground truth: stores its labels, and measures all served models against all stored labels.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plumb_lake::{IfLocked, Lake};
use plumb_lead::Metrics;
use serde::Serialize;

use super::evaluation::{Contradiction, Evaluation, LabelledScores, Outcomes, ServedModel, evaluate};
use super::files::{self, RejectedLine};
use crate::journal;
use crate::lifecycle::locks;
use crate::lifecycle::progress::{OnProgress, Progress};
use crate::lifecycle::workspace::{ProjectPaths, load_model};
use crate::project::Project;
use crate::store::{EventLabels, Store, StoredLabels};

/// The file in the data folder that lists rejected lines and unmatched events.
const REJECTED_FILE: &str = "ground-truth.rejected.csv";

/// Why an unmatched event is listed among the rejected lines.
const UNMATCHED_REASON: &str = "names no stored prediction";

/// The outcome of a run over a folder of ground truth.
#[derive(Debug, Serialize)]
pub(crate) struct GroundTruthOutcome {
    /// Files read.
    pub(crate) files: usize,
    /// Events with labels that were read.
    pub(crate) labels: LabelCounts,
    /// Lines that are not ground truth.
    pub(crate) rejected: Vec<RejectedLine>,
    /// Events without a stored prediction, of this and earlier runs.
    pub(crate) unmatched: Vec<UnmatchedEvent>,
    /// The file that lists rejected lines and unmatched events, if there are any.
    pub(crate) rejected_file: Option<PathBuf>,
    /// Events that have another number of labels than of rows; they are left out.
    pub(crate) row_count_mismatches: Vec<String>,
    /// Predictions later than the hour of their label; they are left out.
    pub(crate) late: usize,
    /// Labels that outcomes in the sources contradict. The sources override them.
    pub(crate) contradictions: Vec<Contradiction>,
    /// How well each served model predicted the labels.
    pub(crate) models: Vec<ModelQuality>,
}

/// What became of the labels that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct LabelCounts {
    /// Events without stored labels before.
    pub(crate) new: usize,
    /// Events whose stored labels are the same.
    pub(crate) unchanged: usize,
    /// Events whose stored labels were replaced.
    pub(crate) changed: usize,
    /// Events whose stored labels come from a later line and stay.
    pub(crate) outdated: usize,
}

/// An event without a stored prediction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct UnmatchedEvent {
    /// The event.
    pub(crate) event_id: String,
    /// The file of its labels.
    pub(crate) file: String,
    /// The line in that file.
    pub(crate) line: u32,
}

/// How well a served model predicted the labels.
#[derive(Debug, Serialize)]
pub(crate) struct ModelQuality {
    /// The target.
    pub(crate) target: String,
    /// The model.
    pub(crate) model_id: String,
    /// The serving variant; `None` where labels name predictions by their own ids.
    pub(crate) variant: Option<String>,
    /// Whether it was a shadow, whose predictions no caller received.
    pub(crate) shadow: bool,
    /// Labelled predictions.
    pub(crate) rows: usize,
    /// Positive labels.
    pub(crate) positives: usize,
    /// Positive labels that the scores predict: their sum.
    pub(crate) positives_expected: f64,
    /// The model's decision threshold.
    pub(crate) threshold: f64,
    /// The metrics; `None` if all labels are the same.
    pub(crate) metrics: Option<Metrics>,
}

/// Stores the labels in a folder of ground truth and measures served models against all stored labels.
pub(crate) async fn ground_truth(
    paths: &ProjectPaths,
    folder: &Path,
    if_locked: IfLocked,
    progress: OnProgress<'_>,
) -> Result<GroundTruthOutcome> {
    let store = Store::open_existing(&paths.data.join("plumb.db")).await?;
    journal::catch_up(&store, &paths.data).await?;
    let _lock = locks::ground_truth(&paths.data, if_locked, progress)?;
    let (files, labels, rejected) = store_labels(folder, &store, progress)
        .await
        .with_context(|| format!("cannot read the ground truth in `{}`", folder.display()))?;
    let unmatched: Vec<UnmatchedEvent> =
        store.unmatched_labels().await?.into_iter().map(UnmatchedEvent::from).collect();
    let predictions = store.labelled_predictions().await?;
    let targets: BTreeSet<String> = predictions.iter().map(|prediction| prediction.target.clone()).collect();
    let evaluation = evaluate(predictions, &outcomes(paths, &targets).await?);
    let rejected_file = write_rejected(&paths.data, &rejected, &unmatched)?;
    let Evaluation { models: labelled, row_count_mismatches, late, contradictions } = evaluation;
    let mut models = Vec::new();
    for (model, scores) in labelled {
        let threshold = load_model(&paths.data, &model.model_id).await?.artifact.model.threshold.score;
        models.push(quality(model, &scores, threshold)?);
    }
    Ok(GroundTruthOutcome {
        files,
        labels,
        rejected,
        unmatched,
        rejected_file,
        row_count_mismatches,
        late,
        contradictions,
        models,
    })
}

/// Stores the labels of all files under a folder.
async fn store_labels(
    folder: &Path,
    store: &Store,
    progress: OnProgress<'_>,
) -> Result<(usize, LabelCounts, Vec<RejectedLine>)> {
    let paths = files::list(folder)?;
    let mut counts = LabelCounts::default();
    let mut all_rejected = Vec::new();
    for (done, path) in paths.iter().enumerate() {
        progress(Progress::Items { done, total: paths.len() });
        let files::Contents { labels, rejected } = files::read(folder, path)?;
        let StoredLabels { new, unchanged, changed, outdated } = store.store_labels(&labels).await?;
        counts.new += new;
        counts.unchanged += unchanged;
        counts.changed += changed;
        counts.outdated += outdated;
        all_rejected.extend(rejected);
    }
    Ok((paths.len(), counts, all_rejected))
}

/// Returns the outcomes in the sources whose horizon has passed. A lead observed at several ages with different outcomes
/// has none.
async fn outcomes(paths: &ProjectPaths, targets: &BTreeSet<String>) -> Result<Outcomes> {
    let mut outcomes = HashMap::new();
    if !Project::is_at(&paths.project) {
        return Ok(outcomes);
    }
    let project = Project::open(&paths.project)?;
    let lake = Lake::open(&paths.data).await?;
    for target in project.targets().into_iter().filter(|target| targets.contains(target)) {
        let labelled = lake.labels(&project.label_spec(&target)?, project.now(None)).await?;
        let mut of_leads: HashMap<String, BTreeSet<bool>> = HashMap::new();
        for (observation, label) in labelled.observations.into_iter().zip(labelled.labels) {
            of_leads.entry(observation.lead_id).or_default().insert(label);
        }
        let certain = of_leads.into_iter().filter(|(_, labels)| labels.len() == 1);
        outcomes.insert(target, certain.filter_map(|(lead, labels)| Some((lead, *labels.first()?))).collect());
    }
    Ok(outcomes)
}

/// Writes the list of rejected lines and unmatched events, over an earlier list. Returns its path if it has any.
fn write_rejected(data: &Path, rejected: &[RejectedLine], unmatched: &[UnmatchedEvent]) -> Result<Option<PathBuf>> {
    let path = data.join(REJECTED_FILE);
    let cannot = || format!("cannot write `{}`", path.display());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["file", "line", "event_id", "reason"]).with_context(cannot)?;
    for RejectedLine { file, line, reason } in rejected {
        writer.write_record([file, &line.to_string(), "", reason]).with_context(cannot)?;
    }
    for UnmatchedEvent { event_id, file, line } in unmatched {
        writer.write_record([file, &line.to_string(), event_id, UNMATCHED_REASON]).with_context(cannot)?;
    }
    plumb_lake::write_atomically(&path, &writer.into_inner().with_context(cannot)?)?;
    Ok((!rejected.is_empty() || !unmatched.is_empty()).then_some(path))
}

fn quality(model: ServedModel, labelled: &LabelledScores, threshold: f64) -> Result<ModelQuality> {
    let ServedModel { target, model_id, variant, shadow } = model;
    Ok(ModelQuality {
        target,
        model_id,
        variant,
        shadow,
        rows: labelled.labels.len(),
        positives: labelled.positives(),
        positives_expected: labelled.scores.iter().sum(),
        threshold,
        metrics: labelled.metrics(threshold)?,
    })
}

impl From<EventLabels> for UnmatchedEvent {
    fn from(EventLabels { event_id, file, line, .. }: EventLabels) -> UnmatchedEvent {
        UnmatchedEvent { event_id, file, line }
    }
}
