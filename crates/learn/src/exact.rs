//! Fitted numbers in a stored model, written as text.
//!
//! Without a feature that is off here, serde_json reads some numbers one unit in the last place wrong. A model that
//! is read back must give the same bits, so its numbers are stored as the shortest text that Rust reads back exactly.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One number.
pub(crate) mod number {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        format!("{number:?}").serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        read(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A list of numbers.
pub(crate) mod numbers {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(numbers.iter().map(|number| format!("{number:?}")))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| read(text).map_err(D::Error::custom)).collect()
    }
}

/// A decision threshold, whose score is such a number.
pub(crate) mod threshold {
    use plumb_lead::Threshold;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Stored {
        #[serde(with = "super::number")]
        score: f64,
        why: String,
    }

    pub(crate) fn serialize<S: Serializer>(threshold: &Threshold, serializer: S) -> Result<S::Ok, S::Error> {
        Stored { score: threshold.score, why: threshold.why.clone() }.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Threshold, D::Error> {
        Stored::deserialize(deserializer).map(|stored| Threshold { score: stored.score, why: stored.why })
    }
}

fn read(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("`{text}` is not a finite number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Holder {
        #[serde(with = "numbers")]
        numbers: Vec<f64>,
    }

    #[test]
    fn numbers_come_back_with_the_same_bits() {
        let numbers = vec![0.1 + 0.2, -1.0 / 3.0, 5e-324, f64::MAX, 0.0, -0.0, 1.234_567_890_123_456_7e-9];
        let text = serde_json::to_string(&Holder { numbers: numbers.clone() }).expect("numbers are text");
        let back: Holder = serde_json::from_str(&text).expect("the text was written above");
        let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&back.numbers), bits(&numbers));
    }

    #[test]
    fn what_is_no_finite_number_is_refused() {
        for text in ["NaN", "inf", "", "0x1", "1,5"] {
            let json = serde_json::json!({ "numbers": [text] });
            assert!(serde_json::from_value::<Holder>(json).is_err(), "{text}");
        }
    }
}
