//! What is in one column.

use serde::Serialize;

use super::distribution::{DistributionOf, FewRows, Interval, Quantile};

/// What is in one column.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// How it was read.
    pub kind: ColumnKind,
    /// Rows with a value.
    pub present: u64,
    /// Rows without.
    pub missing: u64,
    /// The share of rows without.
    pub missing_share: f64,
    /// The 95 % interval of that share (Wilson), if the rows are a sample of more to come.
    pub missing_interval: Interval,
    /// Different values.
    pub distinct: Distinct,
    /// Its numbers, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberProfile>,
    /// Yes and no, if it is a flag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<FlagProfile>,
    /// Its times, if it is a timestamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeProfile>,
    /// Its frequent values, if they are words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<ValuesProfile>,
    /// The lengths of its texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextProfile>,
    /// How it goes with the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
}

/// How a column was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// A number.
    Number,
    /// Yes or no.
    Flag,
    /// A point in time.
    Timestamp,
    /// A word that several rows share.
    Category,
    /// A name of the row.
    Identifier,
    /// A text.
    Text,
}

impl ColumnKind {
    /// Returns the word for it, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            ColumnKind::Number => "number",
            ColumnKind::Flag => "flag",
            ColumnKind::Timestamp => "timestamp",
            ColumnKind::Category => "category",
            ColumnKind::Identifier => "identifier",
            ColumnKind::Text => "text",
        }
    }
}

/// Different values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distinct {
    /// How many there are.
    pub count: u64,
    /// The share by which the count may be off, with 95 %; 0 if it was counted and not estimated.
    pub error: f64,
}

/// The numbers of a column.
#[derive(Clone, Debug, Serialize)]
pub struct NumberProfile {
    /// The mean.
    pub mean: Option<f64>,
    /// The standard deviation of a sample.
    pub deviation: Option<f64>,
    /// The smallest number, and its line.
    pub min: Option<(f64, u64)>,
    /// The largest number, and its line.
    pub max: Option<(f64, u64)>,
    /// The skewness (g1); 0 is symmetric.
    pub skew: Option<f64>,
    /// The excess kurtosis (g2); 0 is as heavy in the tails as a normal distribution.
    pub kurtosis: Option<f64>,
    /// Rows with 0.
    pub zeros: u64,
    /// Rows with a number under 0.
    pub negative: u64,
    /// Rows of the sample on which the following rests.
    pub rows: u64,
    /// By how much the share of a quantile may be off, with 95 %; 0 if the sample is the whole table.
    pub quantile_error: f64,
    /// Quantiles.
    pub quantiles: Vec<Quantile>,
    /// The histogram.
    pub histogram: DistributionOf,
    /// Numbers far from the middle.
    pub outliers: Outliers,
    /// Numbers that are frequent, if one alone fills at least a twentieth of the rows.
    pub frequent: Vec<ValueCount>,
}

/// Numbers outside Tukey's outer fences: three times the distance of the quartiles beyond them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outliers {
    /// The fences; `None` if both quartiles are the same.
    pub fences: Option<(f64, f64)>,
    /// Rows of the sample outside.
    pub rows: u64,
    /// Some of them, the farthest first, each with its line.
    pub examples: Vec<(f64, u64)>,
}

/// Yes and no.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FlagProfile {
    /// Rows with yes.
    pub yes: u64,
    /// Rows with no.
    pub no: u64,
    /// The share of yes.
    pub share: f64,
    /// The 95 % interval of that share (Wilson).
    pub interval: Interval,
}

/// Frequent values.
#[derive(Clone, Debug, Serialize)]
pub struct ValuesProfile {
    /// The most frequent, with their counts.
    pub top: Vec<ValueCount>,
    /// Whether all values were counted exactly; otherwise there were more than 10,000 and rare ones are not known.
    pub is_exact: bool,
    /// A count may be too small by at most so much.
    pub short_by: u64,
    /// The entropy in bits.
    pub entropy: Option<f64>,
    /// Values that fewer than five rows have.
    pub rare_values: Option<u64>,
    /// Rows with such a value.
    pub rare_rows: Option<u64>,
    /// Words that are written in several ways.
    pub spellings: Vec<Spelling>,
}

/// A value with the number of its rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueCount {
    /// The value.
    pub value: String,
    /// Its rows.
    pub rows: u64,
}

/// Spellings of one word, which differ by case, blanks or punctuation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spelling {
    /// The spellings, the most frequent first.
    pub spellings: Vec<ValueCount>,
}

/// Lengths of texts, in characters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TextProfile {
    /// The mean.
    pub mean: Option<f64>,
    /// The shortest.
    pub min: u64,
    /// The longest.
    pub max: u64,
    /// The histogram of the lengths in the sample.
    pub histogram: DistributionOf,
}

/// Points in time.
#[derive(Clone, Debug, Serialize)]
pub struct TimeProfile {
    /// The earliest, in RFC 3339, and its line.
    pub earliest: Option<(String, u64)>,
    /// The latest, and its line.
    pub latest: Option<(String, u64)>,
    /// Rows later than now.
    pub in_future: u64,
    /// Rows far before or after the others, such as 1900-01-01.
    pub far_off: u64,
    /// How the rows without those are spread.
    pub coverage: Option<Coverage>,
    /// Rows by weekday, from Monday.
    pub weekdays: [u64; 7],
}

/// How rows are spread over time.
#[derive(Clone, Debug, Serialize)]
pub struct Coverage {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Rows of each day, week, month or year.
    pub periods: Vec<Period>,
    /// What a period is: `day`, `week`, `month` or `year`.
    pub period: &'static str,
    /// Weeks (or months, in a long time) with no rows, or with far fewer than usual.
    pub gaps: Vec<FewRows>,
}

/// A day, week, month or year.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Period {
    /// Its first day.
    pub from: String,
    /// Its rows.
    pub rows: u64,
}

/// How a column goes with the target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Signal {
    /// How well the column alone ranks rows, from 0.5 (not at all) to 1.
    pub auc: f64,
    /// The 95 % interval of the AUC (Hanley and McNeil).
    pub interval: Interval,
}
