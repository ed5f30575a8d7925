//! The search, and training with its result on other rows.

use plumb_lead::FeatureSet;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::context::{TrainedBooster, TrainingContext};
use super::hyperparameters::{CategoryEncoding, Hyperparameters};
use super::successive_halving::{best_of, start};
use super::trial::Trial;
use super::tuned::Tuned;
use crate::error::Error;
use crate::fit_progress::FitProgress;
use crate::params::Params;
use crate::samples::Samples;
use crate::time_proxy;

/// Drawn hyperparameters compete with the best so far in groups of this size.
const GROUP: usize = 8;

/// Returns the trees of the best trial and their hyperparameters. A tie goes to the earlier trial. As many encodings of
/// categories are tried as the budget allows.
pub(crate) fn search(
    features: &FeatureSet,
    train: Samples,
    valid: Samples,
    params: &Params,
    encodings: &[CategoryEncoding],
    fit_progress: &dyn FitProgress,
) -> Result<(TrainedBooster, Tuned), Error> {
    for (name, value) in [("rounds_max", params.rounds_max), ("search_trials", params.search_trials)] {
        if value == 0 {
            return Err(Error::Parameter { name, found: "0".to_owned(), expected: "a number from 1" });
        }
    }
    let proxies = if params.in_time_order { time_proxy::find(features, train.matrix) } else { Vec::new() };
    let hidden: Vec<usize> = proxies.into_iter().map(|(column, _)| column).collect();
    let context = TrainingContext::new(features, train, valid, &hidden, params);
    // Without categories all encodings are the same.
    let count = if context.categories.is_empty() { 1 } else { encodings.len().min(params.search_trials) };
    let usual: Vec<_> = encodings[..count].iter().map(|encoding| Hyperparameters::usual(*encoding)).collect();
    let mut best = best_of(&context, start(&context, &usual)?)?;
    let mut random = ChaCha8Rng::seed_from_u64(params.seed);
    let encoding = best.hyperparameters.encoding;
    let mut tried = count;
    while fit_progress.tried(tried, params.search_trials) && tried < params.search_trials {
        let group = GROUP.min(params.search_trials - tried);
        let drawn: Vec<_> = (0..group).map(|_| Hyperparameters::draw(encoding, &mut random)).collect();
        let mut trials = vec![best];
        trials.extend(start(&context, &drawn)?);
        best = best_of(&context, trials)?;
        tried += group;
    }
    if tried > 1 {
        let mut slower = Trial::new(&context, &best.hyperparameters.slower(), context.threads_of_one())?;
        slower.patience *= 3;
        slower.train_to(3 * params.rounds_max, &context)?;
        if slower.loss < best.loss {
            best = slower;
        }
    }
    let (hyperparameters, rounds, loss) = (best.hyperparameters.clone(), best.rounds, best.loss);
    Ok((best.finish()?, Tuned { hyperparameters, rounds, hidden, loss, trials: tried }))
}

/// Trains trees with the result of a search on other rows.
pub(crate) fn refit(
    features: &FeatureSet,
    samples: Samples,
    tuned: &Tuned,
    params: &Params,
) -> Result<TrainedBooster, Error> {
    let context = TrainingContext::new(features, samples, samples, &tuned.hidden, params);
    context.train(&tuned.hyperparameters, tuned.rounds)
}
