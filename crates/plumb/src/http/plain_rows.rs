//! Rows of plain values, out of a body's text straight into a model's rows: what most requests are, for a tenth of the
//! work. It reads nothing but what it is sure of; `None` leaves a body to the readers of `wire`, `invoke::rows`, `mlflow`
//! and `csv_rows`, which know all forms and all errors. Both mean the same: `tests::plain` holds one against the other.

use super::csv_rows::{self, Layout};
use super::invoke::WORDS;
use super::wire::usable;
use crate::scoring::{Cell, Rows, RowsWriter, Scorer};

/// The body of `/v1/score` with features, read as far as its target, which says which model they are for.
pub(super) struct ScoreBody<'a> {
    pub(super) target: &'a str,
    lead_id: Option<&'a str>,
    text: Text<'a>,
}

impl<'a> ScoreBody<'a> {
    pub(super) fn read(body: &'a [u8]) -> Option<ScoreBody<'a>> {
        let mut text = Text::of(body)?;
        text.take(b'{')?;
        let mut lead_id = None;
        loop {
            match text.name()? {
                "target" => break,
                "lead_id" if lead_id.is_none() => lead_id = Some(text.string()?),
                _ => return None,
            }
            text.take(b',')?;
        }
        let target = Some(text.string()?).filter(|target| !target.trim().is_empty())?;
        Some(ScoreBody { target, lead_id, text })
    }

    /// Returns the row, and the caller's own name for it.
    pub(super) fn row(mut self, scorer: &Scorer) -> Option<(Rows, Option<&'a str>)> {
        let (mut rows, mut is_read) = (writer(scorer), false);
        while self.text.goes_on(b'}')? {
            match self.text.name()? {
                "features" if !is_read => {
                    row(&mut self.text, &mut rows)?;
                    is_read = true;
                }
                "lead_id" if self.lead_id.is_none() => self.lead_id = Some(self.text.string()?),
                _ => return None,
            }
        }
        self.text.end()?;
        Some((rows.finish()?, self.lead_id))
    }
}

/// Reads a body of JSON as InvokeEndpoint has it: `{"instances": [...]}`, or one instance alone.
pub(super) fn instances(body: &[u8], scorer: &Scorer) -> Option<Rows> {
    let (mut text, mut rows) = (Text::of(body)?, instance_writer(scorer)?);
    match text.only_name() {
        Some("instances") => {
            list(&mut text, &mut rows, instance)?;
            text.take(b'}')?;
        }
        _ => {
            text = Text::of(body)?;
            instance(&mut text, &mut rows)?;
        }
    }
    text.end()?;
    rows.finish()
}

/// Reads an instance a line.
pub(super) fn json_lines(body: &[u8], scorer: &Scorer) -> Option<Rows> {
    let (text, mut rows) = (Text::of(body)?, instance_writer(scorer)?);
    for line in text.text.split('\n') {
        let mut text = Text { text: line, at: 0 };
        if text.end().is_none() {
            instance(&mut text, &mut rows)?;
            text.end()?;
        }
    }
    rows.finish()
}

/// Reads a body of MLflow's: a list of rows under one name, or columns and their rows.
pub(super) fn mlflow(body: &[u8], scorer: &Scorer) -> Option<Rows> {
    let (mut text, mut rows) = (Text::of(body)?, writer(scorer));
    match text.only_name()? {
        "dataframe_records" | "instances" | "inputs" => list(&mut text, &mut rows, row)?,
        "dataframe_split" => split(&mut text, &mut rows)?,
        _ => return None,
    }
    text.take(b'}')?;
    text.end()?;
    rows.finish()
}

/// Reads lines of cells without a header and without quotes.
pub(super) fn csv(body: &[u8], layout: Layout, scorer: &Scorer) -> Option<Rows> {
    let text = std::str::from_utf8(body).ok()?;
    if layout.header || !text.is_ascii() || text.contains('"') {
        return None;
    }
    let features = &scorer.artifact.model.features.features;
    let (delimiter, mut rows) = (char::from(csv_rows::delimiter(text)), writer(scorer));
    for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        if line.contains('\r') {
            return None;
        }
        if line.is_empty() {
            continue;
        }
        rows.begin();
        let mut cells = line.split(delimiter).map(str::trim).skip(layout.labels);
        for (column, feature) in features.iter().enumerate() {
            rows.put(column, csv_rows::cell(&feature.kind, cells.next()?)?)?;
        }
        if cells.next().is_some() {
            return None;
        }
    }
    rows.finish()
}

fn writer(scorer: &Scorer) -> RowsWriter<'_> {
    RowsWriter::new(&scorer.artifact.model.features, &scorer.columns)
}

/// A writer of instances, which are told apart by words: a model that has such a word as a feature is not for here.
fn instance_writer(scorer: &Scorer) -> Option<RowsWriter<'_>> {
    let has_a_word = WORDS.iter().chain(&["instances"]).any(|word| scorer.columns.has(word));
    (!has_a_word).then(|| writer(scorer))
}

/// A row, or one under `features` and nothing beside it.
fn instance(text: &mut Text, rows: &mut RowsWriter) -> Option<()> {
    let start = text.at;
    if text.only_name() == Some("features") {
        row(text, rows)?;
        return text.take(b'}');
    }
    text.at = start;
    row(text, rows)
}

/// Names with their values, or values in the model's order.
fn row(text: &mut Text, rows: &mut RowsWriter) -> Option<()> {
    rows.begin();
    if text.take(b'[').is_some() {
        for column in 0..rows.width() {
            rows.put(column, text.cell()?)?;
            if text.goes_on(b']')? != (column + 1 < rows.width()) {
                return None;
            }
        }
        return Some(());
    }
    text.take(b'{')?;
    if text.take(b'}').is_some() {
        return Some(());
    }
    loop {
        let column = rows.column(text.name()?)?;
        rows.put(column, text.cell()?)?;
        if !text.goes_on(b'}')? {
            return Some(());
        }
    }
}

/// `{"columns": [names], "data": [[values]]}`.
fn split(text: &mut Text, rows: &mut RowsWriter) -> Option<()> {
    (text.only_name()? == "columns").then_some(())?;
    text.take(b'[')?;
    let mut columns = Vec::new();
    loop {
        columns.push(rows.column(text.string()?)?);
        if !text.goes_on(b']')? {
            break;
        }
    }
    text.take(b',')?;
    (text.name()? == "data").then_some(())?;
    list(text, rows, |text, rows| {
        rows.begin();
        text.take(b'[')?;
        for (index, column) in columns.iter().enumerate() {
            rows.put(*column, text.cell()?)?;
            if text.goes_on(b']')? != (index + 1 < columns.len()) {
                return None;
            }
        }
        Some(())
    })?;
    text.take(b'}')
}

fn list(
    text: &mut Text,
    rows: &mut RowsWriter,
    mut each: impl FnMut(&mut Text, &mut RowsWriter) -> Option<()>,
) -> Option<()> {
    text.take(b'[')?;
    loop {
        each(text, rows)?;
        if !text.goes_on(b']')? {
            return Some(());
        }
    }
}

/// A text of JSON, read from its beginning to its end.
struct Text<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Text<'a> {
    fn of(body: &'a [u8]) -> Option<Text<'a>> {
        Some(Text { text: std::str::from_utf8(body).ok()?, at: 0 })
    }

    /// Returns the byte after blanks.
    fn next(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn take(&mut self, sign: u8) -> Option<()> {
        (self.next()? == sign).then(|| self.at += 1)
    }

    /// Goes behind a comma, or behind what ends the list or the object; then it does not go on.
    fn goes_on(&mut self, end: u8) -> Option<bool> {
        let sign = self.next().filter(|sign| *sign == b',' || *sign == end)?;
        self.at += 1;
        Some(sign != end)
    }

    /// Whether nothing is left.
    fn end(&mut self) -> Option<()> {
        self.next().is_none().then_some(())
    }

    /// Goes into an object, behind its first name.
    fn only_name(&mut self) -> Option<&'a str> {
        self.take(b'{')?;
        self.name()
    }

    fn name(&mut self) -> Option<&'a str> {
        let name = self.string()?;
        self.take(b':')?;
        Some(name)
    }

    /// A text without escapes.
    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        self.at += length + 1;
        (rest.as_bytes()[length] == b'"').then(|| &rest[..length])
    }

    fn cell(&mut self) -> Option<Cell<'a>> {
        match self.next()? {
            b'"' => self.string().map(Cell::Text),
            b'-' | b'0'..=b'9' => self.number().map(Cell::Number),
            _ => {
                let words = [("null", Cell::Missing), ("true", Cell::Flag(true)), ("false", Cell::Flag(false))];
                let (word, cell) = words.into_iter().find(|(word, _)| self.text[self.at..].starts_with(word))?;
                self.at += word.len();
                Some(cell)
            }
        }
    }

    /// A number that 32 bits can hold. Rust reads more forms than JSON has, and has the same value for those of both.
    fn number(&mut self) -> Option<f64> {
        let rest = &self.text.as_bytes()[self.at..];
        let digits = |from: usize| rest[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = usize::from(rest.first() == Some(&b'-'));
        let whole = digits(end);
        if whole == 0 || (whole > 1 && rest[end] == b'0') {
            return None;
        }
        end += whole;
        if rest.get(end) == Some(&b'.') {
            let fraction = digits(end + 1);
            end += 1 + fraction;
            (fraction > 0).then_some(())?;
        }
        if matches!(rest.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            end += 1 + sign + exponent;
            (exponent > 0).then_some(())?;
        }
        let number = self.text[self.at..self.at + end].parse().ok().and_then(usable)?;
        self.at += end;
        Some(number)
    }
}
