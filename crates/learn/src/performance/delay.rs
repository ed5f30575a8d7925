//! How long positive outcomes take to come.

use serde::{Deserialize, Serialize};

use super::awaited::AwaitedLead;
use crate::error::Error;

/// With fewer positive outcomes the distribution says too little.
const POSITIVES_MIN: usize = 30;

/// The distribution of the delay of positive outcomes: of those that come at all, the share `F(t)` that has come before the
/// age of `t` days.
///
/// It is the estimate of Kaplan and Meier (1958), `S(t) = Π (1 - d / n)` over the ages under `t`, of the leads `n` that are
/// still awaited at an age and the positive outcomes `d` of that age; and `F(t) = (1 - S(t)) / (1 - S(end))`. So leads that
/// are too young to tell count for the days that they have lived. Without them the quick outcomes would seem too many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// `F` at the ages 0, 1, 2 and so on; the first is 0 and the last is 1.
    cumulative: Vec<f64>,
    positives: usize,
}

impl Delay {
    /// Returns the delay of the outcomes of some leads that were known before the day `until`. Outcomes at an age of
    /// `age_max` days or more do not count: take the horizon, and as many days more as outcomes are known late.
    ///
    /// An error if there are fewer than 30 positive outcomes, or no lead that was watched to the last age.
    pub fn measured(leads: &[AwaitedLead], until: i32, age_max: u32) -> Result<Delay, Error> {
        let size = age_max as usize + 1;
        // How many leads enter and leave at each age, and how many leave as positive.
        let (mut steps, mut events) = (vec![0i64; size + 1], vec![0usize; size]);
        for lead in leads {
            let ages = lead.ages(until, age_max);
            if ages.is_empty() {
                continue;
            }
            steps[ages.start as usize] += 1;
            steps[ages.end as usize] -= 1;
            if let Some(age) = lead.positive_within(&ages) {
                events[age as usize] += 1;
            }
        }
        let positives = events.iter().sum();
        if positives < POSITIVES_MIN {
            let doing = "measure how long outcomes take";
            return Err(Error::FewOutcomes { doing, found: positives, needed: POSITIVES_MIN });
        }
        if !leads.iter().any(|lead| lead.positive_on.is_none() && lead.ages(until, age_max).end == age_max) {
            return Err(Error::NoRows { doing: "measure how long outcomes take, watched for a whole horizon," });
        }
        let (mut alive, mut survival, mut came) = (0, 1.0, vec![0.0]);
        for (step, positive) in steps.iter().zip(&events).take(age_max as usize) {
            alive += step;
            if *positive > 0 {
                survival *= 1.0 - *positive as f64 / alive as f64;
            }
            came.push(1.0 - survival);
        }
        Ok(Delay::of(came, positives))
    }

    /// Scales to 1 at the end and leaves out the ages at which nothing more comes.
    fn of(mut came: Vec<f64>, positives: usize) -> Delay {
        let all = came.last().copied().unwrap_or(0.0);
        let last = came.partition_point(|share| *share < all);
        came.truncate(last + 1);
        came.iter_mut().for_each(|share| *share /= all);
        Delay { cumulative: came, positives }
    }

    /// Returns `F(age)`: the share of the positive outcomes that comes before an age in days.
    pub fn share_before(&self, age: u32) -> f64 {
        self.cumulative.get(age as usize).copied().unwrap_or(1.0)
    }

    /// Returns the age in days from which on no outcome comes any more.
    pub fn age_max(&self) -> u32 {
        self.cumulative.len() as u32 - 1
    }

    /// Returns the age in days before which half of the positive outcomes have come.
    pub fn median(&self) -> u32 {
        self.cumulative.partition_point(|share| *share < 0.5) as u32
    }

    /// Returns the number of positive outcomes it was measured on.
    pub fn positives(&self) -> usize {
        self.positives
    }

    /// Returns the probability that a lead of this score turns positive yet, if it has not before this age:
    /// `p (1 - F) / (1 - p F)`.
    pub fn still_positive(&self, score: f64, age: u32) -> f64 {
        let came = self.share_before(age);
        let open = 1.0 - score * came;
        if open > 0.0 { score * (1.0 - came) / open } else { 0.0 }
    }

    /// Returns the hazard at one age: how likely a lead that is not positive before it turns positive on that day,
    /// `p (F(t + 1) - F(t)) / (1 - p F(t))`.
    #[inline]
    pub(super) fn hazard(&self, score: f64, age: usize) -> f64 {
        let (before, after) = (self.cumulative[age], self.cumulative[age + 1]);
        score * (after - before) / (1.0 - score * before)
    }

    /// Returns why a stored one cannot be used; `None` if it can.
    pub fn problem(&self) -> Option<String> {
        let ends = self.cumulative.len() > 1 && self.cumulative[0] == 0.0 && self.cumulative.last() == Some(&1.0);
        let is_usable = ends
            && self.cumulative.windows(2).all(|pair| pair[0] <= pair[1])
            && self.cumulative[self.cumulative.len() - 2] < 1.0;
        (!is_usable).then(|| "the delay of its outcomes does not rise from 0 to 1".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lead(day: i32, positive_on: Option<u32>) -> AwaitedLead {
        AwaitedLead { score: 0.5, day, watched_from: 0, positive_on }
    }

    /// Forty positive leads at the ages 0 to 8, and others that were watched for 3 to 10 days.
    fn leads() -> Vec<AwaitedLead> {
        let positive = (0..40).map(|row| lead(0, Some(row % 9)));
        let young = (0..60).map(|row| lead(7 - row % 8, None));
        positive.chain(young).chain((0..50).map(|_| lead(0, None))).collect()
    }

    #[test]
    fn delay_agrees_with_scipy() {
        let delay = Delay::measured(&leads(), 10, 10).expect("there are enough outcomes");
        // scipy 1.17.1: `ecdf(CensoredData(uncensored, right)).sf`, as `(1 - S(t)) / (1 - S(10))`.
        let expected = [
            0.0,
            0.10559969801714394,
            0.2111993960342879,
            0.3167990940514318,
            0.42905074154997086,
            0.5251539064259129,
            0.6287945744293798,
            0.741647746255377,
            0.8645005662178551,
            1.0,
        ];
        for (age, expected) in (0..).zip(expected) {
            let found = delay.share_before(age);
            assert!((found - expected).abs() < 1e-12, "{age}: {found} is not {expected}");
        }
        assert_eq!((delay.age_max(), delay.median(), delay.positives()), (9, 5, 40));
        assert_eq!((delay.share_before(500), delay.problem()), (1.0, None));
    }

    #[test]
    fn too_little_to_measure_is_an_error() {
        let few = Delay::measured(&leads()[20..], 10, 10).expect_err("20 outcomes are too few");
        assert!(few.to_string().contains("20 positive outcomes"), "{few}");
        let young = Delay::measured(&leads(), 10, 40).expect_err("no lead was watched for 40 days");
        assert!(young.to_string().contains("a whole horizon"), "{young}");
    }

    #[test]
    fn a_stored_delay_that_does_not_rise_is_refused() {
        let stored = r#"{"cumulative":[0.0,0.7,0.4,1.0],"positives":40}"#;
        let delay: Delay = serde_json::from_str(stored).expect("it is JSON");
        assert!(delay.problem().is_some());
    }

    proptest! {
        #[test]
        fn hazards_of_a_lead_make_up_its_score(
            score in 0.0..=1.0f64,
            ages in prop::collection::vec(0..30u32, 30..60),
        ) {
            let leads: Vec<AwaitedLead> =
                ages.iter().map(|age| lead(0, Some(*age))).chain([lead(0, None)]).collect();
            let delay = Delay::measured(&leads, 30, 30).expect("there are enough outcomes");
            // The probability that it is still not positive is the product of those of every day.
            let mut open = 1.0;
            for age in 0..delay.age_max() {
                let still = delay.still_positive(score, age);
                prop_assert!((open * still - score * (1.0 - delay.share_before(age))).abs() < 1e-9);
                open *= 1.0 - delay.hazard(score, age as usize);
            }
            prop_assert!((open - (1.0 - score)).abs() < 1e-9);
        }
    }
}
