//! Snapshots of whole outputs, without what differs from run to run: ids, times of now, durations, folders, addresses.
//!
//! An id gets a number by its first appearance, so that a snapshot shows which ids are the same.

use chrono::{NaiveDate, TimeDelta, Utc};

/// Hexadecimal digits from this length on are an id: of a model, a data set, a job.
const ID_LENGTH_MIN: usize = 12;

/// Returns an output with the changing parts replaced, such as `[id 1]`, `[uuid 2]`, `[now]`, `[folder]`.
pub(crate) fn redacted(output: &str) -> String {
    let mut redaction = Redaction::default();
    let mut text = String::new();
    let mut rest = output;
    while let Some(first) = rest.chars().next() {
        let (replacement, length) = redaction.part(rest);
        text.push_str(&replacement.unwrap_or_else(|| rest[..length].to_owned()));
        debug_assert!(length >= first.len_utf8());
        rest = &rest[length..];
    }
    text
}

/// Returns an output with the figures of models replaced too, as a change of a model may move them: decimal numbers, the
/// size of a model's file, and what a policy earns.
pub(crate) fn redacted_figures(output: &str) -> String {
    redacted(output).lines().map(|line| without_figures(line) + "\n").collect()
}

/// Returns indented JSON with the first item of each list; `…` stands for the others.
pub(crate) fn with_short_lists(json: &str) -> String {
    let mut text = String::new();
    // How far the lines of the lists are indented that a line is in, and whether the rest of the innermost is left out.
    let mut lists: Vec<usize> = Vec::new();
    let mut is_left_out = false;
    for line in json.lines() {
        let indentation = indentation(line);
        let is_end = lists.last() == Some(&indentation);
        if is_left_out && !is_end {
            continue;
        }
        if is_left_out {
            text.push_str(&format!("{:indentation$}  …\n", ""));
        }
        text.push_str(&format!("{line}\n"));
        if is_end {
            lists.pop();
        }
        if line.ends_with('[') {
            lists.push(indentation);
        }
        is_left_out = line.ends_with(',') && lists.last().is_some_and(|list| indentation == list + 2);
    }
    text
}

fn without_figures(line: &str) -> String {
    let mut text = String::new();
    let mut rest = &line[indentation(line)..];
    // Whole numbers are figures where a line says what a policy earns.
    let mut are_all_figures = false;
    while let Some(first) = rest.chars().next() {
        are_all_figures |= rest.starts_with(": calling at ");
        let (length, is_figure) = number_at(rest);
        // A number in a name, such as F0.5, stays.
        let is_figure = (is_figure || (are_all_figures && length > 0)) && !text.ends_with(char::is_alphabetic);
        let length = length.max(first.len_utf8());
        text.push_str(if is_figure { "[n]" } else { &rest[..length] });
        rest = &rest[length..];
    }
    // Columns are as wide as their figures.
    let columns: Vec<&str> = text.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
    format!("{:width$}{}", "", columns.join("  "), width = indentation(line))
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Returns the length of the number that a text begins with, 0 if there is none, and whether it is a figure in any place:
/// a fraction, or the size of a file.
fn number_at(text: &str) -> (usize, bool) {
    let digits = |text: &str| text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let mut length = digits(text);
    if length == 0 {
        return (0, false);
    }
    let mut is_figure = false;
    while let Some(fraction) = text[length..].strip_prefix('.').filter(|fraction| digits(fraction) > 0) {
        length += 1 + digits(fraction);
        is_figure = true;
    }
    for exponent in ["e-", "e+", "e"] {
        let Some(power) = text[length..].strip_prefix(exponent).filter(|power| digits(power) > 0) else { continue };
        length += exponent.len() + digits(power);
        is_figure = true;
    }
    (length, is_figure || text[length..].starts_with(" bytes"))
}

/// The ids that were replaced so far.
#[derive(Default)]
struct Redaction {
    ids: Vec<String>,
    uuids: Vec<String>,
}

impl Redaction {
    /// Returns what stands for the beginning of a text, `None` for itself, and how long the beginning is.
    fn part(&mut self, text: &str) -> (Option<String>, usize) {
        if let Some(length) = folder(text) {
            return (Some("[folder]".to_owned()), length);
        }
        if let Some(length) = address(text) {
            return (Some("http://[address]".to_owned()), length);
        }
        if let Some((replacement, length)) = time(text) {
            return (Some(replacement.to_owned()), length);
        }
        if let Some(length) = duration(text) {
            return (Some("[duration]".to_owned()), length);
        }
        let word: &str = text.split(|character: char| !is_of_word(character)).next().unwrap_or_default();
        if word.is_empty() {
            return (None, text.chars().next().map_or(0, char::len_utf8));
        }
        if is_uuid(word) {
            return (Some(format!("[uuid {}]", number(&mut self.uuids, word))), word.len());
        }
        if is_id(word) {
            return (Some(format!("[id {}]", number(&mut self.ids, word))), word.len());
        }
        // A number may have a time or a unit behind it, so that only words are passed over whole.
        let length = if word.starts_with(|first: char| first.is_ascii_digit()) {
            word.find(|character: char| !character.is_ascii_digit()).unwrap_or(word.len())
        } else {
            word.len()
        };
        (None, length)
    }
}

fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '-' || character == '_'
}

/// Returns the number of an id, which may be cut off; a new id gets the next one.
fn number(ids: &mut Vec<String>, id: &str) -> usize {
    let known = ids.iter().position(|known| known.starts_with(id) || id.starts_with(known.as_str()));
    let position = known.unwrap_or_else(|| {
        ids.push(id.to_owned());
        ids.len() - 1
    });
    position + 1
}

fn is_uuid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.chars().all(|character| character == '-' || character.is_ascii_hexdigit())
}

fn is_id(word: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let has_letter = word.bytes().any(|byte| byte.is_ascii_lowercase());
    word.len() >= ID_LENGTH_MIN && has_letter && word.bytes().all(is_hex)
}

/// Returns the length of the path of a temporary folder.
fn folder(text: &str) -> Option<usize> {
    let temporary = std::env::temp_dir().join(".tmp");
    let rest = text.strip_prefix(temporary.to_str()?)?;
    let name = rest.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(rest.len());
    Some(text.len() - rest.len() + name)
}

/// Returns the length of the address of a server on this machine.
fn address(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("http://127.0.0.1:")?;
    let port = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    Some(text.len() - rest.len() + port)
}

/// Returns what stands for a day or a time of today, and its length. Times of the demo company stay: they are the same
/// in every run.
fn time(text: &str) -> Option<(&'static str, usize)> {
    let day: NaiveDate = text.get(..10)?.parse().ok()?;
    // A run may begin before midnight.
    if (Utc::now().date_naive() - day).abs() > TimeDelta::days(1) {
        return None;
    }
    let rest = &text[10..];
    if !rest.starts_with(['T', ' ']) || !rest[1..].starts_with(|first: char| first.is_ascii_digit()) {
        return Some(("[today]", 10));
    }
    let is_of_time = |character: char| character.is_ascii_digit() || ":.+".contains(character);
    let end = rest[1..].find(|character: char| !is_of_time(character)).map_or(rest.len(), |end| end + 1);
    let zone = usize::from(rest[end..].starts_with('Z'));
    Some(("[now]", 10 + end + zone))
}

/// Returns the length of a number with a unit of time.
fn duration(text: &str) -> Option<usize> {
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.')?;
    let unit = text[end..].strip_prefix(' ')?;
    let unit_length = ["ms", "µs", "s", "min"].into_iter().find_map(|name| {
        let rest = unit.strip_prefix(name)?;
        (!rest.starts_with(is_of_word)).then_some(name.len())
    })?;
    (end > 0).then_some(end + 1 + unit_length)
}

#[test]
fn ids_times_and_folders_are_redacted() {
    let now = Utc::now();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = format!(
        "{}/data: model `0123456789abcdef` of {} in 1.25 s, again 0123456789ab, as of 2026-02-01, \
         4000 leads, call 018f2b6e-7c00-7000-8000-0123456789ab at http://127.0.0.1:40123/v1",
        folder.path().display(),
        now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    );
    assert_eq!(
        redacted(&output),
        "[folder]/data: model `[id 1]` of [now] in [duration], again [id 1], as of 2026-02-01, 4000 leads, call \
         [uuid 1] at http://[address]/v1"
    );
}

#[test]
fn figures_of_models_are_redacted() {
    for (output, expected) in [
        ("AUC    0.812  of 12 rows.", "AUC  [n]  of 12 rows.\n"),
        ("  F0.5   1.5e-7, 2e-9\n", "  F0.5  [n], [n]\n"),
        ("the same 1234 bytes by 0.1.0", "the same [n] bytes by [n]\n"),
        ("the best 10: calling at 7 of 90 rows", "the best 10: calling at [n] of [n] rows\n"),
    ] {
        assert_eq!(redacted_figures(output), expected);
    }
}

#[test]
fn lists_are_shortened_to_their_first_items() {
    let json = serde_json::json!([[1, 2], { "a": [3, 4], "b": [], "c": [{ "d": 5 }] }]);
    let json = serde_json::to_string_pretty(&json).expect("it is plain data");
    assert_eq!(with_short_lists(&json), "[\n  [\n    1,\n    …\n  ],\n  …\n]\n");
    let json = serde_json::to_string_pretty(&serde_json::json!({ "a": [3, 4], "b": [], "c": [{ "d": 5 }] }));
    assert_eq!(
        with_short_lists(&json.expect("it is plain data")),
        "{\n  \"a\": [\n    3,\n    …\n  ],\n  \"b\": [],\n  \"c\": [\n    {\n      \"d\": 5\n    }\n  ]\n}\n"
    );
}
