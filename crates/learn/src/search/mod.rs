//! The search for the boosted trees' settings.
//!
//! First the usual settings, once for each way to see categories; the best way stays. Then settings drawn by chance,
//! with the seed, by successive halving (Jamieson and Talwalkar 2016): all grow a few trees, the better half grows more
//! of them, until one is left. Last, the winner once more with smaller steps.
//!
//! The budget is a number of trials and of trees, because the same seed has to give the same model on any machine. Where
//! somebody has only so much time, drawn settings compete in groups, and the search may end after any of them: it says
//! how many trials there were, and a budget of so many gives the same model.

mod settings;
mod trial;

use std::collections::BTreeMap;
use std::thread;

use plumb_lead::{FeatureKind, FeatureSet, Monotone};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{Error, FitProgress, Params, Samples, time_proxy};
pub(crate) use settings::{Categories, Settings};
use trial::Trial;
pub(crate) use trial::{Grown, parameters};

/// The trees after which the worse half of the trials is given up for the first time; then after twice as many.
const FIRST_RUNG: usize = 25;

/// Drawn settings compete with the best so far in groups of this size.
const GROUP: usize = 8;

/// A trial gets another OpenMP thread for each so many training rows; with fewer, waiting for it costs more than it
/// brings.
const ROWS_PER_THREAD: usize = 100_000;

/// The settings that a search chose.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recipe {
    pub(crate) settings: Settings,
    pub(crate) rounds: usize,
    /// Columns that the trees are not shown, because they tell the time.
    pub(crate) hidden: Vec<usize>,
    loss: f64,
    trials: usize,
}

/// What every trial is given.
pub(crate) struct Ground<'a> {
    pub(crate) train: Samples<'a>,
    pub(crate) valid: Samples<'a>,
    /// The columns that hold categories, each with its number of levels.
    categories: Vec<(usize, usize)>,
    constraints: String,
    hidden: &'a [usize],
    params: &'a Params,
}

/// Returns the trees of the best trial and how they were grown. A tie goes to the earlier one. Of the ways to see
/// categories as many are tried as the budget allows.
pub(crate) fn run(
    features: &FeatureSet,
    train: Samples,
    valid: Samples,
    params: &Params,
    all_ways: &[Categories],
    fit_progress: &dyn FitProgress,
) -> Result<(Grown, Recipe), Error> {
    for (name, value) in [("rounds_max", params.rounds_max), ("search_trials", params.search_trials)] {
        if value == 0 {
            return Err(Error::Parameter { name, found: "0".to_owned(), expected: "a number from 1" });
        }
    }
    let (constraints, categories) = (constraints(features), categories(features));
    let clocks = if params.in_time_order { time_proxy::of(features, train.matrix) } else { Vec::new() };
    let hidden: Vec<usize> = clocks.into_iter().map(|(column, _)| column).collect();
    let ground = Ground { train, valid, categories, constraints, hidden: &hidden, params };
    // Without categories all ways are the same.
    let ways = if ground.categories.is_empty() { 1 } else { all_ways.len().min(params.search_trials) };
    let ways = &all_ways[..ways];
    let first = ground.start(&ways.iter().map(|way| Settings::usual(*way)).collect::<Vec<_>>())?;
    let mut best = ground.halved(first)?;
    let mut chance = ChaCha8Rng::seed_from_u64(params.seed);
    let way = best.settings.categories;
    let mut tried = ways.len();
    while fit_progress.tried(tried, params.search_trials) && tried < params.search_trials {
        let group = GROUP.min(params.search_trials - tried);
        let drawn: Vec<Settings> = (0..group).map(|_| Settings::draw(way, &mut chance)).collect();
        let mut rivals = vec![best];
        rivals.extend(ground.start(&drawn)?);
        best = ground.halved(rivals)?;
        tried += group;
    }
    if tried > 1 {
        let mut slower = Trial::new(&ground, &best.settings.slower(), ground.threads_of_one())?;
        slower.patience *= 3;
        slower.grow_to(3 * params.rounds_max, &ground)?;
        if slower.loss < best.loss {
            best = slower;
        }
    }
    let (settings, rounds, loss) = (best.settings.clone(), best.rounds, best.loss);
    Ok((best.finish()?, Recipe { settings, rounds, hidden, loss, trials: tried }))
}

/// Grows trees by a recipe on other rows.
pub(crate) fn again(features: &FeatureSet, samples: Samples, recipe: &Recipe, params: &Params) -> Result<Grown, Error> {
    let (constraints, categories) = (constraints(features), categories(features));
    let ground = Ground { train: samples, valid: samples, categories, constraints, hidden: &recipe.hidden, params };
    ground.grow(samples, &recipe.settings, recipe.rounds)
}

impl Ground<'_> {
    fn start(&self, settings: &[Settings]) -> Result<Vec<Trial>, Error> {
        let threads = self.threads_beside(self.cores().min(settings.len()).max(1));
        settings.iter().map(|settings| Trial::new(self, settings, threads)).collect()
    }

    /// Grows trials and gives up the worse half after 25 trees, 50, 100 and so on; the last one grows to its end.
    fn halved(&self, mut trials: Vec<Trial>) -> Result<Trial, Error> {
        let mut rung = FIRST_RUNG;
        while trials.len() > 1 {
            self.grow_all(&mut trials, rung.min(self.params.rounds_max))?;
            // The sort is stable, so of equals the earlier one stays.
            trials.sort_by(|left, right| left.loss.total_cmp(&right.loss));
            trials.truncate(trials.len().div_ceil(2));
            rung *= 2;
        }
        self.grow_all(&mut trials, self.params.rounds_max)?;
        Ok(trials.pop().expect("the usual settings are always tried"))
    }

    /// Trials run beside each other rather than one after the other on all cores: OpenMP's threads wait for each other
    /// in a busy loop thousands of times a second, which on a machine that does something else as well took ten times
    /// the processor time and more than ten times as long.
    fn grow_all(&self, trials: &mut [Trial], rounds: usize) -> Result<(), Error> {
        for batch in trials.chunks_mut(self.cores().max(1)) {
            let grown: Vec<Result<(), Error>> = thread::scope(|scope| {
                let running: Vec<_> =
                    batch.iter_mut().map(|trial| scope.spawn(move || trial.grow_to(rounds, self))).collect();
                let joined = running.into_iter().map(|trial| trial.join());
                joined.map(|trial| trial.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
            });
            grown.into_iter().collect::<Result<(), Error>>()?;
        }
        Ok(())
    }

    fn cores(&self) -> usize {
        match self.params.threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    fn threads_beside(&self, beside: usize) -> usize {
        (self.cores() / beside).min(self.train.matrix.rows / ROWS_PER_THREAD).max(1)
    }

    fn threads_of_one(&self) -> usize {
        self.threads_beside(1)
    }
}

impl Recipe {
    /// Returns the settings and what came of them, by name.
    pub(crate) fn describe(&self, features: &FeatureSet) -> BTreeMap<String, String> {
        let mut described: BTreeMap<String, String> =
            self.settings.named().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        described.insert("categories".to_owned(), self.settings.categories.word().to_owned());
        described.insert("rounds".to_owned(), self.rounds.to_string());
        described.insert("trials".to_owned(), self.trials.to_string());
        described.insert("loss_valid".to_owned(), format!("{:.5}", self.loss));
        let hidden: Vec<&str> = self.hidden.iter().map(|column| features.features[*column].name.as_str()).collect();
        if !hidden.is_empty() {
            described.insert("not_shown_to_trees".to_owned(), hidden.join(", "));
        }
        described
    }
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

/// Returns the columns that hold categories, each with its number of levels.
pub(crate) fn categories(features: &FeatureSet) -> Vec<(usize, usize)> {
    let levels = |(column, feature): (usize, &plumb_lead::Feature)| match &feature.kind {
        FeatureKind::Category { levels } => Some((column, levels.len())),
        _ => None,
    };
    features.features.iter().enumerate().filter_map(levels).collect()
}
