//! The plan of one column as `reading.toml` and JSON have it: one flat table, in which each kind has keys of its own.

use serde::{Deserialize, Serialize};

use crate::plan::{ColumnPlan, ColumnReading, DateOrder, NumberForm};

/// One `[[column]]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnEntry {
    name: String,
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    decimal: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thousands: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    units: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parentheses: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plus: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trailing_minus: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    yes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<DateOrder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merge_spellings: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Number,
    Flag,
    Timestamp,
    #[default]
    Category,
    Identifier,
    Text,
    Ignored,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Number => "number",
            Kind::Flag => "flag",
            Kind::Timestamp => "timestamp",
            Kind::Category => "category",
            Kind::Identifier => "identifier",
            Kind::Text => "text",
            Kind::Ignored => "ignored",
        }
    }
}

impl Serialize for ColumnPlan {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ColumnEntry::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ColumnPlan {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<ColumnPlan, D::Error> {
        ColumnPlan::try_from(ColumnEntry::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl From<ColumnPlan> for ColumnEntry {
    fn from(plan: ColumnPlan) -> ColumnEntry {
        let if_true = |value: bool| value.then_some(true);
        let base = ColumnEntry {
            name: plan.name,
            missing: plan.missing,
            merge_spellings: if_true(plan.merge_spellings),
            ..ColumnEntry::default()
        };
        match plan.reading {
            ColumnReading::Number(form) => ColumnEntry {
                kind: Kind::Number,
                decimal: form.decimal,
                thousands: form.thousands,
                units: (!form.units.is_empty()).then_some(form.units),
                percent: if_true(form.percent),
                parentheses: if_true(form.parentheses),
                plus: if_true(form.plus),
                trailing_minus: if_true(form.trailing_minus),
                scale: if_true(form.scale),
                ..base
            },
            ColumnReading::Flag { yes, no } => ColumnEntry { kind: Kind::Flag, yes: Some(yes), no: Some(no), ..base },
            ColumnReading::Timestamp { order, days_only } => {
                ColumnEntry { kind: Kind::Timestamp, order: Some(order), days_only: if_true(days_only), ..base }
            }
            ColumnReading::Category => ColumnEntry { kind: Kind::Category, ..base },
            ColumnReading::Identifier => ColumnEntry { kind: Kind::Identifier, ..base },
            ColumnReading::Text => ColumnEntry { kind: Kind::Text, ..base },
            ColumnReading::Ignored { why } => {
                ColumnEntry { kind: Kind::Ignored, why: (!why.is_empty()).then_some(why), ..base }
            }
        }
    }
}

impl TryFrom<ColumnEntry> for ColumnPlan {
    type Error = String;

    fn try_from(entry: ColumnEntry) -> Result<ColumnPlan, String> {
        entry.refuse_keys_of_other_kinds()?;
        entry.refuse_bad_values()?;
        let reading = match entry.kind {
            Kind::Number => ColumnReading::Number(NumberForm {
                decimal: entry.decimal,
                thousands: entry.thousands,
                units: entry.units.unwrap_or_default(),
                percent: entry.percent.unwrap_or(false),
                parentheses: entry.parentheses.unwrap_or(false),
                plus: entry.plus.unwrap_or(false),
                trailing_minus: entry.trailing_minus.unwrap_or(false),
                scale: entry.scale.unwrap_or(false),
            }),
            Kind::Flag => ColumnReading::Flag {
                yes: entry.yes.ok_or_else(|| missing_key(&entry.name, "yes", "flag", "[\"yes\"]"))?,
                no: entry.no.ok_or_else(|| missing_key(&entry.name, "no", "flag", "[\"no\"]"))?,
            },
            Kind::Timestamp => ColumnReading::Timestamp {
                order: entry
                    .order
                    .ok_or_else(|| missing_key(&entry.name, "order", "timestamp", "\"day_month_year\""))?,
                days_only: entry.days_only.unwrap_or(false),
            },
            Kind::Category => ColumnReading::Category,
            Kind::Identifier => ColumnReading::Identifier,
            Kind::Text => ColumnReading::Text,
            Kind::Ignored => ColumnReading::Ignored { why: entry.why.unwrap_or_default() },
        };
        let merge_spellings = entry.merge_spellings.unwrap_or(false);
        Ok(ColumnPlan { name: entry.name, reading, missing: entry.missing, merge_spellings })
    }
}

impl ColumnEntry {
    fn refuse_keys_of_other_kinds(&self) -> Result<(), String> {
        let keys = [
            ("decimal", self.decimal.is_some(), Kind::Number),
            ("thousands", self.thousands.is_some(), Kind::Number),
            ("units", self.units.is_some(), Kind::Number),
            ("percent", self.percent.is_some(), Kind::Number),
            ("parentheses", self.parentheses.is_some(), Kind::Number),
            ("plus", self.plus.is_some(), Kind::Number),
            ("trailing_minus", self.trailing_minus.is_some(), Kind::Number),
            ("scale", self.scale.is_some(), Kind::Number),
            ("yes", self.yes.is_some(), Kind::Flag),
            ("no", self.no.is_some(), Kind::Flag),
            ("order", self.order.is_some(), Kind::Timestamp),
            ("days_only", self.days_only.is_some(), Kind::Timestamp),
            ("why", self.why.is_some(), Kind::Ignored),
            ("merge_spellings", self.merge_spellings.is_some(), Kind::Category),
        ];
        match keys.iter().find(|(_, is_there, kind)| *is_there && *kind != self.kind) {
            Some((key, _, kind)) => Err(format!(
                "`{key}` of column `{}` is a key of kind `{}`, and its kind is `{}`",
                self.name,
                kind.word(),
                self.kind.word()
            )),
            None => Ok(()),
        }
    }

    fn refuse_bad_values(&self) -> Result<(), String> {
        let refuse = |key: &str, found: char, expected: &str| {
            Err(format!("`{key}` of column `{}` is `{found}`: expected {expected}", self.name))
        };
        match (self.decimal, self.thousands) {
            (Some(decimal), _) if !matches!(decimal, '.' | ',') => refuse("decimal", decimal, "`.` or `,`"),
            (_, Some(thousands)) if !matches!(thousands, '.' | ',' | '\'' | ' ') => {
                refuse("thousands", thousands, "`.`, `,`, `'` or a blank")
            }
            (Some(decimal), Some(thousands)) if decimal == thousands => {
                refuse("thousands", thousands, "another sign than `decimal` is")
            }
            _ => Ok(()),
        }
    }
}

fn missing_key(column: &str, key: &str, kind: &str, example: &str) -> String {
    format!("column `{column}` of kind `{kind}` has no `{key}`: expected one such as `{key} = {example}`")
}
