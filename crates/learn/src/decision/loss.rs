//! How bad margins are, by the measure that models are chosen by.

use crate::error::Error;
use crate::log_loss::log_loss_shifted;
use crate::metrics::{Called, Ranked, check_beta};
use crate::objective::{StopOn, usable_cost};
use crate::params::Params;
use crate::samples::Samples;

/// Returns the loss of margins by the measure that models are chosen by: the less, the better. It does not change when a
/// constant is added to all margins, because calibration corrects that in any case.
pub(crate) fn loss(margins: &[f64], samples: Samples, params: &Params) -> Result<f64, Error> {
    let ranked = || Ranked::new(margins, samples.labels, "choose on");
    Ok(match params.stop_on {
        StopOn::LogLoss => log_loss_shifted(margins, samples.labels, samples.weights),
        StopOn::AveragePrecision => 1.0 - ranked()?.average_precision(),
        StopOn::FBeta => {
            check_beta(params.beta)?;
            let ranked = ranked()?;
            let best = ranked.cuts().map(|(_, called)| called.f_beta(ranked.positives(), params.beta));
            1.0 - best.fold(0.0, f64::max)
        }
        StopOn::Cost => {
            let cost = usable_cost(params.cost)?;
            let ranked = ranked()?;
            let none = Called { rows: 0, positives: 0 };
            let cuts = std::iter::once(none).chain(ranked.cuts().map(|(_, called)| called));
            cuts.map(|called| cost.of(called, ranked.positives())).fold(f64::INFINITY, f64::min) / ranked.rows() as f64
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::{Cost, Optimise};

    fn params(stop_on: StopOn, cost: Option<Cost>) -> Params {
        Params {
            seed: 0,
            beta: 0.5,
            cost,
            optimise: Optimise::FBeta,
            in_time_order: false,
            capacity: None,
            stop_on,
            threads: 1,
            rounds_max: 1,
            search_trials: 1,
            rules: None,
        }
    }

    const SCORES: [f64; 8] = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2];
    const LABELS: [bool; 8] = [true, true, false, true, false, false, true, false];

    #[test]
    fn each_measure_to_stop_on_is_what_it_says() {
        let matrix = plumb_lead::Matrix { values: Vec::new(), rows: 8, columns: 0 };
        let samples = Samples { matrix: &matrix, labels: &LABELS, weights: &[1.0; 8] };
        let cost = Some(Cost { false_positive: 180.0, false_negative: 120.0 });
        let of = |stop_on| loss(&SCORES, samples, &params(stop_on, cost)).expect("fits");
        // By hand: F0.5 is best with two calls (0.8333); calling these two costs 2 missed leads of 120 each.
        assert!((of(StopOn::FBeta) - (1.0 - 5.0 / 6.0)).abs() < 1e-12);
        assert!((of(StopOn::Cost) - 240.0 / 8.0).abs() < 1e-12);
        // Precision at the four positives: 1, 1, 3/4 and 4/7.
        assert!((of(StopOn::AveragePrecision) - (1.0 - (2.0 + 0.75 + 4.0 / 7.0) / 4.0)).abs() < 1e-12);
        let shifted = SCORES.map(|score| score + 3.0);
        let params = params(StopOn::LogLoss, None);
        let [here, there] = [&SCORES, &shifted].map(|margins| loss(margins, samples, &params).expect("fits"));
        assert!((here - there).abs() < 1e-9, "{here} {there}");
    }
}
