//! The number a lead gets, and the letter for people in a hurry.

use serde::{Deserialize, Serialize};

use crate::Error;

/// A calibrated probability, from 0 to 1 and never NaN.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Score(f64);

impl Score {
    /// Returns the score, or [`Error::Score`] for anything but a number from 0 to 1.
    pub fn new(probability: f64) -> Result<Score, Error> {
        if (0.0..=1.0).contains(&probability) { Ok(Score(probability)) } else { Err(Error::Score(probability)) }
    }

    /// Returns the probability.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Score {
    type Error = Error;

    fn try_from(probability: f64) -> Result<Score, Error> {
        Score::new(probability)
    }
}

impl From<Score> for f64 {
    fn from(score: Score) -> f64 {
        score.0
    }
}

/// A range of scores: A is worth a call first, D last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Band {
    /// The odds are at least twice those of the decision threshold.
    A,
    /// At or over the decision threshold.
    B,
    /// Under the threshold, and not under half of it.
    C,
    /// Under half of the threshold.
    D,
}

impl Band {
    /// Returns the band of a score, given a model's decision threshold.
    pub fn of(score: Score, threshold: f64) -> Band {
        let probability = score.get();
        // Written without a division, so that a certain score is in band A and not NaN.
        let twice_the_odds = probability * (1.0 - threshold) >= 2.0 * threshold * (1.0 - probability);
        if probability >= threshold && twice_the_odds {
            Band::A
        } else if probability >= threshold {
            Band::B
        } else if probability >= threshold / 2.0 {
            Band::C
        } else {
            Band::D
        }
    }

    /// Returns the letter.
    pub fn letter(self) -> &'static str {
        match self {
            Band::A => "A",
            Band::B => "B",
            Band::C => "C",
            Band::D => "D",
        }
    }
}

impl std::str::FromStr for Band {
    type Err = Error;

    fn from_str(letter: &str) -> Result<Band, Error> {
        [Band::A, Band::B, Band::C, Band::D]
            .into_iter()
            .find(|band| band.letter() == letter)
            .ok_or_else(|| Error::Word { what: "band", found: letter.to_owned(), expected: "A, B, C, D" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_probabilities_are_scores() {
        assert!(Score::new(0.0).is_ok() && Score::new(1.0).is_ok());
        for number in [-0.01, 1.01, f64::NAN, f64::INFINITY] {
            assert!(Score::new(number).is_err(), "{number}");
        }
        assert!(serde_json::from_str::<Score>("1.5").is_err());
    }

    #[test]
    fn bands_are_ranges_of_probability() {
        let band = |score| Band::of(Score::new(score).expect("a probability"), 0.2);
        // Odds of 0.25 at the threshold are doubled at 1/3.
        assert_eq!([band(0.34), band(0.33), band(0.12), band(0.05)], [Band::A, Band::B, Band::C, Band::D]);
        assert_eq!(Band::of(Score(1.0), 1.0), Band::A);
    }
}
