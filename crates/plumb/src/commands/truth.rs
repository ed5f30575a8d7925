//! `plumb truth`: labels of what was answered, in SageMaker's ground truth form, and how good the answers were.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plumb_lake::Lake;
use plumb_lead::Metric;

use super::{Place, bar, load};
use crate::commands::output::Format;
use crate::project::Project;
use crate::store::{GroundTruth, Store};
use crate::truth::{self, Answerer, Found, Judged, Judgement, RejectedRow};

/// Lines, names and leads named on the terminal, of each kind.
const SHOWN: usize = 5;

/// All lines that are of no use, with the reason.
const REJECTED: &str = "truth.rejected.csv";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder with the labels: JSON Lines, in folders `yyyy/mm/dd/hh` by the hour of the label.
    folder: PathBuf,
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let data = args.place.data();
    let store = Store::open_existing(&data.join("plumb.db")).await?;
    let bar = bar(0, "files of labels")?;
    let progress = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let found = truth::read(&args.folder, &store, &progress).await;
    bar.finish_and_clear();
    let found = found.with_context(|| format!("cannot read the ground truth in `{}`", args.folder.display()))?;
    let of_nothing = store.unmatched_ground_truth().await?;
    let told = store.labelled_predictions().await?;
    let targets: BTreeSet<String> = told.iter().map(|one| one.target.clone()).collect();
    let judgement = truth::judge(told, &outcomes(&args.place, &data, &targets).await?);
    let set_aside = set_aside(&data, &found.rejected, &of_nothing)?;
    print!("{}", told_of_files(&found, &of_nothing, &judgement, set_aside.as_deref()));
    for (answerer, judged) in &judgement.answerers {
        let threshold = load(&data, &answerer.model_id).await?.artifact.model.threshold.score;
        print!("{}", told_of_answers(answerer, judged, threshold)?);
    }
    if judgement.answerers.is_empty() {
        println!("no label speaks of a prediction that is here");
    }
    Ok(())
}

/// Returns what the sources know of leads, by target and lead: an outcome whose horizon has passed. A lead that was asked
/// about at several ages with different outcomes stands against no label.
async fn outcomes(
    place: &Place,
    data: &Path,
    targets: &BTreeSet<String>,
) -> Result<HashMap<String, HashMap<String, bool>>> {
    let mut known = HashMap::new();
    if !Project::is_at(&place.project) {
        return Ok(known);
    }
    let project = Project::open(&place.project)?;
    let lake = Lake::open(data).await?;
    for target in project.targets().into_iter().filter(|target| targets.contains(target)) {
        let labelled = lake.labels(&project.label_spec(&target)?, project.now(None)).await?;
        let mut of_leads: HashMap<String, BTreeSet<bool>> = HashMap::new();
        for (observation, label) in labelled.observations.into_iter().zip(labelled.labels) {
            of_leads.entry(observation.lead_id).or_default().insert(label);
        }
        let certain = of_leads.into_iter().filter(|(_, labels)| labels.len() == 1);
        known.insert(target, certain.filter_map(|(lead, labels)| Some((lead, *labels.first()?))).collect());
    }
    Ok(known)
}

/// Lists what is of no use in the data folder, in the place of an earlier list. Returns where, if there is anything.
fn set_aside(data: &Path, rejected: &[RejectedRow], of_nothing: &[GroundTruth]) -> Result<Option<PathBuf>> {
    let path = data.join(REJECTED);
    let cannot = || format!("cannot write `{}`", path.display());
    let mut writer = csv::Writer::from_path(&path).with_context(cannot)?;
    writer.write_record(["file", "line", "event_id", "reason"]).with_context(cannot)?;
    for RejectedRow { file, line, reason } in rejected {
        writer.write_record([file, &line.to_string(), "", reason]).with_context(cannot)?;
    }
    for GroundTruth { event_id, file, line, .. } in of_nothing {
        let reason = "speaks of no prediction that is here";
        writer.write_record([file, &line.to_string(), event_id, reason]).with_context(cannot)?;
    }
    writer.flush().with_context(cannot)?;
    Ok((!rejected.is_empty() || !of_nothing.is_empty()).then_some(path))
}

/// Returns what was found in the files, as lines.
fn told_of_files(found: &Found, of_nothing: &[GroundTruth], judgement: &Judgement, set_aside: Option<&Path>) -> String {
    let kept = &found.kept;
    let labels = kept.new + kept.unchanged + kept.changed + kept.outdated;
    let mut lines = vec![format!(
        "{} files, {labels} events with labels: {} new, {} as before, {} changed by a later line, {} older than what is known",
        found.files, kept.new, kept.unchanged, kept.changed, kept.outdated
    )];
    for RejectedRow { file, line, reason } in found.rejected.iter().take(SHOWN) {
        lines.push(format!("rejected: {file}, line {line}: {reason}"));
    }
    for GroundTruth { event_id, file, line, .. } in of_nothing.iter().take(SHOWN) {
        lines.push(format!("unknown: `{event_id}` in {file}, line {line}: speaks of no prediction that is here"));
    }
    if let Some(path) = set_aside {
        let (rejected, unknown) = (found.rejected.len(), of_nothing.len());
        lines.push(format!("{rejected} lines rejected and {unknown} events unknown, all listed in {}", path.display()));
    }
    for event_id in judgement.unfitting.iter().take(SHOWN) {
        lines.push(format!("left out: `{event_id}` has another number of labels than of rows"));
    }
    if judgement.unfitting.len() > SHOWN {
        lines.push(format!("and {} more such events", judgement.unfitting.len() - SHOWN));
    }
    if judgement.late > 0 {
        lines.push(format!("left out: {} predictions that were made after the hour of their label", judgement.late));
    }
    for contradiction in judgement.contradictions.iter().take(SHOWN) {
        let truth::Contradiction { event_id, lead_id, label } = contradiction;
        let (label, outcome) = (u8::from(*label), u8::from(!*label));
        lines.push(format!(
            "`{event_id}` says {label} of lead `{lead_id}`, of which the sources say {outcome}: the sources count"
        ));
    }
    if judgement.contradictions.len() > SHOWN {
        lines.push(format!("and {} more such labels", judgement.contradictions.len() - SHOWN));
    }
    lines.join("\n") + "\n"
}

/// Returns how good somebody's answers were, as lines.
fn told_of_answers(answerer: &Answerer, judged: &Judged, threshold: f64) -> Result<String> {
    let Answerer { target, model_id, variant, shadow } = answerer;
    let variant = variant.as_deref().unwrap_or("by the ids of predictions");
    let shadow = if *shadow { ", in the shadow" } else { "" };
    let (rows, positives) = (judged.labels.len(), judged.positives());
    let expected: f64 = judged.scores.iter().sum();
    let mut text = format!(
        "{target}, model {model_id}, {variant}{shadow}: {rows} answers with labels, {positives} positive, {expected:.1} expected\n"
    );
    let Some(metrics) = judged.metrics(threshold)? else {
        text.push_str("  all labels are the same, so nothing can be measured\n");
        return Ok(text);
    };
    let shown = |metric: &Metric| match metric.interval {
        Some(interval) => format!("{:.3} ({:.3} to {:.3})", metric.value, interval.low, interval.high),
        None => format!("{:.3}", metric.value),
    };
    text.push_str(&format!(
        "  AUC {}, log loss {}, Brier {}\n  at the threshold {threshold:.3}: precision {}, recall {}\n",
        shown(&metrics.auc),
        shown(&metrics.log_loss),
        shown(&metrics.brier),
        shown(&metrics.precision),
        shown(&metrics.recall),
    ));
    Ok(text)
}
