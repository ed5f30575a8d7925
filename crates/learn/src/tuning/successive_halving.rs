//! Successive halving: trials compete, and the worse half is given up again and again.

use std::thread;

use super::context::TrainingContext;
use super::hyperparameters::Hyperparameters;
use super::trial::Trial;
use crate::error::Error;

/// The trees after which the worse half of the trials is given up for the first time; then after twice as many.
const FIRST_ROUNDS: usize = 25;

/// Returns a trial of each of some hyperparameters, without trees.
pub(super) fn start(context: &TrainingContext, hyperparameters: &[Hyperparameters]) -> Result<Vec<Trial>, Error> {
    let threads = context.threads_beside(context.cores().min(hyperparameters.len()).max(1));
    hyperparameters.iter().map(|hyperparameters| Trial::new(context, hyperparameters, threads)).collect()
}

/// Trains trials and gives up the worse half after 25 trees, 50, 100 and so on; the last one is trained to its end.
pub(super) fn best_of(context: &TrainingContext, mut trials: Vec<Trial>) -> Result<Trial, Error> {
    let mut rounds = FIRST_ROUNDS;
    while trials.len() > 1 {
        train_all(context, &mut trials, rounds.min(context.params.rounds_max))?;
        // The sort is stable, so of equals the earlier one stays.
        trials.sort_by(|left, right| left.loss.total_cmp(&right.loss));
        trials.truncate(trials.len().div_ceil(2));
        rounds *= 2;
    }
    train_all(context, &mut trials, context.params.rounds_max)?;
    Ok(trials.pop().expect("the usual hyperparameters are always tried"))
}

/// Trials run beside each other rather than one after the other on all cores: OpenMP's threads wait for each other in a busy
/// loop thousands of times a second, which on a machine that does something else as well took ten times the processor time
/// and more than ten times as long.
fn train_all(context: &TrainingContext, trials: &mut [Trial], rounds: usize) -> Result<(), Error> {
    for batch in trials.chunks_mut(context.cores().max(1)) {
        let trained: Vec<Result<(), Error>> = thread::scope(|scope| {
            let running: Vec<_> =
                batch.iter_mut().map(|trial| scope.spawn(move || trial.train_to(rounds, context))).collect();
            let joined = running.into_iter().map(|trial| trial.join());
            joined.map(|trial| trial.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        trained.into_iter().collect::<Result<(), Error>>()?;
    }
    Ok(())
}
