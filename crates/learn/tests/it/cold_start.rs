//! Few labels or none: the model starts from the rules, outcomes take over, and intervals narrow.

use plumb_lead::{Column, FeatureSet, Interval, Matrix, ModelKind, Table, Values};
use plumb_learn::decision::{Cost, Optimise, StopOn};
use plumb_learn::{Error, Model, Params, Samples, fit, fit_cold_start, metrics, rules};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Leads of six numbers, of which the rules know the first two, in their direction but not their true weights.
struct Leads {
    features: FeatureSet,
    matrix: Matrix,
    labels: Vec<bool>,
    weights: Vec<f32>,
    true_probabilities: Vec<f64>,
}

impl Leads {
    fn new(rows: usize, seed: u64) -> Leads {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let columns: Vec<Vec<f32>> =
            (0..6).map(|_| (0..rows).map(|_| random.random_range(-2.0..2.0)).collect()).collect();
        let true_probabilities: Vec<f64> = (0..rows)
            .map(|row| {
                let value = |column: usize| f64::from(columns[column][row]);
                let margin = -1.5 + value(0) + 0.5 * value(1) - 0.8 * value(2);
                1.0 / (1.0 + (-margin).exp())
            })
            .collect();
        let labels = true_probabilities.iter().map(|probability| random.random_bool(*probability)).collect();
        let column = |(index, values)| Column { name: format!("x{index}"), values: Values::Number(values) };
        let table = Table::new(columns.into_iter().enumerate().map(column).collect()).expect("one length");
        let features = FeatureSet::learn(&table, &Default::default());
        let (matrix, _) = features.encode(&table).expect("the same table");
        Leads { features, matrix, labels, weights: vec![1.0; rows], true_probabilities }
    }

    fn samples(&self) -> Samples<'_> {
        Samples { matrix: &self.matrix, labels: &self.labels, weights: &self.weights }
    }

    fn cold_start(&self, count: usize, params: &Params) -> Model {
        let matrix = self.matrix.select(&(0..count).collect::<Vec<_>>());
        let labelled = Samples { matrix: &matrix, labels: &self.labels[..count], weights: &self.weights[..count] };
        fit_cold_start(&self.features, labelled, self.samples(), params).expect("there are rules")
    }
}

fn params() -> Params {
    let written = rules::parse_csv("field,condition,points\nx0,> 0,10\nx0,> 1,10\nx1,> 0,10\nx5,> 5,100\n");
    Params {
        seed: 7,
        beta: 0.5,
        cost: None,
        optimise: Optimise::FBeta,
        in_time_order: false,
        capacity: None,
        stop_on: StopOn::LogLoss,
        threads: 1,
        rounds_max: 20,
        search_trials: 1,
        rules: Some(written.rules),
    }
}

fn scores(model: &Model, matrix: &Matrix) -> Vec<f64> {
    model.scores(matrix).expect("it fits").into_iter().map(f64::from).collect()
}

fn intervals(model: &Model, matrix: &Matrix) -> Vec<Interval> {
    let margins = model.margins(matrix).expect("it fits");
    model.intervals(matrix, &margins).expect("it fits").expect("the model knows how sure it is")
}

fn mean_width(model: &Model, matrix: &Matrix) -> f64 {
    let intervals = intervals(model, matrix);
    intervals.iter().map(|interval| interval.high - interval.low).sum::<f64>() / intervals.len() as f64
}

#[test]
fn without_outcomes_the_rules_rank_and_the_calibration_is_assumed() {
    let leads = Leads::new(2000, 1);
    let model = leads.cold_start(0, &params());
    assert_eq!(model.kind(), ModelKind::Rules);
    assert!(model.params["calibration"].starts_with("assumed, not measured"), "{:?}", model.params);
    // The mean row has the assumed one in ten, with wide intervals.
    let middle = model.base_rate;
    assert!((middle - 0.1).abs() < 1e-9);
    for (score, interval) in scores(&model, &leads.matrix).into_iter().zip(intervals(&model, &leads.matrix)) {
        assert!(interval.low < score && score < interval.high, "{score} {interval:?}");
        assert!(interval.low < score / 3.0 && interval.high > 2.0 * score.min(0.45), "{score} {interval:?}");
    }
    assert!(metrics::auc(&scores(&model, &leads.matrix), &leads.labels).expect("both classes") > 0.65);
}

#[test]
fn more_outcomes_lower_the_loss_and_narrow_the_intervals() {
    let (leads, later) = (Leads::new(4000, 2), Leads::new(4000, 3));
    let loss = |model: &Model| metrics::log_loss(&scores(model, &later.matrix), &later.labels).expect("both classes");
    let models: Vec<Model> = [0, 5, 20, 100, 1000].map(|count| leads.cold_start(count, &params())).into();
    assert!(models[1..].iter().all(|model| model.kind() == ModelKind::Logistic));
    let losses: Vec<f64> = models.iter().map(loss).collect();
    assert!(losses[2] < losses[0] && losses[3] < losses[2] && losses[4] < losses[3], "{losses:?}");
    let widths: Vec<f64> = models.iter().map(|model| mean_width(model, &later.matrix)).collect();
    assert!(widths.windows(2).skip(1).all(|pair| pair[1] < pair[0]), "{widths:?}");
    // With few outcomes the rules are worth having; with many they do no harm.
    let without = Params { rules: None, ..params() };
    let of_20_without: Vec<f64> = (10..30).map(|seed| loss(&Leads::new(4000, seed).cold_start(20, &without))).collect();
    let of_20_with: Vec<f64> = (10..30).map(|seed| loss(&Leads::new(4000, seed).cold_start(20, &params()))).collect();
    let sum = |losses: &[f64]| losses.iter().sum::<f64>();
    assert!(sum(&of_20_with) < sum(&of_20_without), "{of_20_with:?} {of_20_without:?}");
}

/// Of many leads about 95 % have their true probability within the interval, at every number of labels at which the
/// regression is the right model.
#[test]
fn intervals_cover_the_true_probability_as_often_as_they_promise() {
    let later = Leads::new(500, 4);
    for count in [50, 300] {
        let mut held = 0;
        for seed in 0..40 {
            let model = Leads::new(600, 100 + seed).cold_start(count, &Params { rules: None, ..params() });
            let intervals = intervals(&model, &later.matrix);
            let holds = |(interval, true_probabilities): (Interval, &f64)| {
                interval.low <= *true_probabilities && *true_probabilities <= interval.high
            };
            held += intervals
                .into_iter()
                .zip(&later.true_probabilities)
                .filter(|(interval, true_probabilities)| holds((*interval, *true_probabilities)))
                .count();
        }
        let share = held as f64 / (40.0 * 500.0);
        assert!((0.90..=0.99).contains(&share), "{count} labels: {share}");
    }
}

#[test]
fn the_interval_of_every_kind_contains_its_score() {
    let (train, valid, test) = (Leads::new(1500, 5), Leads::new(800, 6), Leads::new(300, 7));
    let kinds = [ModelKind::Rules, ModelKind::Logistic, ModelKind::Xgboost, ModelKind::Ensemble];
    let fitted =
        fit(&kinds, &train.features, train.samples(), valid.samples(), &params(), &|_| {}).expect("both classes");
    for fitted in fitted {
        let model = fitted.model;
        let text = serde_json::to_string(&model).expect("a model is JSON");
        let read: Model = serde_json::from_str(&text).expect("it was written above");
        let found = intervals(&model, &test.matrix);
        assert_eq!(found, intervals(&read, &test.matrix), "{:?}", model.kind());
        for (score, interval) in scores(&model, &test.matrix).into_iter().zip(found) {
            assert!(0.0 <= interval.low && interval.low < score, "{:?} {score} {interval:?}", model.kind());
            assert!(score < interval.high && interval.high <= 1.0, "{:?} {score} {interval:?}", model.kind());
            assert!(interval.high - interval.low < 0.5, "{:?} {score} {interval:?}", model.kind());
        }
    }
}

#[test]
fn contributions_still_sum_to_the_margin_and_the_same_rows_give_the_same_bytes() {
    let leads = Leads::new(800, 8);
    for count in [0, 3, 30] {
        let model = leads.cold_start(count, &params());
        let (margins, explanation) =
            (model.margins(&leads.matrix).expect("fits"), model.explain(&leads.matrix).expect("fits"));
        for (row, margin) in margins.iter().enumerate() {
            assert!((explanation.margin(row) - margin).abs() < 1e-9, "{count} labels, row {row}");
        }
        let refitted = leads.cold_start(count, &params());
        assert_eq!(serde_json::to_string(&model).ok(), serde_json::to_string(&refitted).ok());
    }
}

#[test]
fn one_class_is_enough_and_no_outcome_without_rules_is_an_error() {
    let leads = Leads::new(300, 9);
    let negative = vec![false; 5];
    let matrix = leads.matrix.select(&[0, 1, 2, 3, 4]);
    let labelled = Samples { matrix: &matrix, labels: &negative, weights: &leads.weights[..5] };
    let model = fit_cold_start(&leads.features, labelled, leads.samples(), &params()).expect("one class is something");
    let mean = scores(&model, &leads.matrix).iter().sum::<f64>() / 300.0;
    let unlabelled = leads.cold_start(0, &params());
    assert!(mean < scores(&unlabelled, &leads.matrix).iter().sum::<f64>() / 300.0 && mean > 0.01, "{mean}");

    let none = Samples { matrix: &Matrix { values: vec![], rows: 0, columns: 6 }, labels: &[], weights: &[] };
    let error = fit_cold_start(&leads.features, none, leads.samples(), &Params { rules: None, ..params() });
    assert!(matches!(error, Err(Error::Rules { .. })), "{error:?}");
    let error = fit_cold_start(&leads.features, none, none, &params());
    assert!(matches!(error, Err(Error::NoRows { .. })), "{error:?}");
}

#[test]
fn thresholds_follow_from_costs_capacity_and_expectation() {
    let leads = Leads::new(1000, 10);
    let cost = Cost { false_positive: 1.0, false_negative: 4.0 };
    let by_cost = leads.cold_start(20, &Params { optimise: Optimise::Cost, cost: Some(cost), ..params() });
    assert_eq!(by_cost.threshold.score, 0.2);
    let by_room = leads.cold_start(20, &Params { optimise: Optimise::Capacity, capacity: Some(0.1), ..params() });
    let called = scores(&by_room, &leads.matrix).iter().filter(|score| **score >= by_room.threshold.score).count();
    assert!((95..=105).contains(&called), "{called}");
    let by_f = leads.cold_start(20, &params());
    assert!(by_f.threshold.why.contains("too few outcomes to measure it"), "{}", by_f.threshold.why);
}
