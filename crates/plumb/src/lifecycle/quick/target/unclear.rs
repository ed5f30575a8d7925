//! The message about an outcome column of which it is not clear what is positive, with a command that is ready to run.

use std::fmt::Write;

use super::sound::{Sound, sound};
use super::words::Word;

/// Words that the message lists.
const LISTED_MAX: usize = 24;

/// Returns what to say of a target whose words are not clear. Open leads are never offered as lost ones.
pub(super) fn unclear(file: &str, target: &str, words: &[Word], problem: &str) -> String {
    let mut text = format!("target `{target}` {problem}:\n");
    let width = words.iter().map(|word| word.rows.to_string().len()).max().unwrap_or(0);
    for word in words.iter().take(LISTED_MAX) {
        let also = match word.also.as_slice() {
            [] => String::new(),
            also => format!(" (also written `{}`)", also.join("`, `")),
        };
        let sounds = match sound(&word.shown) {
            Sound::Open => ": looks open, without an end yet",
            Sound::Positive => ": looks positive",
            Sound::Hopeful => ": may be positive",
            Sound::Negative => ": looks negative",
            Sound::Unknown => "",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {:>width$} rows `{}`{also}{sounds}", word.rows, word.shown);
    }
    if words.len() > LISTED_MAX {
        let _ = writeln!(text, "  and {} words more", words.len() - LISTED_MAX);
    }
    let of = |wanted: &[Sound]| -> Vec<&str> {
        words.iter().map(|word| word.shown.as_str()).filter(|word| wanted.contains(&sound(word))).collect()
    };
    let positive = [of(&[Sound::Positive]), of(&[Sound::Hopeful])].into_iter().find(|found| !found.is_empty());
    let positive = positive.map_or_else(|| "WORDS".to_owned(), |words| words.join(","));
    let open = of(&[Sound::Open]);
    let ignore = if open.is_empty() { String::new() } else { format!(" --ignore {}", quoted(&open.join(","))) };
    let _ = write!(
        text,
        "say which words are positive{}; the others count as negative:\n  plumb quick {} --target {} --positive {}{ignore}",
        if open.is_empty() {
            ", and with --ignore which leads are still open"
        } else {
            ", and which leads are still open and are left out"
        },
        plain_or_quoted(file),
        plain_or_quoted(target),
        quoted(&positive),
    );
    text
}

/// Returns a text as one argument of a shell, in double quotes.
pub(super) fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|letter| {
            let escape = matches!(letter, '"' | '\\' | '$' | '`').then_some('\\');
            escape.into_iter().chain([letter])
        })
        .collect();
    format!("\"{escaped}\"")
}

fn plain_or_quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "._-/:".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { quoted(text) }
}
