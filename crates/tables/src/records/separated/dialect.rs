//! How a file separates and encloses its cells.

/// How a file separates and encloses its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) separator: char,
    pub(crate) quote: char,
    /// What takes the meaning from a quote; without it, two quotes stand for one.
    pub(crate) escape: Option<char>,
}

impl Dialect {
    pub(super) fn new(separator: char, quote: char) -> Dialect {
        Dialect { separator, quote, escape: None }
    }
}

/// Returns the separator that a first line such as `sep=;` gives, as spreadsheets write and obey it.
pub(super) fn instruction(text: &str) -> Option<char> {
    let line = text.split(['\n', '\r']).next()?.trim_matches('"');
    let value = line.get(..4).filter(|word| word.eq_ignore_ascii_case("sep=")).map(|word| &line[word.len()..])?;
    // A spreadsheet that saves such a file again may fill the line with empty cells.
    let mut letters = value.trim_matches('"').chars();
    let separator = letters.next()?;
    (!separator.is_alphanumeric() && letters.all(|letter| letter == separator || letter == ',')).then_some(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<char>) {
        assert_eq!(instruction(text), expected);
    }

    #[test]
    fn a_line_of_instruction_gives_the_separator() {
        check("sep=;\r\na;b\r\n", Some(';'));
        check("SEP=\t\na\tb\n", Some('\t'));
        check("\"sep=,\"\na,b\n", Some(','));
        check("sep=;;;;\na;b\n", Some(';'));
    }

    #[test]
    fn a_name_that_begins_like_one_is_none() {
        check("sep,oct\n1,2\n", None);
        check("sep=x\n", None);
        check("sep=", None);
        check("sé", None);
    }
}
