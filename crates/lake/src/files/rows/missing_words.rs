//! Spellings of a missing value that need no plan.

/// Texts that mean a missing value in any column.
const ANYWHERE: [&str; 7] = ["", "NA", "N/A", "null", "NaN", "unknown", "?"];

/// Texts that mean one where a number or flag is expected: there they can be nothing else.
const IN_NUMBERS: [&str; 16] = [
    "-",
    "--",
    "–",
    "—",
    ".",
    "#N/A",
    "#N/V",
    "#NV",
    "n.a.",
    "k.A.",
    "none",
    "nil",
    "<NA>",
    "(not set)",
    "(blank)",
    "\\N",
];

/// Returns whether a trimmed cell means a missing value in any column.
pub(super) fn is_missing(cell: &str) -> bool {
    ANYWHERE.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Returns whether a trimmed cell means a missing value where a number or flag is expected.
pub(super) fn is_missing_number(cell: &str) -> bool {
    is_missing(cell) || IN_NUMBERS.iter().any(|word| cell.eq_ignore_ascii_case(word))
}
