//! What happens follows the laws, as often as the true probabilities claim.

use super::PARAMS;
use crate::calendar::{DAY, NEW_CHANNEL, NEW_CRITERIA};
use crate::company::draw;
use crate::law::Waits;
use crate::people::{self, Person};
use crate::random::Stream;
use crate::truth::{self, APPROVED_HORIZON, CONVERTED_HORIZON, Probabilities};

/// One lead at one age: the true probabilities, and what became of it.
struct Observation {
    truth: Probabilities,
    converted: bool,
    approved: bool,
}

fn observations() -> Vec<Observation> {
    let waits = Waits::new();
    let (_, _, journeys) = draw(&PARAMS, &waits);
    let mut observations = Vec::new();
    for journey in &journeys {
        for truth in truth::of(journey, &waits) {
            let within = |at: i64, days: i64| at > truth.as_of && at <= truth.as_of + days * DAY;
            let converted = journey.converted_at.is_some_and(|at| within(at, CONVERTED_HORIZON));
            let approved =
                journey.decided.is_some_and(|decision| decision.approved && within(decision.at, APPROVED_HORIZON));
            observations.push(Observation { truth, converted, approved });
        }
    }
    observations
}

#[test]
fn outcomes_are_as_frequent_as_their_true_probabilities() {
    let observations = observations();
    for age in ["0h", "48h", "7d"] {
        let of_age = observations.iter().filter(|observation| observation.truth.age == age);
        let converted =
            of_age.clone().map(|observation| (observation.truth.converted, observation.converted)).collect();
        calibrated(&format!("converted at {age}"), converted, 0.12..0.16);
        let approved = of_age.map(|observation| (observation.truth.approved, observation.approved)).collect();
        calibrated(&format!("approved at {age}"), approved, 0.065..0.095);
    }
}

#[test]
fn true_probabilities_hold_before_and_after_both_changes() {
    let observations = observations();
    for (from, to) in [(0, NEW_CHANNEL), (NEW_CHANNEL, NEW_CRITERIA), (NEW_CRITERIA, i64::MAX)] {
        let span: Vec<&Observation> =
            observations.iter().filter(|observation| (from..to).contains(&observation.truth.as_of)).collect();
        let rows = |rows: &[&Observation]| {
            rows.iter().map(|observation| (observation.truth.approved, observation.approved)).collect()
        };
        calibrated(&format!("approved from {from}"), rows(&span), 0.03..0.15);
    }
}

/// Checks the share of positives in each tenth against the mean truth, within four standard errors, and in all
/// against the wanted range.
#[track_caller]
fn calibrated(name: &str, mut rows: Vec<(f64, bool)>, wanted: std::ops::Range<f64>) {
    assert!(rows.iter().all(|(truth, _)| (0.0..=1.0).contains(truth)), "{name}: a value is no probability");
    rows.sort_by(|left, right| left.0.total_cmp(&right.0));
    let base_rate = rows.iter().filter(|(_, positive)| *positive).count() as f64 / rows.len() as f64;
    println!("{name}: base rate {base_rate:.4}, best AUC {:.4}, best log loss {:.4}", auc(&rows), log_loss(&rows));
    assert!(wanted.contains(&base_rate), "{name}: base rate {base_rate}");
    for tenth in rows.chunks(rows.len().div_ceil(10)) {
        let count = tenth.len() as f64;
        let expected = tenth.iter().map(|(truth, _)| truth).sum::<f64>() / count;
        let observed = tenth.iter().filter(|(_, positive)| *positive).count() as f64 / count;
        // Over several ages a lead counts up to three times: the error is that of a third of the rows.
        let error = (expected * (1.0 - expected) / count * 3.0).sqrt();
        assert!((expected - observed).abs() < 4.0 * error, "{name}: truth {expected}, observed {observed}");
    }
}

/// The share of pairs in which the positive has the larger truth; of rows sorted by truth, by rank sums.
fn auc(rows: &[(f64, bool)]) -> f64 {
    let positives = rows.iter().filter(|(_, positive)| *positive).count() as f64;
    let ranks: f64 = rows.iter().zip(1..).filter(|((_, positive), _)| *positive).map(|(_, rank)| f64::from(rank)).sum();
    (ranks - positives * (positives + 1.0) / 2.0) / (positives * (rows.len() as f64 - positives))
}

fn log_loss(rows: &[(f64, bool)]) -> f64 {
    let loss = |(truth, positive): &(f64, bool)| -(if *positive { *truth } else { 1.0 - truth }).max(1e-9).ln();
    rows.iter().map(loss).sum::<f64>() / rows.len() as f64
}

#[test]
fn the_best_possible_auc_grows_with_age() {
    let observations = observations();
    let auc_at = |age: &str| {
        let of_age = observations.iter().filter(|observation| observation.truth.age == age);
        let mut rows: Vec<(f64, bool)> =
            of_age.map(|observation| (observation.truth.converted, observation.converted)).collect();
        rows.sort_by(|left, right| left.0.total_cmp(&right.0));
        auc(&rows)
    };
    let (birth, two_days, week) = (auc_at("0h"), auc_at("48h"), auc_at("7d"));
    assert!(birth + 0.01 < two_days && two_days + 0.005 < week, "{birth} {two_days} {week}");
}

#[test]
fn the_new_channel_begins_on_its_date_with_another_profile() {
    let (_, people) = people::draw(&mut Stream::People.of(PARAMS.seed), PARAMS.leads);
    let (before, after): (Vec<_>, Vec<_>) = people.iter().partition(|person| person.profile.created_at < NEW_CHANNEL);
    assert!(before.iter().all(|person| person.profile.channel != "tiktok_ads"));
    let (new, old): (Vec<_>, Vec<_>) = after.iter().partition(|person| person.profile.channel == "tiktok_ads");
    let share = new.len() as f64 / after.len() as f64;
    assert!((0.19..0.25).contains(&share), "{share}");
    let students = |people: &[&&Person]| {
        people.iter().filter(|person| person.profile.role == "student").count() as f64 / people.len() as f64
    };
    assert!(students(&new) > 0.4 && students(&old) < 0.2, "{} {}", students(&new), students(&old));
}
