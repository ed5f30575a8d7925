//! The team's own scoring rules, as they were in the spreadsheet: points for conditions, added up.
//! Which points make which probability is left to the calibration.

use plumb_lead::{FeatureKind, FeatureSet, Matrix};
use serde::{Deserialize, Serialize};

use crate::{Error, Explanation};

/// A table of rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// The rules, in the order of the spreadsheet.
    pub rules: Vec<Rule>,
    /// Mean points of each feature over the training rows; empty before the rules are fitted.
    #[serde(default)]
    pub means: Vec<f64>,
}

/// Points for a condition on one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The feature's name.
    pub field: String,
    /// When it applies.
    pub condition: Condition,
    /// What it is worth.
    pub points: f64,
    /// What the team wrote beside it.
    #[serde(default)]
    pub note: String,
}

/// When a rule applies. A missing value fulfils [`Condition::Missing`] alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// `any`: there is a value.
    Any,
    /// `missing`: there is none.
    Missing,
    /// `fintech` or `a, b`: the value is one of these words, in any case; `yes` and `no` for a flag.
    OneOf(Vec<String>),
    /// `contains x`: the word contains this, in any case.
    Contains(String),
    /// `> 5`.
    Above(f32),
    /// `>= 5`.
    AtLeast(f32),
    /// `< 5`.
    Below(f32),
    /// `<= 5`.
    AtMost(f32),
    /// `11-50`: a number from the first to the second; of a category, the level of this name.
    Range {
        /// The first number that fulfils it.
        low: f32,
        /// The last.
        high: f32,
        /// As it was written.
        text: String,
    },
}

/// A line of the spreadsheet that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// The line, from 1.
    pub line: usize,
    /// The column's heading.
    pub cell: String,
    /// What is written there.
    pub text: String,
    /// Why it cannot be used, and what was expected.
    pub why: String,
}

/// A rule that no feature fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unbound {
    /// Its position, from 0.
    pub rule: usize,
    /// The field that it names.
    pub field: String,
    /// Why it cannot be used.
    pub why: String,
}

/// Reads a spreadsheet with the headings `field`, `condition`, `points` and, if wanted, `note`; separated by commas or
/// semicolons. What cannot be read is returned beside what can.
pub fn parse_csv(text: &str) -> (Rules, Vec<Unreadable>) {
    let text = text.trim_start_matches('\u{feff}');
    let headings = text.lines().next().unwrap_or_default();
    let delimiter = if headings.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rules = Rules::default();
    let mut unreadable = Vec::new();
    let mut columns: Option<Columns> = None;
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, |position| position.line() as usize);
                let why = format!("expected UTF-8 text in columns: {error}");
                unreadable.push(Unreadable { line, cell: String::new(), text: String::new(), why });
                continue;
            }
        };
        let line = record.position().map_or(0, |position| position.line() as usize);
        let Some(columns) = &columns else {
            match Columns::find(&record, line) {
                Ok(found) => columns = Some(found),
                Err(problems) => return (rules, problems),
            }
            continue;
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        match columns.read(&record, line) {
            Ok(rule) => rules.rules.push(rule),
            Err(problem) => unreadable.push(problem),
        }
    }
    (rules, unreadable)
}

impl Rules {
    /// Returns the rules that no feature of the set fits, and why; a model is made of the others.
    pub fn bind(&self, features: &FeatureSet) -> Vec<Unbound> {
        self.rules
            .iter()
            .enumerate()
            .filter_map(|(index, rule)| match rule.bind(features) {
                Ok(_) => None,
                Err(why) => Some(Unbound { rule: index, field: rule.field.clone(), why }),
            })
            .collect()
    }

    /// Returns the rules that fit the features, with their mean points over the training rows.
    pub fn fit(&self, features: &FeatureSet, train: &Matrix) -> Result<Rules, Error> {
        let unbound = self.bind(features);
        let kept = self.rules.iter().enumerate().filter(|(index, _)| !unbound.iter().any(|rule| rule.rule == *index));
        let mut fitted = Rules { rules: kept.map(|(_, rule)| rule.clone()).collect(), means: Vec::new() };
        if fitted.rules.is_empty() {
            let why = unbound.first().map_or("the table of rules is empty".to_owned(), |rule| rule.why.clone());
            return Err(Error::Rules { why });
        }
        let points = fitted.points(features, train)?;
        let mut means = vec![0.0; features.features.len()];
        for row in points.chunks_exact(means.len()) {
            means.iter_mut().zip(row).for_each(|(mean, points)| *mean += points / train.rows as f64);
        }
        fitted.means = means;
        Ok(fitted)
    }

    /// Returns the points of each row.
    pub fn margins(&self, features: &FeatureSet, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        let points = self.points(features, matrix)?;
        Ok(points.chunks_exact(matrix.columns.max(1)).map(|row| row.iter().sum()).collect())
    }

    /// Returns how many points each feature gave more than it gives on average over the training rows. These are its
    /// SHAP values: the sum of the points has no interactions.
    pub fn explain(&self, features: &FeatureSet, matrix: &Matrix) -> Result<Explanation, Error> {
        let columns = features.features.len();
        if self.means.len() != columns {
            return Err(Error::Rules { why: "they are not fitted to the features".to_owned() });
        }
        let points = self.points(features, matrix)?;
        let means = self.means.iter().cycle();
        let contributions = points.iter().zip(means).map(|(points, mean)| points - mean).collect();
        Ok(Explanation { base: self.means.iter().sum(), columns, contributions })
    }

    /// Returns why the stored rules do not fit the features, if they do not.
    pub(crate) fn problem(&self, features: &FeatureSet) -> Option<String> {
        if self.means.len() != features.features.len() {
            return Some(format!("{} means for {} features", self.means.len(), features.features.len()));
        }
        self.bind(features).first().map(|unbound| unbound.why.clone())
    }

    /// Returns the points of each feature, row by row.
    pub fn points(&self, features: &FeatureSet, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        let columns = features.features.len();
        if matrix.columns != columns {
            return Err(Error::Columns { found: matrix.columns, expected: columns });
        }
        let mut points = vec![0.0; matrix.rows * columns];
        for rule in &self.rules {
            let (column, test) = rule.bind(features).map_err(|why| Error::Model { why })?;
            for row in 0..matrix.rows {
                if test.holds(matrix.values[row * columns + column]) {
                    points[row * columns + column] += rule.points;
                }
            }
        }
        Ok(points)
    }
}

impl Condition {
    /// Returns the condition that is written in a cell, or why it cannot be read.
    pub fn parse(text: &str) -> Result<Condition, String> {
        let text = text.trim();
        let lower = text.to_lowercase();
        if text.is_empty() {
            return Err(format!("an empty condition: expected {CONDITIONS}"));
        }
        if matches!(lower.as_str(), "any" | "*") {
            return Ok(Condition::Any);
        }
        if matches!(lower.as_str(), "missing" | "empty") {
            return Ok(Condition::Missing);
        }
        if let Some(part) = lower.strip_prefix("contains ") {
            return Ok(Condition::Contains(part.trim().to_owned()));
        }
        type Comparison = fn(f32) -> Condition;
        let comparisons: [(&str, Comparison); 6] = [
            (">=", Condition::AtLeast),
            ("≥", Condition::AtLeast),
            ("<=", Condition::AtMost),
            ("≤", Condition::AtMost),
            (">", Condition::Above),
            ("<", Condition::Below),
        ];
        for (sign, comparison) in comparisons {
            if let Some(rest) = text.strip_prefix(sign) {
                let number =
                    number(rest).ok_or_else(|| format!("expected a number after `{sign}`, as in `{sign} 5`"))?;
                return Ok(comparison(number));
            }
        }
        if let Some((low, high)) = range(text) {
            if low > high {
                return Err(format!("a range that ends before it begins: did you mean `{high}-{low}`?"));
            }
            return Ok(Condition::Range { low, high, text: text.to_owned() });
        }
        let words: Vec<String> =
            text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
        if words.is_empty() { Err(format!("no words: expected {CONDITIONS}")) } else { Ok(Condition::OneOf(words)) }
    }
}

const CONDITIONS: &str = "`fintech`, `a, b`, `11-50`, `> 5`, `>= 5`, `contains x`, `yes`, `no`, `missing` or `any`";

struct Columns {
    field: usize,
    condition: usize,
    points: usize,
    note: Option<usize>,
}

impl Columns {
    fn find(headings: &csv::StringRecord, line: usize) -> Result<Columns, Vec<Unreadable>> {
        let position = |name: &str| headings.iter().position(|heading| heading.eq_ignore_ascii_case(name));
        match (position("field"), position("condition"), position("points")) {
            (Some(field), Some(condition), Some(points)) => {
                Ok(Columns { field, condition, points, note: position("note") })
            }
            found => {
                let found = [found.0, found.1, found.2];
                let absent = ["field", "condition", "points"].into_iter().zip(found).filter(|(_, at)| at.is_none());
                let text = headings.iter().collect::<Vec<_>>().join(", ");
                let why = "no such heading: expected `field, condition, points, note` in the first line";
                Err(absent
                    .map(|(name, _)| Unreadable {
                        line,
                        cell: name.to_owned(),
                        text: text.clone(),
                        why: why.to_owned(),
                    })
                    .collect())
            }
        }
    }

    fn read(&self, record: &csv::StringRecord, line: usize) -> Result<Rule, Unreadable> {
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let problem = |name: &str, column: usize, why: String| Unreadable {
            line,
            cell: name.to_owned(),
            text: cell(column).to_owned(),
            why,
        };
        if cell(self.field).is_empty() {
            return Err(problem("field", self.field, "empty: expected the name of a feature".to_owned()));
        }
        let condition =
            Condition::parse(cell(self.condition)).map_err(|why| problem("condition", self.condition, why))?;
        let points = number(cell(self.points)).ok_or_else(|| {
            problem("points", self.points, "not a number: expected points such as `10` or `-5`".into())
        })?;
        Ok(Rule {
            field: cell(self.field).to_owned(),
            condition,
            points: f64::from(points),
            note: self.note.map_or("", cell).to_owned(),
        })
    }
}

/// A condition made ready for the numbers of one feature.
enum Test {
    Any,
    Missing,
    Above(f32),
    AtLeast(f32),
    Below(f32),
    AtMost(f32),
    Range(f32, f32),
    Numbers(Vec<f32>),
    Levels(Vec<bool>),
}

impl Test {
    fn holds(&self, value: f32) -> bool {
        if value.is_nan() {
            return matches!(self, Test::Missing);
        }
        match self {
            Test::Any => true,
            Test::Missing => false,
            Test::Above(number) => value > *number,
            Test::AtLeast(number) => value >= *number,
            Test::Below(number) => value < *number,
            Test::AtMost(number) => value <= *number,
            Test::Range(low, high) => (*low..=*high).contains(&value),
            Test::Numbers(numbers) => numbers.contains(&value),
            Test::Levels(levels) => levels.get(value as usize).copied().unwrap_or(false),
        }
    }
}

impl Rule {
    fn bind(&self, features: &FeatureSet) -> Result<(usize, Test), String> {
        let column = features
            .position(&self.field)
            .ok_or_else(|| format!("`{}` is not a feature: expected a name from features/*.sql", self.field))?;
        let test = match &features.features[column].kind {
            FeatureKind::Category { levels } => self.condition.of_levels(levels),
            FeatureKind::Number => self.condition.of_numbers(number),
            FeatureKind::Flag => self.condition.of_numbers(flag),
        };
        let kind = features.features[column].kind.word();
        let test = test.map_err(|why| format!("feature `{}` is a {kind}: {why}", self.field))?;
        Ok((column, test))
    }
}

impl Condition {
    fn of_levels(&self, levels: &[String]) -> Result<Test, String> {
        // A word that training never saw is no mistake: the rule is only never fulfilled.
        let of = |holds: &dyn Fn(&str) -> bool| {
            Ok(Test::Levels(levels.iter().map(|level| holds(&level.to_lowercase())).collect()))
        };
        match self {
            Condition::Any => Ok(Test::Any),
            Condition::Missing => Ok(Test::Missing),
            Condition::OneOf(words) => of(&|level| words.iter().any(|word| word.to_lowercase() == level)),
            Condition::Contains(part) => of(&|level| level.contains(part.as_str())),
            Condition::Range { text, .. } => of(&|level| text.to_lowercase() == level),
            _ => Err("it cannot be more or less than a number; expected words".to_owned()),
        }
    }

    fn of_numbers(&self, read: impl Fn(&str) -> Option<f32>) -> Result<Test, String> {
        Ok(match self {
            Condition::Any => Test::Any,
            Condition::Missing => Test::Missing,
            Condition::Above(number) => Test::Above(*number),
            Condition::AtLeast(number) => Test::AtLeast(*number),
            Condition::Below(number) => Test::Below(*number),
            Condition::AtMost(number) => Test::AtMost(*number),
            Condition::Range { low, high, .. } => Test::Range(*low, *high),
            Condition::OneOf(words) => {
                let numbers: Result<Vec<f32>, String> =
                    words.iter().map(|word| read(word).ok_or_else(|| format!("it is never `{word}`"))).collect();
                Test::Numbers(numbers?)
            }
            Condition::Contains(_) => return Err("it contains no words; expected a comparison".to_owned()),
        })
    }
}

fn number(text: &str) -> Option<f32> {
    text.trim().parse().ok().filter(|number: &f32| number.is_finite())
}

fn flag(word: &str) -> Option<f32> {
    match word.to_lowercase().as_str() {
        "yes" | "true" | "1" => Some(1.0),
        "no" | "false" | "0" => Some(0.0),
        _ => None,
    }
}

/// Reads `11-50`, `11 - 50` and `11–50`; both ends are without a sign, so that a dash has one meaning.
fn range(text: &str) -> Option<(f32, f32)> {
    let (low, high) = text.split_once(['-', '–'])?;
    let digits = |text: &str| text.trim().starts_with(|first: char| first.is_ascii_digit());
    if digits(low) && digits(high) { Some((number(low)?, number(high)?)) } else { None }
}
