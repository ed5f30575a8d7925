//! The targets: what can be reached, and how each table says that it was.

use serde::Serialize;

use crate::choices::{Choices, TargetChoice};
use crate::column_role::ColumnRole;
use crate::fields::with_purpose;
use crate::status::StatusMeaning;
use crate::summary::ColumnSummary;
use crate::tables::{Found, Purpose};
use crate::words::{has_any, sql_name, words_of};

/// The horizon where the tables do not say how long it takes.
const HORIZON_DAYS: i64 = 90;

/// What says that an outcome was reached.
#[derive(Clone, Debug)]
pub(crate) enum Evidence {
    /// Values of a history's field.
    History { field: usize, value: usize, name: String },
    /// Values of a status.
    Status(usize),
    /// A flag; whether its `no` is an end too.
    Flag(usize, bool),
    /// A date that is there only if it was reached.
    Date(usize),
}

/// A target, and where its outcomes are.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// The table with its outcomes.
    pub(crate) table: usize,
    pub(crate) evidence: Evidence,
    pub(crate) meaning: StatusMeaning,
    /// The dates of a positive outcome, the best first.
    pub(crate) positive_dates: Vec<usize>,
    /// The dates of a negative one.
    pub(crate) negative_dates: Vec<usize>,
    pub(crate) horizon_days: i64,
    pub(crate) horizon_why: String,
}

/// What a target is, for people and programs.
#[derive(Clone, Debug, Serialize)]
pub struct TargetSummary {
    /// Its name.
    pub name: String,
    /// The table that has its outcomes.
    pub table: String,
    /// Days within which a positive outcome has to come.
    pub horizon_days: i64,
    /// Values that are positive, negative and open.
    #[serde(flatten)]
    pub meaning: StatusMeaning,
    /// Why.
    pub why: String,
}

impl Target {
    /// Returns whether nothing says when its outcomes came.
    pub(crate) fn is_undated(&self) -> bool {
        self.positive_dates.is_empty()
    }
}

/// Returns the targets; an error says why there is none.
pub(crate) fn targets_of(found: &Found<'_>, choices: &Choices) -> Result<Vec<Target>, String> {
    let mut targets: Vec<Target> = Vec::new();
    let mut add = |target: Target| {
        if !targets.iter().any(|known| known.name == target.name) {
            targets.push(target);
        }
    };
    let outcomes = with_purpose(found, Purpose::Outcomes);
    let histories = with_purpose(found, Purpose::History);
    if choices.targets.is_empty() {
        histories.iter().for_each(|table| of_history(found, *table, None, choices).into_iter().for_each(&mut add));
        outcomes
            .iter()
            .chain([&found.lead])
            .for_each(|table| of_table(found, *table, None, choices).into_iter().for_each(&mut add));
    }
    for choice in &choices.targets {
        let tables = outcomes.iter().chain([&found.lead]);
        let target = histories
            .iter()
            .find_map(|table| of_history(found, *table, Some(choice), choices))
            .or_else(|| tables.into_iter().find_map(|table| of_table(found, *table, Some(choice), choices)));
        add(target.ok_or_else(|| unknown_target(found, choice))?);
    }
    if targets.is_empty() { Err(no_target(found)) } else { Ok(targets) }
}

/// Returns what the values mean with what the user says of them; `None` if none of them is positive.
fn chosen_meaning(meaning: StatusMeaning, choice: Option<&TargetChoice>, choices: &Choices) -> Option<StatusMeaning> {
    let all: Vec<String> = meaning.positive.iter().chain(&meaning.negative).chain(&meaning.open).cloned().collect();
    let lower = |values: &[String]| values.iter().map(|value| value.trim().to_lowercase()).collect::<Vec<_>>();
    let named = choice.map(|choice| lower(&choice.positive)).filter(|named| !named.is_empty());
    let positive = match named {
        Some(named) if named.iter().all(|value| all.contains(value)) => named,
        Some(_) => return None,
        None => meaning.positive,
    };
    let negative = if choices.negative.is_empty() { meaning.negative } else { lower(&choices.negative) };
    let negative: Vec<String> = negative.into_iter().filter(|value| !positive.contains(value)).collect();
    let open = all.into_iter().filter(|value| !positive.contains(value) && !negative.contains(value)).collect();
    (!positive.is_empty()).then_some(StatusMeaning { positive, negative, open })
}

fn of_history(found: &Found<'_>, table: usize, choice: Option<&TargetChoice>, choices: &Choices) -> Option<Target> {
    let (field, value) = found.history_of(table)?;
    let known: Vec<(&str, bool)> =
        found.presets[table].iter().flat_map(|preset| preset.statuses.iter().copied()).collect();
    let fields = found.tables[table].history.iter();
    let decided = fields.filter_map(|history| {
        let values = history.top.iter().map(|(value, _)| value.as_str());
        let meaning = crate::status::meaning_of_values(values, &known);
        let meaning = chosen_meaning(meaning, choice, choices)?;
        crate::status_names::looks_like_status(&history.name).then_some((history, meaning))
    });
    let (history, meaning) = decided.max_by_key(|(history, _)| history.rows)?;
    let date = found.date(table)?;
    let name = choice.map_or_else(|| name_of(&meaning.positive, None), |choice| choice.name.clone());
    Some(Target {
        name,
        table,
        evidence: Evidence::History { field, value, name: history.name.clone() },
        meaning,
        positive_dates: vec![date],
        negative_dates: vec![date],
        horizon_days: choices.horizon_days.unwrap_or(HORIZON_DAYS),
        horizon_why: horizon_why(choices, None),
    })
}

fn of_table(found: &Found<'_>, table: usize, choice: Option<&TargetChoice>, choices: &Choices) -> Option<Target> {
    let date = |role| found.with_role(table, role);
    let (converted, lost, closed, updated) = (
        date(ColumnRole::ConvertedAt),
        date(ColumnRole::LostAt),
        date(ColumnRole::ClosedAt),
        date(ColumnRole::Updated).or(date(ColumnRole::Known)),
    );
    let names_values = choice.is_some_and(|choice| !choice.positive.is_empty());
    let status = date(ColumnRole::Status).and_then(|status| {
        let meaning = chosen_meaning(found.meaning(table, status), choice, choices)?;
        Some((status, meaning))
    });
    let flag = date(ColumnRole::Converted).filter(|_| !names_values);
    let only_date = converted.filter(|_| !names_values);
    let (evidence, meaning) = match (flag, status) {
        (Some(flag), status) => {
            // In a table of decisions a `no` is a decision; on a lead it is not decided yet.
            let no_is_end =
                table != found.lead && (closed.is_some() || found.date(table).is_some()) && converted.is_none();
            let negative = status.map(|(_, meaning)| meaning.negative).unwrap_or_default();
            let negative = if date(ColumnRole::Status).is_some() { negative } else { Vec::new() };
            (Evidence::Flag(flag, no_is_end), StatusMeaning { negative, ..StatusMeaning::default() })
        }
        (None, Some((status, meaning))) => (Evidence::Status(status), meaning),
        (None, None) => (Evidence::Date(only_date?), StatusMeaning::default()),
    };
    let own = if table == found.lead { None } else { found.date(table) };
    let dates = |first: Option<usize>| {
        let mut dates: Vec<usize> = [first, closed, updated, own].into_iter().flatten().collect();
        let mut seen = Vec::new();
        dates.retain(|date| {
            !seen.contains(date) && {
                seen.push(*date);
                true
            }
        });
        dates
    };
    let named = choice.map(|choice| choice.name.clone());
    let column = match &evidence {
        Evidence::Flag(column, _) | Evidence::Date(column) => Some(found.column(table, *column)),
        _ => None,
    };
    let name = named.unwrap_or_else(|| name_of(&meaning.positive, column));
    let positive_dates = dates(converted);
    let days = positive_dates.first().and_then(|ended| lag_days(found, table, *ended));
    Some(Target {
        name,
        table,
        meaning,
        horizon_days: choices.horizon_days.or(days).unwrap_or(HORIZON_DAYS),
        horizon_why: horizon_why(choices, days),
        negative_dates: dates(lost),
        positive_dates,
        evidence,
    })
}

/// Returns the days within which 19 of 20 outcomes came, counted from the creation of the row.
fn lag_days(found: &Found<'_>, table: usize, ended: usize) -> Option<i64> {
    let created = found.with_role(table, ColumnRole::Created)?;
    let summary = &found.tables[table];
    let pair = summary.pair(&summary.columns[created].name, &summary.columns[ended].name)?;
    (pair.rows >= 30).then(|| pair.days_for(0.95))
}

fn horizon_why(choices: &Choices, days: Option<i64>) -> String {
    match (choices.horizon_days, days) {
        (Some(_), _) => "You said so.".to_owned(),
        (None, Some(days)) => format!("Of the outcomes that came, 95 % came within {days} days."),
        (None, None) => "Nothing in one table says how long it takes: look at your last deals.".to_owned(),
    }
}

/// Returns the name of a target by its positive values or its column.
fn name_of(positive: &[String], column: Option<&ColumnSummary>) -> String {
    let words = match column {
        Some(column) => words_of(&column.name),
        None => positive.iter().flat_map(|value| words_of(value)).collect(),
    };
    for name in [
        "won",
        "converted",
        "approved",
        "accepted",
        "signed",
        "sold",
        "placed",
        "purchased",
        "subscribed",
        "enrolled",
        "hired",
    ] {
        if words.iter().any(|word| word.strip_prefix("closed").unwrap_or(word) == name) {
            return name.to_owned();
        }
    }
    if has_any(&words, &["customer", "kunde", "evangelist"]) {
        return "customer".to_owned();
    }
    if has_any(&words, &["gewonnen"]) {
        return "won".to_owned();
    }
    match column {
        Some(column) => sql_name(&column.name),
        None => positive.first().map_or_else(|| "won".to_owned(), |value| sql_name(value)),
    }
}

fn unknown_target(found: &Found<'_>, choice: &TargetChoice) -> String {
    format!(
        "--target {}: no status has all of `{}`: {}",
        choice.name,
        choice.positive.join("`, `"),
        statuses_text(found)
    )
}

fn no_target(found: &Found<'_>) -> String {
    format!(
        "nothing says which leads were won: expected a column such as `converted`, `won_at` or a status with a value such as `won`; \
         {}; say which of them are positive by --target NAME=\"VALUE,VALUE\", or export a column that says it",
        statuses_text(found)
    )
}

/// Returns the statuses with their values and rows, for the choice.
fn statuses_text(found: &Found<'_>) -> String {
    let mut shown = Vec::new();
    for (table, summary) in found.tables.iter().enumerate() {
        let statuses =
            (0..summary.columns.len()).filter(|position| found.role(table, *position) == Some(ColumnRole::Status));
        for position in statuses {
            let column = found.column(table, position);
            let values: Vec<String> =
                column.top.iter().take(12).map(|(value, rows)| format!("`{value}` ({rows})")).collect();
            shown.push(format!("`{}` of {} has {}", column.name, summary.name.shown(), values.join(", ")));
        }
    }
    if shown.is_empty() { "there is no status".to_owned() } else { shown.join("; ") }
}
