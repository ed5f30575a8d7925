//! The search for the boosted trees' settings.
//!
//! The first trial is settings that do well on most tables. The second asks whether categories are better as
//! categories than as codes in order. The others are drawn by chance from ranges that make sense, with the seed.

use std::collections::BTreeMap;
use std::thread;

use plumb_lead::{FeatureKind, FeatureSet, Matrix, Monotone};
use plumb_xgboost_sys::{Booster, DMatrix, FeatureType};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Error, Params, Samples, newton};

/// Trees are added until this many in a row did not lower the log loss.
const PATIENCE: usize = 25;

/// A trial gets another OpenMP thread for each so many training rows; with fewer, waiting for it costs more than it
/// brings.
const ROWS_PER_THREAD: usize = 100_000;

/// What a trial is grown with; the names are XGBoost's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// Whether XGBoost is told of categories, or sees codes in order.
    pub(crate) native: bool,
    eta: f64,
    max_depth: u32,
    min_child_weight: f64,
    lambda: f64,
    subsample: f64,
    colsample_bytree: f64,
}

/// A trial's trees, up to the round of least loss.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) settings: Settings,
    pub(crate) booster: Booster,
    rounds: usize,
    loss: f64,
}

/// What every trial is given.
struct Ground<'a> {
    train: Samples<'a>,
    valid: Samples<'a>,
    categories: &'a [usize],
    constraints: &'a str,
    params: &'a Params,
}

/// Returns the best trial. A tie goes to the earlier one.
pub(crate) fn run(features: &FeatureSet, train: Samples, valid: Samples, params: &Params) -> Result<Trial, Error> {
    for (name, value) in [("rounds_max", params.rounds_max), ("search_trials", params.search_trials)] {
        if value == 0 {
            return Err(Error::Parameter { name, found: "0".to_owned(), expected: "a number from 1" });
        }
    }
    let (constraints, categories) = (constraints(features), categories(features));
    let ground = Ground { train, valid, categories: &categories, constraints: &constraints, params };
    let mut first = vec![Settings::usual()];
    if !categories.is_empty() && params.search_trials > 1 {
        first.push(Settings { native: true, ..Settings::usual() });
    }
    let best = best(ground.try_all(&first)?);
    let native = best.settings.native;
    let mut chance = ChaCha8Rng::seed_from_u64(params.seed);
    let others: Vec<Settings> =
        (first.len()..params.search_trials).map(|_| Settings { native, ..Settings::draw(&mut chance) }).collect();
    let others = ground.try_all(&others)?;
    Ok(self::best(std::iter::once(best).chain(others).collect()))
}

impl Ground<'_> {
    /// Returns a trial of each of the settings, in their order.
    ///
    /// Trials run beside each other rather than one after the other on all cores: OpenMP's threads wait for each other
    /// in a busy loop thousands of times a second, which on a machine that does something else as well took ten times
    /// the processor time and more than ten times as long.
    fn try_all(&self, settings: &[Settings]) -> Result<Vec<Trial>, Error> {
        let cores = match self.params.threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let beside = cores.min(settings.len()).max(1);
        let threads = (cores / beside).min(self.train.matrix.rows / ROWS_PER_THREAD).max(1);
        let mut trials = Vec::new();
        for batch in settings.chunks(beside) {
            let answers: Vec<Result<Trial, Error>> = thread::scope(|scope| {
                let running: Vec<_> =
                    batch.iter().map(|settings| scope.spawn(move || self.try_out(settings, threads))).collect();
                let joined = running.into_iter().map(|trial| trial.join());
                joined.map(|trial| trial.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
            });
            for trial in answers {
                trials.push(trial?);
            }
        }
        Ok(trials)
    }

    /// Adds trees until the loss no longer falls. The metric is measured here and not by XGBoost, so that it is the
    /// one that all models are measured by.
    fn try_out(&self, settings: &Settings, threads: usize) -> Result<Trial, Error> {
        let (train, valid) =
            (self.prepare(self.train, settings, threads)?, self.prepare(self.valid, settings, threads)?);
        let mut booster = Booster::new(&[&train, &valid])?;
        self.set(&mut booster, settings, threads)?;
        let (mut rounds, mut least) = (0, f64::INFINITY);
        for round in 0..self.params.rounds_max {
            booster.update(round, &train)?;
            let margins: Vec<f64> = booster.margins(&valid)?.into_iter().map(f64::from).collect();
            let loss = newton::log_loss_shifted(&margins, self.valid.labels, self.valid.weights);
            if loss < least {
                (rounds, least) = (round + 1, loss);
            } else if round + 1 >= rounds + PATIENCE {
                break;
            }
        }
        let booster = booster.first_rounds(rounds)?;
        Ok(Trial { settings: settings.clone(), booster, rounds, loss: least })
    }

    fn prepare(&self, samples: Samples, settings: &Settings, threads: usize) -> Result<DMatrix, Error> {
        let categories = if settings.native { self.categories } else { &[] };
        let mut rows = dmatrix(samples.matrix, categories, threads)?;
        let labels: Vec<f32> = samples.labels.iter().map(|label| f32::from(u8::from(*label))).collect();
        rows.set_labels(&labels)?;
        rows.set_weights(samples.weights)?;
        Ok(rows)
    }

    fn set(&self, booster: &mut Booster, settings: &Settings, threads: usize) -> Result<(), Error> {
        for (name, value) in settings.named() {
            booster.set_param(name, &value)?;
        }
        // XGBoost's seed has 63 bits.
        let seed = (self.params.seed & (u64::MAX >> 1)).to_string();
        for (name, value) in [
            ("objective", "binary:logistic"),
            ("tree_method", "hist"),
            ("nthread", &threads.to_string()),
            ("seed", &seed),
            ("monotone_constraints", self.constraints),
        ] {
            booster.set_param(name, value)?;
        }
        Ok(())
    }
}

impl Trial {
    /// Returns the settings and what came of them, by name.
    pub(crate) fn describe(&self) -> BTreeMap<String, String> {
        let encoding = if self.settings.native { "native" } else { "ordinal" };
        let mut described: BTreeMap<String, String> =
            self.settings.named().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        described.insert("categories".to_owned(), encoding.to_owned());
        described.insert("rounds".to_owned(), self.rounds.to_string());
        described.insert("log_loss_valid".to_owned(), format!("{:.5}", self.loss));
        described
    }
}

impl Settings {
    fn usual() -> Settings {
        Settings {
            native: false,
            eta: 0.1,
            max_depth: 4,
            min_child_weight: 5.0,
            lambda: 2.0,
            subsample: 1.0,
            colsample_bytree: 0.8,
        }
    }

    fn draw(chance: &mut ChaCha8Rng) -> Settings {
        fn one<T: Copy>(chance: &mut ChaCha8Rng, values: &[T]) -> T {
            values[chance.random_range(0..values.len())]
        }
        Settings {
            native: false,
            eta: one(chance, &[0.06, 0.1, 0.15]),
            max_depth: one(chance, &[2, 3, 4, 5, 6]),
            min_child_weight: one(chance, &[1.0, 5.0, 20.0, 50.0]),
            lambda: one(chance, &[1.0, 5.0, 20.0]),
            subsample: one(chance, &[0.7, 1.0]),
            colsample_bytree: one(chance, &[0.4, 0.6, 0.8, 1.0]),
        }
    }

    fn named(&self) -> [(&'static str, String); 6] {
        [
            ("eta", self.eta.to_string()),
            ("max_depth", self.max_depth.to_string()),
            ("min_child_weight", self.min_child_weight.to_string()),
            ("lambda", self.lambda.to_string()),
            ("subsample", self.subsample.to_string()),
            ("colsample_bytree", self.colsample_bytree.to_string()),
        ]
    }
}

/// Returns the trial of least loss, the first of equals. There is at least one.
fn best(trials: Vec<Trial>) -> Trial {
    let least = trials.into_iter().reduce(|best, trial| if trial.loss < best.loss { trial } else { best });
    least.expect("the usual settings are always tried")
}

/// Returns the features' directions as XGBoost reads them: `(0,1,-1)`.
fn constraints(features: &FeatureSet) -> String {
    let signs: Vec<&str> = features
        .features
        .iter()
        .map(|feature| match (feature.wording.monotone, &feature.kind) {
            // The codes of a category have no direction.
            (_, FeatureKind::Category { .. }) | (Monotone::Free, _) => "0",
            (Monotone::Increasing, _) => "1",
            (Monotone::Decreasing, _) => "-1",
        })
        .collect();
    format!("({})", signs.join(","))
}

/// Returns the columns that hold categories.
pub(crate) fn categories(features: &FeatureSet) -> Vec<usize> {
    let is_category = |index: &usize| matches!(features.features[*index].kind, FeatureKind::Category { .. });
    (0..features.features.len()).filter(is_category).collect()
}

/// Returns the rows as XGBoost takes them.
fn dmatrix(matrix: &Matrix, categories: &[usize], threads: usize) -> Result<DMatrix, Error> {
    let mut rows = DMatrix::from_dense(&matrix.values, matrix.rows, matrix.columns, threads)?;
    if !categories.is_empty() {
        let mut types = vec![FeatureType::Quantity; matrix.columns];
        categories.iter().for_each(|column| types[*column] = FeatureType::Category);
        rows.set_feature_types(&types)?;
    }
    Ok(rows)
}
