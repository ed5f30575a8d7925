//! The decision: from which score on a lead is worth a call. It is kept apart from the score, which is a probability
//! and knows nothing of costs.

use plumb_lead::Threshold;
use serde::{Deserialize, Serialize};

use crate::metrics::{self, Ranked};
use crate::{Error, Params, Samples, newton};

/// What the two mistakes cost, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// A call that leads nowhere.
    pub false_positive: f64,
    /// A good lead that nobody called.
    pub false_negative: f64,
}

/// What the threshold is chosen for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimise {
    /// The largest F-beta on held-out rows.
    #[default]
    FBeta,
    /// The smallest expected cost.
    Cost,
    /// The best leads, as many as the team can call.
    Capacity,
}

/// By what the settings of a model and the number of its trees are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopOn {
    /// Log loss after the best shift: it asks for honest probabilities everywhere, and chance sways it least.
    #[default]
    LogLoss,
    /// Average precision.
    AveragePrecision,
    /// F-beta at its best threshold.
    FBeta,
    /// The cost a lead at its best threshold.
    Cost,
}

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
        Optimise::Capacity => best_that_fit(&ranked, params.capacity),
    }
}

/// Returns the score from which on a lead is worth a call, where no outcome can be held out: by what calibrated scores
/// themselves say of these leads.
pub(crate) fn expected(scores: &[f64], params: &Params) -> Result<Threshold, Error> {
    let mut best_first = scores.to_vec();
    best_first.sort_by(|left, right| right.total_cmp(left));
    match params.optimise {
        Optimise::FBeta => largest_f_beta_expected(&best_first, params.beta),
        Optimise::Cost => {
            let Cost { false_positive, false_negative } = usable(params.cost)?;
            let score = false_positive / (false_positive + false_negative);
            let why = format!("a call is worth it from {false_positive} / ({false_positive} + {false_negative}) on");
            Ok(Threshold { score, why })
        }
        Optimise::Capacity => {
            let share = usable_share(params.capacity)?;
            let room = ((share * best_first.len() as f64).round() as usize).min(best_first.len());
            let score = room.checked_sub(1).map_or(1.0, |last| best_first[last]);
            Ok(Threshold { score, why: format!("the team can call {:.1} % of the leads", 100.0 * share) })
        }
    }
}

fn largest_f_beta_expected(best_first: &[f64], beta: f64) -> Result<Threshold, Error> {
    metrics::check_beta(beta)?;
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

/// Returns how bad margins are by the measure that models are chosen by: the less, the better. It does not change
/// when a constant is added to all margins, because calibration corrects that in any case.
pub(crate) fn loss(margins: &[f64], samples: Samples, params: &Params) -> Result<f64, Error> {
    let ranked = || Ranked::new(margins, samples.labels, "choose on");
    Ok(match params.stop_on {
        StopOn::LogLoss => newton::log_loss_shifted(margins, samples.labels, samples.weights),
        StopOn::AveragePrecision => 1.0 - ranked()?.average_precision(),
        StopOn::FBeta => {
            metrics::check_beta(params.beta)?;
            let ranked = ranked()?;
            let best = ranked.cuts().map(|(_, called)| called.f_beta(ranked.positives(), params.beta));
            1.0 - best.fold(0.0, f64::max)
        }
        StopOn::Cost => {
            let cost = usable(params.cost)?;
            let ranked = ranked()?;
            let none = metrics::Called { rows: 0, positives: 0 };
            let cuts = std::iter::once(none).chain(ranked.cuts().map(|(_, called)| called));
            cuts.map(|called| cost.of(called, ranked.positives())).fold(f64::INFINITY, f64::min) / ranked.rows() as f64
        }
    })
}

fn largest_f_beta(ranked: &Ranked, beta: f64) -> Result<Threshold, Error> {
    metrics::check_beta(beta)?;
    let (mut best, mut score) = (metrics::Called { rows: 0, positives: 0 }, 1.0);
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

/// A call to a lead of probability p is expected to waste (1 - p) times the cost of a false positive; to leave the
/// lead wastes p times that of a false negative. The two are equal at a probability that follows from the costs
/// alone, so nothing is searched for on the held-out rows, whose noise a search would learn.
fn smallest_cost(ranked: &Ranked, cost: Option<Cost>) -> Result<Threshold, Error> {
    let cost = usable(cost)?;
    let Cost { false_positive, false_negative } = cost;
    let score = false_positive / (false_positive + false_negative);
    let rows = ranked.rows() as f64;
    let mean_cost = |called: metrics::Called| cost.of(called, ranked.positives()) / rows;
    let all = metrics::Called { rows: ranked.rows(), positives: ranked.positives() };
    let none = metrics::Called { rows: 0, positives: 0 };
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

fn usable_share(capacity: Option<f64>) -> Result<f64, Error> {
    let wrong = |found: String| {
        let expected = "the share of the leads that the team can call, over 0 and at most 1";
        Error::Parameter { name: "capacity", found, expected }
    };
    let share = capacity.ok_or_else(|| wrong("not given".to_owned()))?;
    if !(share > 0.0 && share <= 1.0) {
        return Err(wrong(share.to_string()));
    }
    Ok(share)
}

/// The score of the last lead that the team has time for. Leads of one score are alike, so all of them or none fit.
fn best_that_fit(ranked: &Ranked, capacity: Option<f64>) -> Result<Threshold, Error> {
    let share = usable_share(capacity)?;
    let room = share * ranked.rows() as f64;
    let fits = ranked.cuts().take_while(|(_, called)| called.rows as f64 <= room + 0.5).last();
    let (score, called) = fits.unwrap_or((1.0, metrics::Called { rows: 0, positives: 0 }));
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

fn usable(cost: Option<Cost>) -> Result<Cost, Error> {
    const EXPECTED: &str = "false_positive and false_negative, both numbers from 0 up and not both 0";
    let wrong = |found: String| Error::Parameter { name: "cost", found, expected: EXPECTED };
    let cost = cost.ok_or_else(|| wrong("not given".to_owned()))?;
    let Cost { false_positive, false_negative } = cost;
    let usable = |cost: f64| cost.is_finite() && cost >= 0.0;
    if !usable(false_positive) || !usable(false_negative) || false_positive + false_negative <= 0.0 {
        return Err(wrong(format!("{false_positive} and {false_negative}")));
    }
    Ok(cost)
}

impl Cost {
    /// Returns what all mistakes cost when these rows are called, of all the positives that there are.
    fn of(self, called: metrics::Called, positives: usize) -> f64 {
        let (wasted, missed) = (called.rows - called.positives, positives - called.positives);
        wasted as f64 * self.false_positive + missed as f64 * self.false_negative
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn costs_alone_set_the_threshold() {
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
    fn the_best_that_fit_are_called() {
        // By hand: 40 % of 8 rows are 3.2, so the best 3, two of them good.
        let threshold = choose(&SCORES, &LABELS, &params(Optimise::Capacity, None)).expect("both classes");
        assert_eq!(threshold.score, 0.7);
        assert!(threshold.why.contains("the best 3, of which 66.7 % are good, and with them 50.0 %"), "{threshold:?}");
        let tied = [0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
        let threshold = choose(&tied, &LABELS, &params(Optimise::Capacity, None)).expect("both classes");
        assert_eq!(threshold.score, 0.9, "seven of one score do not fit");
    }

    #[test]
    fn each_measure_to_stop_on_is_what_it_says() {
        let matrix = plumb_lead::Matrix { values: Vec::new(), rows: 8, columns: 0 };
        let samples = Samples { matrix: &matrix, labels: &LABELS, weights: &[1.0; 8] };
        let cost = Some(Cost { false_positive: 180.0, false_negative: 120.0 });
        let of = |stop_on| loss(&SCORES, samples, &Params { stop_on, ..params(Optimise::FBeta, cost) }).expect("fits");
        // By hand: F0.5 is best with two calls (0.8333); calling these two costs 2 missed leads of 120 each.
        assert!((of(StopOn::FBeta) - (1.0 - 5.0 / 6.0)).abs() < 1e-12);
        assert!((of(StopOn::Cost) - 240.0 / 8.0).abs() < 1e-12);
        // Precision at the four positives: 1, 1, 3/4 and 4/7.
        assert!((of(StopOn::AveragePrecision) - (1.0 - (2.0 + 0.75 + 4.0 / 7.0) / 4.0)).abs() < 1e-12);
        let shifted = SCORES.map(|score| score + 3.0);
        let params = Params { stop_on: StopOn::LogLoss, ..params(Optimise::FBeta, None) };
        let [here, there] = [&SCORES, &shifted].map(|margins| loss(margins, samples, &params).expect("fits"));
        assert!((here - there).abs() < 1e-9, "{here} {there}");
    }

    #[test]
    fn what_cannot_be_decided_is_refused() {
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
