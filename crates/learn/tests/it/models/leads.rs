//! Synthetic leads, and models of them.

use std::collections::HashMap;

use plumb_lead::{
    Column, FeatureMessages, FeatureSet, MISSING_LEVEL, Matrix, MessageCatalog, ModelKind, Monotone, Table, Values,
};
use plumb_learn::decision::{Optimise, StopOn};
use plumb_learn::{Error, Model, Params, Samples, fit, rules};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) const KINDS: [ModelKind; 4] =
    [ModelKind::Rules, ModelKind::Logistic, ModelKind::Xgboost, ModelKind::Ensemble];
pub(crate) const LEVELS: [&str; 4] = ["ads", "email", "fair", "partner"];

/// Leads whose probability follows a formula with an interaction.
pub(crate) struct Leads {
    pub(crate) features: FeatureSet,
    pub(crate) matrix: Matrix,
    pub(crate) labels: Vec<bool>,
    pub(crate) weights: Vec<f32>,
    pub(crate) true_probabilities: Vec<f64>,
}

impl Leads {
    pub(crate) fn new(rows: usize, seed: u64) -> Leads {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut employees, mut replies, mut demo, mut channel) = (vec![], vec![], vec![], vec![]);
        let (mut labels, mut true_probabilities) = (vec![], vec![]);
        for _ in 0..rows {
            let size: f32 = random.random_range(1..500) as f32;
            let answered: f32 = random.random_range(0..6) as f32;
            let wants_demo = random.random_bool(0.3);
            let from = random.random_range(0..5_u32);
            let known = random.random_bool(0.8);
            let fits = f64::from(u8::from(known && (50.0..300.0).contains(&size)));
            let partner = f64::from(u8::from(from == 3));
            let logit = -2.5
                + 1.2 * fits
                + 0.4 * f64::from(answered)
                + 1.5 * partner * fits
                + 0.8 * f64::from(u8::from(wants_demo))
                - 0.7 * f64::from(u8::from(from == 0));
            let probability = 1.0 / (1.0 + (-logit).exp());
            employees.push(if known { size } else { f32::NAN });
            replies.push(answered);
            demo.push(f32::from(u8::from(wants_demo)));
            channel.push(if from == 4 { MISSING_LEVEL } else { from });
            labels.push(random.random_bool(probability));
            true_probabilities.push(probability);
        }
        let levels = LEVELS.map(str::to_owned).to_vec();
        let column = |name: &str, values| Column { name: name.to_owned(), values };
        let table = Table::new(vec![
            column("employees", Values::Number(employees)),
            column("replies", Values::Number(replies)),
            column("asked_for_demo", Values::Flag(demo)),
            column("channel", Values::Category { codes: channel, levels }),
        ])
        .expect("the columns have one length");
        let rising = FeatureMessages { monotone: Monotone::Increasing, ..FeatureMessages::default() };
        let messages = HashMap::from([("replies".to_owned(), rising)]);
        let message_catalog = MessageCatalog { features: messages, ..MessageCatalog::default() };
        let features = FeatureSet::learn(&table, &message_catalog);
        let (matrix, _) = features.encode(&table).expect("the set was learned from this table");
        Leads { features, matrix, labels, weights: vec![1.0; rows], true_probabilities }
    }

    pub(crate) fn samples(&self) -> Samples<'_> {
        Samples { matrix: &self.matrix, labels: &self.labels, weights: &self.weights }
    }
}

pub(crate) fn params() -> Params {
    let rules::ParsedRules { rules, unreadable, .. } = rules::parse_csv(
        "field,condition,points\nemployees,50-299,10\nreplies,>= 3,5\nasked_for_demo,yes,7.5\nchannel,\"partner, fair\",4\n\
         channel,ads,-6\nemployees,missing,-1\n",
    );
    assert_eq!(unreadable, []);
    Params {
        seed: 7,
        beta: 0.5,
        cost: None,
        optimise: Optimise::FBeta,
        in_time_order: false,
        capacity: None,
        stop_on: StopOn::LogLoss,
        threads: 1,
        rounds_max: 200,
        search_trials: 3,
        rules: Some(rules),
    }
}

pub(crate) fn fitted(kind: ModelKind, params: &Params) -> Model {
    let (train, valid) = (Leads::new(3000, 1), Leads::new(1500, 2));
    fit_one(kind, &train.features, train.samples(), valid.samples(), params).expect("both parts have both classes")
}

pub(crate) fn fit_one(
    kind: ModelKind,
    features: &FeatureSet,
    train: Samples,
    valid: Samples,
    params: &Params,
) -> Result<Model, Error> {
    let fitted = fit(&[kind], features, train, valid, params, &|_| {})?.into_iter().next();
    Ok(fitted.expect("one kind was asked for").model)
}

pub(crate) fn scores(model: &Model, matrix: &Matrix) -> Vec<f64> {
    model.scores(matrix).expect("the matrix fits").into_iter().map(f64::from).collect()
}
