//! Numbers as people write them in a spreadsheet: `20,000`, `€ 20k`, `50%`, `3 days`.

/// What is counted and not measured: a number of these is the number itself, whatever the field is called.
const COUNTED: [&str; 24] = [
    "employee", "people", "person", "staff", "user", "seat", "member", "fte", "visit", "view", "page", "click", "open",
    "email", "mail", "reply", "replie", "download", "session", "form", "call", "meeting", "event", "time",
];

/// A number with its unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quantity {
    number: f64,
    /// The word after it, in lower case; empty if there is none.
    unit: String,
}

impl Quantity {
    /// Reads one number and at most one word after it; `None` if the text is something else.
    pub(super) fn read(text: &str) -> Option<Quantity> {
        let text = text.trim().trim_start_matches(['€', '$', '£']).trim();
        if let Some(number) = plain(text) {
            return Some(Quantity { number, unit: String::new() });
        }
        let end = text.find(|letter: char| letter.is_alphabetic() || "%€$£".contains(letter)).unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        let number = plain(digits)?;
        let unit = rest.trim().to_lowercase();
        let factor = match unit.as_str() {
            "k" if digits.ends_with(|last: char| last.is_ascii_digit()) => 1e3,
            "m" | "mm" | "mio" if digits.ends_with(|last: char| last.is_ascii_digit()) => 1e6,
            "b" | "bn" if digits.ends_with(|last: char| last.is_ascii_digit()) => 1e9,
            // A spreadsheet itself keeps 50 % as 0.5.
            "%" => 0.01,
            "" | "€" | "$" | "£" => 1.0,
            word if word.chars().all(char::is_alphabetic) => {
                return Some(Quantity { number, unit: word.to_owned() });
            }
            _ => return None,
        };
        Some(Quantity { number: number * factor, unit: String::new() })
    }

    /// Returns the number of a field. A unit must be in the field's name, since otherwise the unit of the field is not known.
    pub(super) fn in_field(&self, field: &str) -> Result<Option<f32>, String> {
        let stem = self.unit.trim_end_matches('s');
        if !self.unit.is_empty() && !COUNTED.contains(&stem) && !field.to_lowercase().contains(stem) {
            return Err(format!(
                "a number in `{}`, and the name of field `{field}` does not say that it counts these: expected the number \
                 alone, in the field's own unit",
                self.unit
            ));
        }
        Ok(Quantity { unit: String::new(), ..self.clone() }.plain())
    }

    /// Returns the number if it has no unit and 32 bits can hold it.
    pub(super) fn plain(&self) -> Option<f32> {
        let number = self.number as f32;
        (self.unit.is_empty() && number.is_finite()).then_some(number)
    }
}

/// Reads `11-50`, `11 – 50`, `11 to 50`, `between 11 and 50` and the like.
pub(super) fn range(text: &str) -> Option<(Quantity, Quantity)> {
    let lower = text.to_lowercase();
    let between = lower.strip_prefix("between ").and_then(|rest| rest.split_once(" and "));
    let from = || lower.strip_prefix("from ").unwrap_or(&lower).split_once(" to ");
    if let Some((low, high)) = between.or_else(from).or_else(|| lower.split_once("..")) {
        return Some((Quantity::read(low)?, Quantity::read(high)?));
    }
    // With a dash both ends are without a sign, so that it has one meaning.
    let (low, high) = lower.split_once(['-', '–', '—'])?;
    let signed = |text: &str| text.trim().starts_with(['-', '+', '–', '—']);
    if signed(low) || signed(high) { None } else { Some((Quantity::read(low)?, Quantity::read(high)?)) }
}

/// Returns whether a text such as `100,200` can be one number as well as two.
pub(super) fn is_one_or_two(text: &str) -> bool {
    text.contains(',') && plain(text).is_some()
}

/// Reads a number, with or without separators of thousands.
pub(super) fn plain(text: &str) -> Option<f64> {
    let text = text.trim().replace('−', "-");
    let number = text.parse::<f64>().ok().or_else(|| without_separators(&text)?.parse().ok());
    // Words such as `inf` are read as numbers too.
    number.filter(|number| number.is_finite() && text.contains(|digit: char| digit.is_ascii_digit()))
}

/// Returns `20,000.5` as `20000.5`; `None` unless each group after the first has three digits.
fn without_separators(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let separator = whole.chars().find(|letter| [',', '\'', '’', ' ', '\u{a0}', '\u{202f}', '_'].contains(letter))?;
    let groups: Vec<&str> = whole.split(separator).collect();
    let (first, others) = groups.split_first()?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let first_fits = digits(first.trim_start_matches(['-', '+'])) && first.len() <= 4;
    let fits = first_fits && others.iter().all(|group| group.len() == 3 && digits(group));
    fits.then(|| if fraction.is_empty() { groups.concat() } else { format!("{}.{fraction}", groups.concat()) })
}
