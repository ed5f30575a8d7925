//! Pieces of SQL: names and texts in quotes, and the cells of a raw column as numbers, dates, flags and words.

use plumb_tables::{ColumnReading, DateOrder, NumberForm, parse_flag_cell, parse_number_cell};

use crate::summary::{ColumnSummary, StoredKind, TableName};

/// Words that the engine reads as its own where a name could stand.
const RESERVED: [&str; 34] = [
    "all", "and", "as", "by", "case", "cast", "column", "cross", "distinct", "else", "end", "false", "from", "full",
    "group", "having", "in", "inner", "interval", "is", "join", "left", "limit", "natural", "not", "null", "on", "or",
    "order", "right", "select", "then", "true", "when",
];

/// Returns a name as SQL has it: in quotes unless it is plain and in lower case.
pub(crate) fn identifier(name: &str) -> String {
    let is_plain = name.chars().next().is_some_and(|first| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
        && !RESERVED.contains(&name)
        && ![
            "where",
            "union",
            "using",
            "with",
            "table",
            "values",
            "type",
            "offset",
            "user",
            "date",
            "time",
            "timestamp",
        ]
        .contains(&name);
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Returns a text in quotes.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns texts in quotes, for `IN`.
pub(crate) fn literals(texts: &[String]) -> String {
    texts.iter().map(|text| literal(text)).collect::<Vec<_>>().join(", ")
}

/// Returns a table's name.
pub(crate) fn table(name: &TableName) -> String {
    format!("{}.{}", identifier(&name.source), identifier(&name.table))
}

/// Returns a comment of one or more lines, each of which begins by `-- `.
pub(crate) fn comment(text: &str) -> String {
    const WIDTH: usize = 116;
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + word.chars().count() >= WIDTH {
                lines.push(std::mem::take(&mut line));
            }
            line = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        }
        lines.push(line);
    }
    lines.iter().map(|line| format!("-- {line}").trim_end().to_owned() + "\n").collect()
}

/// A column of a raw table under an alias.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'a> {
    pub(crate) alias: &'a str,
    pub(crate) column: &'a ColumnSummary,
}

impl Cell<'_> {
    /// Returns the cell as it is.
    pub(crate) fn raw(self) -> String {
        format!("{}.{}", self.alias, identifier(&self.column.name))
    }

    /// Returns the cell without the spellings of missing.
    fn present(self) -> String {
        match self.column.missing_words.as_slice() {
            _ if self.column.stored != StoredKind::Text => self.raw(),
            [] => self.raw(),
            [word] => format!("nullif({}, {})", self.raw(), literal(word)),
            words => {
                let words: Vec<String> = words.iter().map(|word| word.trim().to_lowercase()).collect();
                let (raw, words) = (self.raw(), literals(&words));
                format!("CASE WHEN lower(trim({raw})) NOT IN ({words}) THEN {raw} END")
            }
        }
    }

    /// Returns the cell as a text.
    pub(crate) fn text(self) -> String {
        match self.column.stored {
            StoredKind::Text => self.present(),
            _ => format!("CAST({} AS VARCHAR)", self.raw()),
        }
    }

    /// Returns the cell as a key that compares alike, wherever it is from.
    pub(crate) fn key(self) -> String {
        match self.column.stored {
            StoredKind::Text => self.present(),
            StoredKind::Real => format!("CAST(CAST({} AS BIGINT) AS VARCHAR)", self.raw()),
            _ => format!("CAST({} AS VARCHAR)", self.raw()),
        }
    }

    /// Returns the cell as a value that conditions compare with words: trimmed and in lower case.
    pub(crate) fn word(self) -> String {
        format!("lower(trim({}))", self.text())
    }

    /// Returns the cell as a number.
    pub(crate) fn number(self) -> String {
        match (self.column.stored, &self.column.reading) {
            (StoredKind::Text, ColumnReading::Number(form)) => {
                format!("parse_number({}, {})", self.present(), literal(&number_form(form)))
            }
            (StoredKind::Text, _) => format!("parse_number({}, 'decimal point')", self.present()),
            _ => format!("CAST({} AS DOUBLE)", self.raw()),
        }
    }

    /// Returns the cell as yes or no.
    pub(crate) fn flag(self) -> String {
        match (self.column.stored, &self.column.reading) {
            (StoredKind::Flag, _) => self.raw(),
            (StoredKind::Integer | StoredKind::Real, _) => format!("{} <> 0", self.raw()),
            (_, ColumnReading::Flag { yes, no }) if !is_understood(yes, true) || !is_understood(no, false) => {
                let lower = |words: &[String]| words.iter().map(|word| word.trim().to_lowercase()).collect::<Vec<_>>();
                // An empty word of no says that an empty cell is no.
                let is_tick = no.iter().all(|word| word.trim().is_empty());
                let (word, yes, no) = (self.word(), literals(&lower(yes)), literals(&lower(no)));
                match is_tick {
                    true => format!("coalesce({word} IN ({yes}), false)"),
                    false => format!("CASE WHEN {word} IN ({yes}) THEN true WHEN {word} IN ({no}) THEN false END"),
                }
            }
            _ => format!("parse_flag({})", self.present()),
        }
    }

    /// Returns the cell as a point in time, for a column of its own: a text that is none rejects its row.
    pub(crate) fn time_column(self) -> String {
        match (self.column.stored, self.column.date_order()) {
            (StoredKind::Timestamp, _) => self.raw(),
            (StoredKind::Text, Some(DateOrder::YearMonthDay) | None) => self.present(),
            _ => self.time(),
        }
    }

    /// Returns the cell as a point in time, to calculate with.
    pub(crate) fn time(self) -> String {
        let text = || if self.column.stored == StoredKind::Text { self.present() } else { self.text() };
        let form = match self.column.date_order() {
            _ if self.column.stored == StoredKind::Timestamp => return self.raw(),
            Some(DateOrder::YearMonthDay) | None => return format!("parse_timestamp({})", text()),
            Some(DateOrder::DayMonthYear) => "day first",
            Some(DateOrder::MonthDayYear) => "month first",
            Some(DateOrder::SpreadsheetSerial) => "spreadsheet",
            Some(DateOrder::UnixSeconds) => "unix",
            Some(DateOrder::UnixMillis) => "unix ms",
        };
        format!("parse_timestamp({}, '{form}')", text())
    }
}

/// Returns whether `parse_flag` reads these words so.
fn is_understood(words: &[String], meaning: bool) -> bool {
    words.iter().all(|word| parse_flag_cell(word) == Some(meaning))
}

/// Returns the name of a form for `parse_number`. Thousands, currencies, percents and any minus need no saying there.
fn number_form(form: &NumberForm) -> String {
    let is_comma = form.decimal == Some(',') || (form.decimal.is_none() && form.thousands == Some('.'));
    let mut name = if is_comma { "decimal comma" } else { "decimal point" }.to_owned();
    name += if form.plus { ", plus" } else { "" };
    name += if form.scale { ", scale" } else { "" };
    let units =
        form.units.iter().filter(|unit| parse_number_cell(&format!("1 {unit}"), &NumberForm::default()).is_none());
    units.for_each(|unit| name += &format!(", unit {unit}"));
    name
}

/// A column of a SELECT: its expression and its name.
pub(crate) struct Item {
    pub(crate) expression: String,
    pub(crate) name: String,
}

/// Returns an item.
pub(crate) fn item(expression: impl Into<String>, name: &str) -> Item {
    Item { expression: expression.into(), name: name.to_owned() }
}

/// Returns `SELECT` with its items, a line each, the names below each other.
pub(crate) fn select(items: &[Item]) -> String {
    let width =
        items.iter().map(|item| item.expression.chars().count()).filter(|width| *width <= 60).max().unwrap_or(0);
    let lines: Vec<String> =
        items.iter().map(|item| format!("  {:<width$} AS {}", item.expression, identifier(&item.name))).collect();
    format!("SELECT\n{}\n", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::column;

    fn number(decimal: Option<char>) -> ColumnReading {
        ColumnReading::Number(NumberForm { decimal, ..NumberForm::default() })
    }

    fn date(order: DateOrder) -> ColumnReading {
        ColumnReading::Timestamp { order, days_only: false }
    }

    #[track_caller]
    fn check(name: &str, reading: ColumnReading, of: fn(Cell<'_>) -> String, expected: &str) {
        let column = column(name, reading);
        assert_eq!(of(Cell { alias: "l", column: &column }), expected);
    }

    #[test]
    fn cells_of_files_are_read_by_explicit_functions() {
        check("Umsatz", number(Some(',')), |cell| cell.number(), "parse_number(l.\"Umsatz\", 'decimal comma')");
        check("amount", number(None), |cell| cell.number(), "parse_number(l.amount, 'decimal point')");
        let form = NumberForm {
            thousands: Some('.'),
            units: vec!["€".to_owned(), "kg".to_owned()],
            plus: true,
            scale: true,
            ..NumberForm::default()
        };
        let expected = "parse_number(l.size, 'decimal comma, plus, scale, unit kg')";
        check("size", ColumnReading::Number(form), |cell| cell.number(), expected);
        check("created", date(DateOrder::YearMonthDay), |cell| cell.time_column(), "l.created");
        check("created", date(DateOrder::YearMonthDay), |cell| cell.time(), "parse_timestamp(l.created)");
        check(
            "Datum",
            date(DateOrder::DayMonthYear),
            |cell| cell.time_column(),
            "parse_timestamp(l.\"Datum\", 'day first')",
        );
        check("date", date(DateOrder::MonthDayYear), |cell| cell.time(), "parse_timestamp(l.\"date\", 'month first')");
        check("t", date(DateOrder::UnixMillis), |cell| cell.time(), "parse_timestamp(l.t, 'unix ms')");
        let flag = |yes: &str, no: &str| ColumnReading::Flag { yes: vec![yes.into()], no: vec![no.into()] };
        check("vip", flag("Yes", "No"), |cell| cell.flag(), "parse_flag(l.vip)");
        check("vip", flag("Igen", "Nem"), |cell| cell.flag(), "parse_flag(l.vip)");
        let expected =
            "CASE WHEN lower(trim(l.vip)) IN ('gold') THEN true WHEN lower(trim(l.vip)) IN ('iron') THEN false END";
        check("vip", flag("Gold", "Iron"), |cell| cell.flag(), expected);
    }

    #[test]
    fn spellings_of_missing_are_missing() {
        let mut source = column("source", ColumnReading::Category);
        source.missing_words = vec!["NA".into()];
        assert_eq!(Cell { alias: "l", column: &source }.text(), "nullif(l.source, 'NA')");
        source.missing_words.push("Select".into());
        let expected = "CASE WHEN lower(trim(l.source)) NOT IN ('na', 'select') THEN l.source END";
        assert_eq!(Cell { alias: "l", column: &source }.text(), expected);
    }

    #[test]
    fn names_that_are_not_plain_are_quoted() {
        assert_eq!(identifier("Lead ID"), "\"Lead ID\"");
        assert_eq!(identifier("lead_id"), "lead_id");
        assert_eq!(identifier("order"), "\"order\"");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
    }
}
