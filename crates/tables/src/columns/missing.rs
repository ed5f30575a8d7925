//! Spellings of missing: how sure each of them is.

use std::sync::LazyLock;

/// How sure it is that a spelling means missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sure {
    /// It is no word that people would have for a category.
    Unmistakable,
    /// It may be a value among words: `NA` is North America, `None` a choice.
    AmongValues,
}

/// The spellings, in small letters. Formulas' errors and database dumps' signs are among them.
const UNMISTAKABLE: &[&str] = &[
    "#n/a",
    "#na",
    "#n/v",
    "#nv",
    "n/a",
    "\\n",
    "(not set)",
    "(blank)",
    "(empty)",
    "(null)",
    "null",
    "nan",
    "select",
    "select...",
    "select…",
    "please select",
    "--select--",
    "- select -",
    "-select-",
    "select one",
    "bitte wählen",
    "bitte auswählen",
    "bitte wählen...",
    "bitte wählen…",
    "-",
    "--",
    "---",
    "–",
    "—",
    "#ref!",
    "#value!",
    "#wert!",
    "#bezug!",
    "#div/0!",
    "#name?",
    "#null!",
    "#num!",
    "#zahl!",
    "#error!",
    "#valeur!",
    "#valor!",
    "<na>",
    "<null>",
    "[null]",
    "nat",
    "-nan",
    "0000-00-00",
    "0000-00-00 00:00:00",
    "00.00.0000",
    "00/00/0000",
];
const AMONG_VALUES: &[&str] = &[
    "na",
    "none",
    "(none)",
    "unknown",
    "unbekannt",
    "inconnu",
    "desconocido",
    "?",
    "??",
    ".",
    "..",
    "missing",
    "nil",
    "k.a.",
    "k. a.",
    "keine angabe",
    "not available",
    "not applicable",
    "not provided",
    "not specified",
    "n.a.",
    "n. a.",
    "n.v.",
    "n.d.",
    "tbd",
    "tba",
    "*",
    "/",
    "x",
    "xx",
    "xxx",
    "inf",
    "-inf",
    "+inf",
    "infinity",
    "-infinity",
    "void",
    "undefined",
    "empty",
    "blank",
];

/// The longest of them, in bytes.
const LENGTH_MAX: usize = 20;

/// The spellings by their first byte, which tells most cells.
static BY_FIRST: LazyLock<Vec<Vec<(&str, Sure)>>> = LazyLock::new(|| {
    let mut by_first = vec![Vec::new(); 256];
    let all = UNMISTAKABLE.iter().map(|one| (*one, Sure::Unmistakable));
    for spelling in all.chain(AMONG_VALUES.iter().map(|one| (*one, Sure::AmongValues))) {
        by_first[usize::from(spelling.0.as_bytes()[0])].push(spelling);
    }
    by_first
});

/// Returns how sure it is that a trimmed cell means missing; `None` if it is no such spelling.
pub(crate) fn means_missing(cell: &str) -> Option<Sure> {
    let first = cell.as_bytes().first()?.to_ascii_lowercase();
    if cell.len() > LENGTH_MAX {
        return None;
    }
    BY_FIRST[usize::from(first)].iter().find(|(spelling, _)| is_same(spelling, cell)).map(|(_, sure)| *sure)
}

/// Compares a spelling with a cell without regard to case.
pub(crate) fn is_same(spelling: &str, cell: &str) -> bool {
    if spelling.is_ascii() || cell.is_ascii() {
        return spelling.eq_ignore_ascii_case(cell);
    }
    spelling.chars().flat_map(char::to_lowercase).eq(cell.chars().flat_map(char::to_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_known_in_any_case() {
        for spelling in ["#N/A", "\\N", "NULL", "NaN", "Select", "Bitte Wählen", "-", "(not set)", "#REF!"] {
            assert_eq!(means_missing(spelling), Some(Sure::Unmistakable), "{spelling}");
        }
        for spelling in ["NA", "None", "unknown", "?", "."] {
            assert_eq!(means_missing(spelling), Some(Sure::AmongValues), "{spelling}");
        }
        for word in ["", "0", "Nathan", "Selected", "EU", "a long text that is certainly no such spelling"] {
            assert_eq!(means_missing(word), None, "{word}");
        }
    }
}
