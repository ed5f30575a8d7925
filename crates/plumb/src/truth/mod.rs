//! Ground truth from outside: labels of single events, in SageMaker's form (`files`), kept once, held against what was
//! answered. What the sources say of a lead stays above what such a label says of it.

mod files;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::Result;
use chrono::TimeDelta;
use plumb_lead::Metrics;
use plumb_learn::metrics::{self, Bootstrap};

pub(crate) use files::RejectedRow;

use crate::store::{GroundTruthCounts, LabelledPrediction, Store};

/// Draws behind the intervals, from one seed: the same labels give the same figures.
const BOOTSTRAP: Bootstrap = Bootstrap { resamples: 200, seed: 1 };

/// A label's folder is that of its hour, so a prediction of within that hour is not later than the label.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// What was found in a folder.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How many files were read.
    pub(crate) files: usize,
    /// What became of their labels.
    pub(crate) kept: GroundTruthCounts,
    /// Lines that are no labels.
    pub(crate) rejected: Vec<RejectedRow>,
}

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answerer {
    /// The target.
    pub(crate) target: String,
    /// The model.
    pub(crate) model_id: String,
    /// The variant; none where labels name predictions by their own ids.
    pub(crate) variant: Option<String>,
    /// Whether nobody was told.
    pub(crate) shadow: bool,
}

/// A label that says something else than the sources.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contradiction {
    /// The event.
    pub(crate) event_id: String,
    /// The lead.
    pub(crate) lead_id: String,
    /// What the label says.
    pub(crate) label: bool,
}

/// Scores with what became of them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Judged {
    /// The scores.
    pub(crate) scores: Vec<f64>,
    /// What became of each.
    pub(crate) labels: Vec<bool>,
}

/// All that labels say of what was answered.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Judgement {
    /// By who answered.
    pub(crate) answerers: BTreeMap<Answerer, Judged>,
    /// Events whose labels are not as many as their rows.
    pub(crate) unfitting: Vec<String>,
    /// Predictions that were made after their label.
    pub(crate) late: usize,
    /// Labels against which the sources stand.
    pub(crate) contradictions: Vec<Contradiction>,
}

/// Reads the files under a folder and keeps their labels.
pub(crate) async fn read(folder: &Path, store: &Store, progress: &dyn Fn(usize, usize)) -> Result<Found> {
    let files = files::list(folder)?;
    let mut found = Found { files: files.len(), ..Found::default() };
    for (index, path) in files.iter().enumerate() {
        progress(index, files.len());
        let files::Contents { truths, rejected } = files::read(folder, path)?;
        let counts = store.insert_ground_truth(&truths).await?;
        let GroundTruthCounts { new, unchanged, changed, outdated } = counts;
        found.kept.new += new;
        found.kept.unchanged += unchanged;
        found.kept.changed += changed;
        found.kept.outdated += outdated;
        found.rejected.extend(rejected);
    }
    Ok(found)
}

/// Holds labels against predictions. A row of an event counts once for each who answered it, by their newest prediction
/// that is no later than the label. `outcomes` is what the sources know of leads, for each target.
pub(crate) fn judge(told: Vec<LabelledPrediction>, outcomes: &HashMap<String, HashMap<String, bool>>) -> Judgement {
    let mut judgement = Judgement::default();
    let mut newest: BTreeMap<(Answerer, String, usize), LabelledPrediction> = BTreeMap::new();
    let mut rows_of: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for one in told {
        let rows = rows_of.entry(one.truth.event_id.clone()).or_insert((0, one.truth.labels.len()));
        rows.0 = rows.0.max(one.row + 1);
        if one.as_of >= one.truth.hour + HOUR {
            judgement.late += 1;
            continue;
        }
        let LabelledPrediction { target, model_id, variant, shadow, .. } = one.clone();
        let key = (Answerer { target, model_id, variant, shadow }, one.truth.event_id.clone(), one.row);
        match newest.get(&key) {
            Some(known) if known.as_of > one.as_of => {}
            _ => drop(newest.insert(key, one)),
        }
    }
    rows_of.retain(|_, (rows, labels)| rows != labels);
    for ((answerer, event_id, row), one) in newest {
        let Some(label) = one.truth.labels.get(row).copied().filter(|_| !rows_of.contains_key(&event_id)) else {
            continue;
        };
        let outcome = outcomes.get(&answerer.target).and_then(|outcomes| outcomes.get(&one.lead_id)).copied();
        let contradicted = outcome.is_some_and(|outcome| outcome != label);
        let contradiction = Contradiction { event_id, lead_id: one.lead_id, label };
        if contradicted && !judgement.contradictions.contains(&contradiction) {
            judgement.contradictions.push(contradiction);
        }
        let judged = judgement.answerers.entry(answerer).or_default();
        judged.scores.push(one.score);
        judged.labels.push(outcome.unwrap_or(label));
    }
    judgement.unfitting = rows_of.into_keys().collect();
    judgement
}

impl Judged {
    /// Returns the measures with their intervals; none where all labels are the same, of which nothing can be measured.
    pub(crate) fn metrics(&self, threshold: f64) -> Result<Option<Metrics>> {
        let positives = self.positives();
        if positives == 0 || positives == self.labels.len() {
            return Ok(None);
        }
        Ok(Some(metrics::evaluate(&self.scores, &self.labels, threshold, 1.0, Some(BOOTSTRAP))?))
    }

    /// Returns how many labels are positive.
    pub(crate) fn positives(&self) -> usize {
        self.labels.iter().filter(|label| **label).count()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::store::GroundTruth;
    use crate::store::tests::hour_of_new_year;

    /// A prediction of 1 January, hour `as_of`, with labels of hour 5.
    fn told(event_id: &str, labels: &[bool], row: usize, as_of: u32, score: f64) -> LabelledPrediction {
        let hour: DateTime<Utc> = hour_of_new_year(5);
        let labels = labels.to_vec();
        LabelledPrediction {
            truth: GroundTruth { event_id: event_id.into(), labels, hour, file: "a".into(), line: 1 },
            row,
            variant: Some("AllTraffic".into()),
            shadow: false,
            target: "won".into(),
            model_id: "cafe".into(),
            lead_id: format!("lead of {event_id}"),
            as_of: hour_of_new_year(as_of),
            score,
        }
    }

    fn only(judgement: &Judgement) -> (&[f64], &[bool]) {
        let judged = judgement.answerers.values().next().expect("somebody answered");
        (&judged.scores, &judged.labels)
    }

    #[test]
    fn an_event_counts_once_by_its_newest_prediction_before_the_label() {
        let all = vec![
            told("a", &[true], 0, 2, 0.2),
            told("a", &[true], 0, 5, 0.5),
            told("a", &[true], 0, 4, 0.4),
            told("a", &[true], 0, 6, 0.9),
            told("b", &[false, true], 0, 1, 0.1),
            told("b", &[false, true], 1, 1, 0.3),
        ];
        let judgement = judge(all, &HashMap::new());
        assert_eq!(only(&judgement), (&[0.5, 0.1, 0.3][..], &[true, false, true][..]));
        assert_eq!((judgement.late, judgement.unfitting.len()), (1, 0));
    }

    #[test]
    fn labels_that_do_not_fit_their_rows_are_left_out_and_told() {
        let all =
            vec![told("a", &[true], 0, 1, 0.2), told("a", &[true], 1, 1, 0.3), told("b", &[true, true], 0, 1, 0.4)];
        let judgement = judge(all, &HashMap::new());
        assert_eq!(judgement.unfitting, ["a", "b"]);
        assert!(judgement.answerers.is_empty());
    }

    #[test]
    fn the_sources_stand_above_a_label() {
        let known = HashMap::from([("lead of a".to_owned(), false), ("lead of b".to_owned(), true)]);
        let outcomes = HashMap::from([("won".to_owned(), known)]);
        let mut dark = told("a", &[true], 0, 1, 0.1);
        dark.variant = Some("dark".into());
        let all =
            vec![told("a", &[true], 0, 1, 0.2), told("b", &[true], 0, 1, 0.3), told("c", &[true], 0, 1, 0.4), dark];
        let judgement = judge(all, &outcomes);
        assert_eq!(only(&judgement), (&[0.2, 0.3, 0.4][..], &[false, true, true][..]));
        let expected = Contradiction { event_id: "a".into(), lead_id: "lead of a".into(), label: true };
        assert_eq!(judgement.contradictions, [expected], "told once, whoever answered");
    }

    #[test]
    fn of_one_class_nothing_is_measured() {
        let judged = |labels: &[bool]| Judged { scores: vec![0.2, 0.9, 0.4, 0.1], labels: labels.to_vec() };
        assert!(judged(&[true; 4]).metrics(0.5).expect("scores").is_none());
        let metrics = judged(&[false, true, true, false]).metrics(0.5).expect("scores").expect("two classes");
        assert_eq!((metrics.auc.value, metrics.precision.value, metrics.recall.value), (1.0, 1.0, 0.5));
        assert!(metrics.auc.interval.is_some());
    }
}
