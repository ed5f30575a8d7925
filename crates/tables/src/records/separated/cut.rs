//! Cuts one record of a text into its cells.

use super::dialect::Dialect;
use crate::records::raw::Oddities;
use crate::records::source::Record;

/// Cuts records by a dialect.
pub(super) struct Cutter {
    dialect: Dialect,
    separator: Vec<u8>,
    quote: Vec<u8>,
    /// Bytes that may end a cell that is not enclosed.
    ends: [bool; 256],
    /// Bytes with which an enclosed cell may begin: the quote, blanks before it, `=` before it.
    opens: [bool; 256],
    /// Bytes with which a quote or an escape begins.
    stops: [bool; 256],
    /// A cell whose quotes are not as they mean.
    cell: String,
}

/// What is at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// A record.
    Record {
        /// Where the next one begins.
        next: usize,
        /// Where the first quote is that encloses line breaks.
        multiline: Option<usize>,
    },
    /// The text ends within a record, and more may come. `opened` is where a quote was opened.
    Incomplete { opened: Option<usize> },
    /// The quote here is never closed.
    Unclosed { opened: usize },
}

/// What is at the beginning of a cell that may be enclosed.
enum Enclosed {
    /// An enclosed cell, which was added, up to here.
    To(usize, bool),
    /// A cell that is not enclosed.
    No,
    Incomplete(Option<usize>),
    Unclosed(usize),
}

impl Cutter {
    pub(super) fn new(dialect: Dialect) -> Cutter {
        let bytes_of = |letter: char| letter.to_string().into_bytes();
        let (separator, quote) = (bytes_of(dialect.separator), bytes_of(dialect.quote));
        let (mut ends, mut opens, mut stops) = ([false; 256], [false; 256], [false; 256]);
        [separator[0], b'\n', b'\r'].iter().for_each(|byte| ends[usize::from(*byte)] = true);
        [quote[0], b' ', b'\t', b'='].iter().for_each(|byte| opens[usize::from(*byte)] = true);
        stops[usize::from(quote[0])] = true;
        dialect.escape.iter().for_each(|escape| stops[usize::from(bytes_of(*escape)[0])] = true);
        Cutter { dialect, separator, quote, ends, opens, stops, cell: String::new() }
    }

    /// Cuts the record that begins at `begin`. `is_all` tells that no more text comes.
    pub(super) fn cut(
        &mut self,
        text: &str,
        begin: usize,
        is_all: bool,
        record: &mut Record,
        oddities: &mut Oddities,
    ) -> Cut {
        record.clear();
        let bytes = text.as_bytes();
        let (mut at, mut multiline) = (begin, None);
        loop {
            let may_open = bytes.get(at).is_some_and(|byte| self.opens[usize::from(*byte)]);
            let enclosed = if may_open { self.enclosed(text, at, is_all, record, oddities) } else { Enclosed::No };
            let end = match enclosed {
                Enclosed::To(end, has_breaks) => {
                    multiline = multiline.or(has_breaks.then_some(at));
                    end
                }
                Enclosed::No => {
                    let end = self.plain_end(bytes, at);
                    record.push_field(&text[at..end]);
                    end
                }
                Enclosed::Incomplete(opened) => return Cut::Incomplete { opened },
                Enclosed::Unclosed(opened) => return Cut::Unclosed { opened },
            };
            match (bytes.get(end), bytes.get(end + 1)) {
                (None, _) if is_all => return Cut::Record { next: end, multiline },
                (Some(b'\r'), None) if is_all => return Cut::Record { next: end + 1, multiline },
                (None, _) | (Some(b'\r'), None) => return Cut::Incomplete { opened: multiline },
                (Some(b'\r'), Some(b'\n')) => return Cut::Record { next: end + 2, multiline },
                (Some(b'\r' | b'\n'), _) => return Cut::Record { next: end + 1, multiline },
                _ => at = end + self.separator.len(),
            }
        }
    }

    /// Returns where a cell ends that is not enclosed.
    fn plain_end(&self, bytes: &[u8], begin: usize) -> usize {
        let mut at = begin;
        loop {
            while at < bytes.len() && !self.ends[usize::from(bytes[at])] {
                at += 1;
            }
            if self.separator.len() == 1 || at == bytes.len() || self.is_end(bytes, at) {
                return at;
            }
            at += 1;
        }
    }

    /// Returns whether a cell that is not enclosed would end here.
    fn is_end(&self, bytes: &[u8], at: usize) -> bool {
        matches!(bytes.get(at), Some(b'\n' | b'\r')) || self.is_separator(bytes, at)
    }

    fn is_separator(&self, bytes: &[u8], at: usize) -> bool {
        bytes[at.min(bytes.len())..].starts_with(&self.separator)
    }

    fn is_quote(&self, bytes: &[u8], at: usize) -> bool {
        bytes[at.min(bytes.len())..].starts_with(&self.quote)
    }

    /// Returns the first byte from here on that is no blank.
    fn blanks_end(&self, bytes: &[u8], mut at: usize) -> usize {
        while matches!(bytes.get(at), Some(b' ' | b'\t')) && !self.is_separator(bytes, at) {
            at += 1;
        }
        at
    }

    /// Adds the cell that begins here, if it is enclosed.
    fn enclosed(
        &mut self,
        text: &str,
        begin: usize,
        is_all: bool,
        record: &mut Record,
        oddities: &mut Oddities,
    ) -> Enclosed {
        let bytes = text.as_bytes();
        let mut opened = self.blanks_end(bytes, begin);
        let is_formula = bytes.get(opened) == Some(&b'=') && self.is_quote(bytes, opened + 1);
        opened += usize::from(is_formula);
        if opened + self.quote.len() >= bytes.len() && !is_all {
            return Enclosed::Incomplete(None);
        }
        if !self.is_quote(bytes, opened) {
            return Enclosed::No;
        }
        let inside = opened + self.quote.len();
        let (mut at, mut has_quotes, mut has_breaks, mut strays) = (inside, false, false, 0);
        loop {
            while at < bytes.len() && !self.stops[usize::from(bytes[at])] {
                has_breaks |= matches!(bytes[at], b'\n' | b'\r');
                at += 1;
            }
            if at >= bytes.len() {
                return if is_all { Enclosed::Unclosed(opened) } else { Enclosed::Incomplete(Some(opened)) };
            }
            if self.dialect.escape.is_some_and(|escape| text[at..].starts_with(escape)) {
                let escape_end = at + self.dialect.escape.map_or(0, char::len_utf8);
                has_quotes = true;
                at = escape_end + text[escape_end..].chars().next().map_or(0, char::len_utf8);
                continue;
            }
            if !self.is_quote(bytes, at) {
                at += 1;
                continue;
            }
            let behind = at + self.quote.len();
            if self.is_quote(bytes, behind) {
                has_quotes = true;
                at = behind + self.quote.len();
                continue;
            }
            let end = self.blanks_end(bytes, behind);
            if end >= bytes.len() && !is_all {
                return Enclosed::Incomplete(Some(opened));
            }
            if end >= bytes.len() || self.is_end(bytes, end) {
                self.add(&text[inside..at], has_quotes, is_formula, record, oddities);
                oddities.stray_quotes.0 += strays;
                return Enclosed::To(end, has_breaks);
            }
            // A quote in the midst of a cell. Behind line breaks it is the beginning of another cell: the quote that seemed
            // to be open since then was none. Before them, it belongs to the text, and so does the first one if no other
            // follows before the cell would end.
            if has_breaks {
                return Enclosed::Unclosed(opened);
            }
            let next = (behind..bytes.len()).find(|at| self.is_end(bytes, *at) || self.is_quote(bytes, *at));
            match next {
                None if !is_all => return Enclosed::Incomplete(Some(opened)),
                Some(next) if self.is_quote(bytes, next) => {
                    strays += 1;
                    at = behind;
                }
                _ => {
                    oddities.stray_quotes.0 += 1;
                    return Enclosed::No;
                }
            }
        }
    }

    /// Adds a cell by what is between its quotes.
    fn add(&mut self, inside: &str, has_quotes: bool, is_formula: bool, record: &mut Record, oddities: &mut Oddities) {
        let mut cell = inside;
        if has_quotes {
            unescape(inside, self.dialect, &mut self.cell);
            cell = &self.cell;
        }
        let formula = cell.strip_prefix("=\"").and_then(|cell| cell.strip_suffix('"'));
        let formula = formula.filter(|text| !text.contains('"'));
        let cell = formula.unwrap_or(cell);
        record.push_field(cell);
        if is_formula || formula.is_some() {
            oddities.text_formulas.0 += 1;
            if oddities.text_formulas.0 == 1 {
                oddities.text_formulas.1 = cell.chars().take(40).collect();
            }
        }
    }
}

/// Writes what the quotes and escapes of an enclosed cell mean. A backslash before another letter than a quote or itself is
/// what it is.
fn unescape(inside: &str, dialect: Dialect, cell: &mut String) {
    cell.clear();
    let mut letters = inside.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        let is_doubled = letter == dialect.quote && next == Some(dialect.quote);
        let is_escape =
            dialect.escape == Some(letter) && next.is_some_and(|next| next == dialect.quote || next == letter);
        if is_doubled || is_escape {
            letters.next();
            cell.push(next.unwrap_or(letter));
        } else {
            cell.push(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        check_by(Dialect::new(',', '"'), text, expected);
    }

    #[track_caller]
    fn check_by(dialect: Dialect, text: &str, expected: &[&str]) {
        let (mut record, mut oddities) = (Record::new(), Oddities::default());
        let cut = Cutter::new(dialect).cut(text, 0, true, &mut record, &mut oddities);
        assert!(matches!(cut, Cut::Record { .. }), "{cut:?}");
        assert_eq!(record.iter().collect::<Vec<_>>(), expected);
    }

    #[track_caller]
    fn check_unclosed(text: &str, at: usize) {
        let (mut record, mut oddities) = (Record::new(), Oddities::default());
        let cut = Cutter::new(Dialect::new(',', '"')).cut(text, 0, true, &mut record, &mut oddities);
        assert_eq!(cut, Cut::Unclosed { opened: at });
    }

    #[test]
    fn cells_are_cut_at_separators() {
        check("a,,b \nc", &["a", "", "b "]);
    }

    #[test]
    fn a_line_ends_by_cr_lf_or_both() {
        check("a,b\rc", &["a", "b"]);
        check("a,b\r\nc", &["a", "b"]);
        check("a,\n", &["a", ""]);
    }

    #[test]
    fn quotes_enclose_separators_breaks_and_doubled_quotes() {
        check("\"a,\r\nb\",\"say \"\"hi\"\"\"\n", &["a,\r\nb", "say \"hi\""]);
    }

    #[test]
    fn a_blank_may_stand_before_a_quote() {
        check("a, \"b, c\" ,d\n", &["a", "b, c", "d"]);
    }

    #[test]
    fn a_text_formula_is_its_text() {
        check("=\"00001\",\"=\"\"00002\"\"\"\n", &["00001", "00002"]);
    }

    #[test]
    fn a_quote_that_is_not_doubled_belongs_to_the_text() {
        check("5\" pipe,\"Acme\" Corp,\"12\" pipe\"\n", &["5\" pipe", "\"Acme\" Corp", "12\" pipe"]);
    }

    #[test]
    fn a_quote_that_seems_to_go_on_to_the_next_lines_quote_is_not_closed() {
        check_unclosed("5,\"abc,1\n6,\"def\",2\n", 2);
        check_unclosed("5,\"abc,1\n6,def,2\n", 2);
    }

    #[test]
    fn backslashes_escape_where_the_dialect_says_so() {
        let dialect = Dialect { escape: Some('\\'), ..Dialect::new(',', '"') };
        check_by(dialect, "\"say \\\"hi\\\", C:\\\\x\\n\",2\n", &["say \"hi\", C:\\x\\n", "2"]);
        check("\"C:\\\",2\n", &["C:\\", "2"]);
    }

    #[test]
    fn a_separator_may_have_several_bytes() {
        check_by(Dialect::new('¦', '"'), "a¦\"b¦\"¦§\n", &["a", "b¦", "§"]);
    }
}
