//! Rules: points for conditions on features.

use plumb_lead::{FeatureSet, Matrix};
use serde::{Deserialize, Serialize};

use super::bound::{BoundRule, BoundRules};
use super::condition::Condition;
use super::value_test::ValueTest;
use crate::error::Error;
use crate::explanation::Explanation;

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

/// A rule that no feature fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnboundRule {
    /// Its position, from 0.
    pub rule: usize,
    /// The field that it names.
    pub field: String,
    /// Why it cannot be used.
    pub why: String,
}

impl Rules {
    /// Returns the rules that no feature of the set fits, and why; a model is made of the others.
    pub fn bind(&self, features: &FeatureSet) -> Vec<UnboundRule> {
        self.rules
            .iter()
            .enumerate()
            .filter_map(|(index, rule)| match rule.bind(features) {
                Ok(_) => None,
                Err(why) => Some(UnboundRule { rule: index, field: rule.field.clone(), why }),
            })
            .collect()
    }

    /// Returns the rules that fit the features, with their mean points over the training rows.
    pub fn fit(&self, features: &FeatureSet, train: &Matrix) -> Result<Rules, Error> {
        let unbound = self.bind(features);
        let kept = self.rules.iter().enumerate().filter(|(index, _)| !unbound.iter().any(|rule| rule.rule == *index));
        let named = |rule: &Rule| match rule.bind(features) {
            Ok((column, _)) => Rule { field: features.features[column].name.clone(), ..rule.clone() },
            Err(_) => rule.clone(),
        };
        let mut fitted = Rules { rules: kept.map(|(_, rule)| named(rule)).collect(), means: Vec::new() };
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

    /// Returns the points of each feature over its mean points in the training rows. These are its SHAP values: the sum of
    /// the points has no interactions.
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

    /// Returns why the stored rules do not fit the features; `None` if they do.
    pub(crate) fn problem(&self, features: &FeatureSet) -> Option<String> {
        if self.means.len() != features.features.len() {
            return Some(format!("{} means for {} features", self.means.len(), features.features.len()));
        }
        self.bind(features).first().map(|unbound| unbound.why.clone())
    }

    /// Returns the points of each feature, row by row.
    pub fn points(&self, features: &FeatureSet, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        self.bound(features)?.points(matrix)
    }

    /// Returns the points of one feature of a row.
    pub fn points_of(&self, features: &FeatureSet, row: &[f32], feature: usize) -> f64 {
        let of_feature = self.rules.iter().filter_map(|rule| Some((rule.bind(features).ok()?, rule.points)));
        let given = of_feature.filter(|((column, test), _)| *column == feature && test.holds(row[*column]));
        given.map(|(_, points)| points).sum()
    }

    /// Returns the rules bound to the columns of these features.
    pub(crate) fn bound(&self, features: &FeatureSet) -> Result<BoundRules, Error> {
        let bind = |rule: &Rule| {
            let (column, test) = rule.bind(features).map_err(|why| Error::Model { why })?;
            Ok(BoundRule { column, test, points: rule.points })
        };
        let rules = self.rules.iter().map(bind).collect::<Result<_, Error>>()?;
        Ok(BoundRules { rules, columns: features.features.len() })
    }
}

impl Rule {
    fn bind(&self, features: &FeatureSet) -> Result<(usize, ValueTest), String> {
        let column = match self.condition {
            Condition::Done => position(features, &self.field).or_else(|_| position_in_words(features, &self.field))?,
            _ => position(features, &self.field)?,
        };
        let kind = &features.features[column].kind;
        let test = self.condition.bind(kind);
        Ok((column, test.map_err(|why| format!("feature `{}` is a {}: {why}", self.field, kind.word()))?))
    }
}

/// Returns the column of the flag or number whose name is part of what a lead does: `pricing_page` of `Visited pricing page`. Of
/// several the one with the most words; two with as many are none.
fn position_in_words(features: &FeatureSet, action: &str) -> Result<usize, String> {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        parts.map(str::to_lowercase).collect()
    };
    let said = words(action);
    let is_part = |name: &[String]| !name.is_empty() && said.windows(name.len()).any(|part| part == name);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (column, feature) in features.features.iter().enumerate() {
        let names = [words(&feature.name), words(&feature.label(features.language()))];
        found.extend(names.iter().filter(|name| is_part(name)).map(|name| (name.len(), column)).max());
    }
    let most = found.iter().map(|(length, _)| *length).max().unwrap_or_default();
    let best: Vec<usize> = found.iter().filter(|(length, _)| *length == most).map(|(_, column)| *column).collect();
    match best.as_slice() {
        [column] => Ok(*column),
        [] => Err(format!("`{action}` names no feature: expected the name of a flag from features/*.sql in it")),
        several => {
            let names: Vec<&str> = several.iter().map(|column| features.features[*column].name.as_str()).collect();
            Err(format!("`{action}` names several features, `{}`: expected one", names.join("`, `")))
        }
    }
}

/// Returns the column of the feature that a rule names: as it is in SQL, or as people write it, in any case and with blanks,
/// or by its label.
fn position(features: &FeatureSet, name: &str) -> Result<usize, String> {
    let plain = |name: &str| name.trim().to_lowercase().replace([' ', '-', '.'], "_");
    let named = |wanted: &dyn Fn(&plumb_lead::Feature) -> bool| features.features.iter().position(wanted);
    let found = features
        .position(name)
        .or_else(|| named(&|feature| plain(&feature.name) == plain(name)))
        .or_else(|| named(&|feature| plain(&feature.label(features.language())) == plain(name)));
    found.ok_or_else(|| {
        let distance = |feature: &plumb_lead::Feature| strsim::damerau_levenshtein(&plain(&feature.name), &plain(name));
        let nearest = features.features.iter().min_by_key(|feature| distance(feature));
        match nearest.filter(|feature| distance(feature) <= 1 + name.chars().count() / 4) {
            Some(near) => format!("`{name}` is not a feature: did you mean `{}`?", near.name),
            None => format!("`{name}` is not a feature: expected a name from features/*.sql"),
        }
    })
}
