//! The threshold where no outcome can be held out: by the scores alone.

use plumb_lead::Threshold;

use crate::error::Error;
use crate::metrics::check_beta;
use crate::objective::{Cost, Optimise, usable_capacity, usable_cost};
use crate::params::Params;

/// Returns the score from which on a lead is worth a call, by what the calibrated scores of some leads let expect.
pub(crate) fn expected(scores: &[f64], params: &Params) -> Result<Threshold, Error> {
    let mut best_first = scores.to_vec();
    best_first.sort_by(|left, right| right.total_cmp(left));
    match params.optimise {
        Optimise::FBeta => largest_f_beta_expected(&best_first, params.beta),
        Optimise::Cost => {
            let Cost { false_positive, false_negative } = usable_cost(params.cost)?;
            let score = false_positive / (false_positive + false_negative);
            let why = format!("a call is worth it from {false_positive} / ({false_positive} + {false_negative}) on");
            Ok(Threshold { score, why })
        }
        Optimise::Capacity => {
            let share = usable_capacity(params.capacity)?;
            let room = ((share * best_first.len() as f64).round() as usize).min(best_first.len());
            let score = room.checked_sub(1).map_or(1.0, |last| best_first[last]);
            Ok(Threshold { score, why: format!("the team can call {:.1} % of the leads", 100.0 * share) })
        }
    }
}

fn largest_f_beta_expected(best_first: &[f64], beta: f64) -> Result<Threshold, Error> {
    check_beta(beta)?;
    let all: f64 = best_first.iter().sum();
    let (mut good, mut best, mut score, mut calls) = (0.0, 0.0, 1.0, 0);
    for (index, candidate) in best_first.iter().enumerate() {
        good += candidate;
        // Leads of one score are called together.
        let is_last_of_score = best_first.get(index + 1) != Some(candidate);
        let worth = (1.0 + beta * beta) * good / (index as f64 + 1.0 + beta * beta * all);
        if is_last_of_score && worth > best {
            (best, score, calls) = (worth, *candidate, index + 1);
        }
    }
    let why = format!(
        "largest F{beta} that the scores of {} leads let expect: {best:.3}, with {calls} of them at or over it; there are \
         too few outcomes to measure it",
        best_first.len()
    );
    Ok(Threshold { score, why })
}
