//! The threshold, chosen on held-out rows.

use plumb_lead::Threshold;

use crate::error::Error;
use crate::metrics::{Called, Ranked, check_beta};
use crate::objective::{Cost, Optimise, usable_capacity, usable_cost};
use crate::params::Params;

/// Returns the score from which on a lead is worth a call, chosen on held-out rows.
/// `scores` are calibrated probabilities; of `params` only `optimise`, `beta` and `cost` are read.
pub fn choose(scores: &[f64], labels: &[bool], params: &Params) -> Result<Threshold, Error> {
    if let Some((row, score)) = scores.iter().enumerate().find(|(_, score)| !(0.0..=1.0).contains(*score)) {
        return Err(Error::Score { score: *score, row });
    }
    let ranked = Ranked::new(scores, labels, "choose a threshold on")?;
    match params.optimise {
        Optimise::FBeta => largest_f_beta(&ranked, params.beta),
        Optimise::Cost => smallest_cost(&ranked, params.cost),
        Optimise::Capacity => best_within_capacity(&ranked, params.capacity),
    }
}

fn largest_f_beta(ranked: &Ranked, beta: f64) -> Result<Threshold, Error> {
    check_beta(beta)?;
    let (mut best, mut score) = (Called { rows: 0, positives: 0 }, 1.0);
    for (candidate, called) in ranked.cuts() {
        // On a tie the higher threshold stays: fewer calls for the same worth.
        if called.f_beta(ranked.positives(), beta) > best.f_beta(ranked.positives(), beta) {
            (best, score) = (called, candidate);
        }
    }
    let why = format!(
        "largest F{beta} on {} held-out rows: {:.3}, with {:.1} % of the {} leads at or over it good and {:.1} % of \
         the {} good ones among them",
        ranked.rows(),
        best.f_beta(ranked.positives(), beta),
        100.0 * best.precision(),
        best.rows,
        100.0 * best.recall(ranked.positives()),
        ranked.positives(),
    );
    Ok(Threshold { score, why })
}

/// Returns the threshold at which both mistakes are expected to cost the same. A call to a lead of probability p is expected
/// to waste (1 - p) times the cost of a false positive; not calling it wastes p times that of a false negative. They are
/// equal at a probability that follows from the costs alone, so nothing is searched for on the held-out rows, whose noise a
/// search would fit.
fn smallest_cost(ranked: &Ranked, cost: Option<Cost>) -> Result<Threshold, Error> {
    let cost = usable_cost(cost)?;
    let Cost { false_positive, false_negative } = cost;
    let score = false_positive / (false_positive + false_negative);
    let rows = ranked.rows() as f64;
    let mean_cost = |called: Called| cost.of(called, ranked.positives()) / rows;
    let all = Called { rows: ranked.rows(), positives: ranked.positives() };
    let none = Called { rows: 0, positives: 0 };
    let why = format!(
        "smallest expected cost: a call is worth it from {false_positive} / ({false_positive} + {false_negative}) on; \
         on {} held-out rows this costs {:.2} a lead, calling everyone {:.2}, calling no one {:.2}",
        ranked.rows(),
        mean_cost(ranked.called(score)),
        mean_cost(all),
        mean_cost(none),
    );
    Ok(Threshold { score, why })
}

/// Returns the score of the last lead that the team has time for. Leads of one score are alike, so all of them or none fit.
fn best_within_capacity(ranked: &Ranked, capacity: Option<f64>) -> Result<Threshold, Error> {
    let share = usable_capacity(capacity)?;
    let room = share * ranked.rows() as f64;
    let fits = ranked.cuts().take_while(|(_, called)| called.rows as f64 <= room + 0.5).last();
    let (score, called) = fits.unwrap_or((1.0, Called { rows: 0, positives: 0 }));
    let why = format!(
        "the team can call {:.1} % of the leads: of {} held-out rows the best {}, of which {:.1} % are good, and with \
         them {:.1} % of all good ones",
        100.0 * share,
        ranked.rows(),
        called.rows,
        100.0 * called.precision(),
        100.0 * called.recall(ranked.positives()),
    );
    Ok(Threshold { score, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::StopOn;

    fn params(optimise: Optimise, cost: Option<Cost>) -> Params {
        Params {
            seed: 0,
            beta: 0.5,
            cost,
            optimise,
            in_time_order: false,
            capacity: Some(0.4),
            stop_on: StopOn::LogLoss,
            threads: 1,
            rounds_max: 1,
            search_trials: 1,
            rules: None,
        }
    }

    const SCORES: [f64; 8] = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2];
    const LABELS: [bool; 8] = [true, true, false, true, false, false, true, false];

    #[test]
    fn the_largest_f_beta_is_found_and_explained() {
        // By hand: two calls, both good, two of four found: F0.5 = 1.25 * 1 * 0.5 / (0.25 * 1 + 0.5) = 0.8333;
        // the best of the others is four calls, three good: 0.75.
        let threshold = choose(&SCORES, &LABELS, &params(Optimise::FBeta, None)).expect("both classes");
        assert_eq!(threshold.score, 0.8);
        assert_eq!(
            threshold.why,
            "largest F0.5 on 8 held-out rows: 0.833, with 100.0 % of the 2 leads at or over it good and 50.0 % of \
             the 4 good ones among them"
        );
    }

    #[test]
    fn the_threshold_follows_from_costs_alone() {
        // By hand: at 0.6 one call of four is wasted (180) and one good lead is missed (120): 300 / 8 rows.
        let cost = Some(Cost { false_positive: 180.0, false_negative: 120.0 });
        let threshold = choose(&SCORES, &LABELS, &params(Optimise::Cost, cost)).expect("both classes");
        assert_eq!(threshold.score, 0.6);
        assert_eq!(
            threshold.why,
            "smallest expected cost: a call is worth it from 180 / (180 + 120) on; on 8 held-out rows this costs \
             37.50 a lead, calling everyone 90.00, calling no one 60.00"
        );
    }

    #[test]
    fn as_many_of_the_best_are_called_as_the_team_has_time_for() {
        // By hand: 40 % of 8 rows are 3.2, so the best 3, two of them good.
        let threshold = choose(&SCORES, &LABELS, &params(Optimise::Capacity, None)).expect("both classes");
        assert_eq!(threshold.score, 0.7);
        assert!(threshold.why.contains("the best 3, of which 66.7 % are good, and with them 50.0 %"), "{threshold:?}");
        let tied = [0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
        let threshold = choose(&tied, &LABELS, &params(Optimise::Capacity, None)).expect("both classes");
        assert_eq!(threshold.score, 0.9, "seven of one score do not fit");
    }

    #[test]
    fn unusable_scores_labels_and_parameters_are_refused() {
        let error = |scores: &[f64], labels: &[bool], params: &Params| {
            choose(scores, labels, params).expect_err("not decidable").to_string()
        };
        let f_beta = params(Optimise::FBeta, None);
        assert!(error(&[0.5, 1.5], &[true, false], &f_beta).contains("score `1.5` of row 1"));
        assert!(error(&[0.5, f64::NAN], &[true, false], &f_beta).contains("score `NaN` of row 1"));
        assert!(
            error(&[0.5, 0.6], &[true, true], &f_beta).contains("all 2 rows to choose a threshold on are positive")
        );
        assert!(error(&[0.5], &[true, false], &f_beta).contains("1 scores for 2 rows"));
        assert!(error(&SCORES, &LABELS, &params(Optimise::Cost, None)).contains("parameter `cost` is `not given`"));
        let negative = Some(Cost { false_positive: -1.0, false_negative: 2.0 });
        assert!(error(&SCORES, &LABELS, &params(Optimise::Cost, negative)).contains("`-1 and 2`"));
        let beta = Params { beta: 0.0, ..f_beta };
        assert!(error(&SCORES, &LABELS, &beta).contains("parameter `beta` is `0`"));
    }
}
