//! Evaluation of served predictions against ground truth. An outcome in the sources overrides a label from outside.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use chrono::TimeDelta;
use plumb_lead::Metrics;
use plumb_learn::metrics::{self, Bootstrap};
use serde::Serialize;

use crate::store::LabelledPrediction;

/// The bootstrap behind the intervals. Its seed is fixed: the same labels give the same intervals.
const BOOTSTRAP: Bootstrap = Bootstrap { resamples: 200, seed: 1 };

/// The folder of a label names an hour, so a prediction within that hour is not later than the label.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// Outcomes in the sources, by target and lead.
pub(super) type Outcomes = HashMap<String, HashMap<String, bool>>;

/// A model as it was served.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ServedModel {
    /// The target.
    pub(super) target: String,
    /// The model.
    pub(super) model_id: String,
    /// The serving variant; `None` where labels name predictions by their own ids.
    pub(super) variant: Option<String>,
    /// Whether it was a shadow, whose predictions no caller received.
    pub(super) shadow: bool,
}

/// A label that an outcome in the sources contradicts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Contradiction {
    /// The event.
    pub(crate) event_id: String,
    /// The lead.
    pub(crate) lead_id: String,
    /// The label. The outcome is the opposite.
    pub(crate) label: bool,
}

/// Scores and their labels.
#[derive(Debug, Default, PartialEq)]
pub(super) struct LabelledScores {
    /// The scores.
    pub(super) scores: Vec<f64>,
    /// A label a score.
    pub(super) labels: Vec<bool>,
}

/// Served predictions with their labels.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Evaluation {
    /// Labelled scores of each served model.
    pub(super) models: BTreeMap<ServedModel, LabelledScores>,
    /// Events that have another number of labels than of rows; they are left out.
    pub(super) row_count_mismatches: Vec<String>,
    /// Predictions later than their label; they are left out.
    pub(super) late: usize,
    /// Labels that the sources contradict.
    pub(super) contradictions: Vec<Contradiction>,
}

/// Compares predictions with their labels. A row of an event counts once for each model that scored it, by the newest
/// prediction that is not later than the label.
pub(super) fn evaluate(predictions: Vec<LabelledPrediction>, outcomes: &Outcomes) -> Evaluation {
    let mut evaluation = Evaluation::default();
    let mut newest: BTreeMap<(ServedModel, String, usize), LabelledPrediction> = BTreeMap::new();
    let mut row_counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for prediction in predictions {
        let event = &prediction.event;
        let counts = row_counts.entry(event.event_id.clone()).or_insert((0, event.labels.len()));
        counts.0 = counts.0.max(prediction.row + 1);
        if prediction.as_of >= event.hour + HOUR {
            evaluation.late += 1;
            continue;
        }
        let key = (ServedModel::of(&prediction), event.event_id.clone(), prediction.row);
        match newest.get(&key) {
            Some(known) if known.as_of > prediction.as_of => {}
            _ => drop(newest.insert(key, prediction)),
        }
    }
    row_counts.retain(|_, (rows, labels)| rows != labels);
    for ((model, event_id, row), prediction) in newest {
        if row_counts.contains_key(&event_id) {
            continue;
        }
        let Some(label) = prediction.event.labels.get(row).copied() else { continue };
        let outcome = outcomes.get(&model.target).and_then(|outcomes| outcomes.get(&prediction.lead_id)).copied();
        let contradiction = Contradiction { event_id, lead_id: prediction.lead_id, label };
        if outcome == Some(!label) && !evaluation.contradictions.contains(&contradiction) {
            evaluation.contradictions.push(contradiction);
        }
        let labelled = evaluation.models.entry(model).or_default();
        labelled.scores.push(prediction.score);
        labelled.labels.push(outcome.unwrap_or(label));
    }
    evaluation.row_count_mismatches = row_counts.into_keys().collect();
    evaluation
}

impl ServedModel {
    fn of(prediction: &LabelledPrediction) -> ServedModel {
        let LabelledPrediction { target, model_id, variant, shadow, .. } = prediction.clone();
        ServedModel { target, model_id, variant, shadow }
    }
}

impl LabelledScores {
    /// Returns the metrics with their intervals; `None` if all labels are the same, which leaves nothing to measure.
    pub(super) fn metrics(&self, threshold: f64) -> Result<Option<Metrics>> {
        let positives = self.positives();
        if positives == 0 || positives == self.labels.len() {
            return Ok(None);
        }
        Ok(Some(metrics::evaluate(&self.scores, &self.labels, threshold, 1.0, Some(BOOTSTRAP))?))
    }

    /// Returns the number of positive labels.
    pub(super) fn positives(&self) -> usize {
        self.labels.iter().filter(|label| **label).count()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::store::EventLabels;
    use crate::store::tests::hour_of_new_year;

    /// Returns a prediction of 1 January, hour `as_of`, with labels of hour 5.
    fn prediction(event_id: &str, labels: &[bool], row: usize, as_of: u32, score: f64) -> LabelledPrediction {
        let hour: DateTime<Utc> = hour_of_new_year(5);
        let labels = labels.to_vec();
        LabelledPrediction {
            event: EventLabels { event_id: event_id.into(), labels, hour, file: "a".into(), line: 1 },
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

    fn first_model(evaluation: &Evaluation) -> (&[f64], &[bool]) {
        let labelled = evaluation.models.values().next().expect("a model was served");
        (&labelled.scores, &labelled.labels)
    }

    #[test]
    fn event_counts_once_by_its_newest_prediction_before_the_label() {
        let predictions = vec![
            prediction("a", &[true], 0, 2, 0.2),
            prediction("a", &[true], 0, 5, 0.5),
            prediction("a", &[true], 0, 4, 0.4),
            prediction("a", &[true], 0, 6, 0.9),
            prediction("b", &[false, true], 0, 1, 0.1),
            prediction("b", &[false, true], 1, 1, 0.3),
        ];
        let evaluation = evaluate(predictions, &HashMap::new());
        assert_eq!(first_model(&evaluation), (&[0.5, 0.1, 0.3][..], &[true, false, true][..]));
        assert_eq!((evaluation.late, evaluation.row_count_mismatches.len()), (1, 0));
    }

    #[test]
    fn event_with_another_number_of_labels_than_rows_is_left_out() {
        let predictions = vec![
            prediction("a", &[true], 0, 1, 0.2),
            prediction("a", &[true], 1, 1, 0.3),
            prediction("b", &[true, true], 0, 1, 0.4),
        ];
        let evaluation = evaluate(predictions, &HashMap::new());
        assert_eq!(evaluation.row_count_mismatches, ["a", "b"]);
        assert!(evaluation.models.is_empty());
    }

    #[test]
    fn outcome_in_the_sources_overrides_a_label() {
        let known = HashMap::from([("lead of a".to_owned(), false), ("lead of b".to_owned(), true)]);
        let outcomes = HashMap::from([("won".to_owned(), known)]);
        let mut shadow = prediction("a", &[true], 0, 1, 0.1);
        shadow.variant = Some("shadow".into());
        let predictions = vec![
            prediction("a", &[true], 0, 1, 0.2),
            prediction("b", &[true], 0, 1, 0.3),
            prediction("c", &[true], 0, 1, 0.4),
            shadow,
        ];
        let evaluation = evaluate(predictions, &outcomes);
        assert_eq!(first_model(&evaluation), (&[0.2, 0.3, 0.4][..], &[false, true, true][..]));
        let expected = Contradiction { event_id: "a".into(), lead_id: "lead of a".into(), label: true };
        assert_eq!(evaluation.contradictions, [expected], "listed once for all models");
    }

    #[test]
    fn labels_of_one_class_have_no_metrics() {
        let labelled = |labels: &[bool]| LabelledScores { scores: vec![0.2, 0.9, 0.4, 0.1], labels: labels.to_vec() };
        assert!(labelled(&[true; 4]).metrics(0.5).expect("scores").is_none());
        let metrics = labelled(&[false, true, true, false]).metrics(0.5).expect("scores").expect("two classes");
        assert_eq!((metrics.auc.value, metrics.precision.value, metrics.recall.value), (1.0, 1.0, 0.5));
        assert!(metrics.auc.interval.is_some());
    }
}
