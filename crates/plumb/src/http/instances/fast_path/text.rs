//! The tokens of JSON that rows of plain values consist of.

use crate::http::instances::values::usable;
use crate::scoring::Cell;

/// A text of JSON, read from its beginning to its end.
pub(super) struct JsonText<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> JsonText<'a> {
    pub(super) fn of(body: &'a [u8]) -> Option<JsonText<'a>> {
        Some(JsonText { text: std::str::from_utf8(body).ok()?, at: 0 })
    }

    /// Returns the byte after blanks.
    fn next(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    pub(super) fn take(&mut self, sign: u8) -> Option<()> {
        (self.next()? == sign).then(|| self.at += 1)
    }

    /// Goes behind a comma, or behind the end of the list or the object; returns whether it continues.
    pub(super) fn continues(&mut self, end: u8) -> Option<bool> {
        let sign = self.next().filter(|sign| *sign == b',' || *sign == end)?;
        self.at += 1;
        Some(sign != end)
    }

    /// Succeeds if nothing is left.
    pub(super) fn end(&mut self) -> Option<()> {
        self.next().is_none().then_some(())
    }

    /// Goes into an object, behind its first name.
    pub(super) fn first_name(&mut self) -> Option<&'a str> {
        self.take(b'{')?;
        self.name()
    }

    pub(super) fn name(&mut self) -> Option<&'a str> {
        let name = self.string()?;
        self.take(b':')?;
        Some(name)
    }

    /// A text without escapes.
    pub(super) fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        self.at += length + 1;
        (rest.as_bytes()[length] == b'"').then(|| &rest[..length])
    }

    pub(super) fn cell(&mut self) -> Option<Cell<'a>> {
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

    /// A number that 32 bits can hold. Rust parses more forms than JSON has, and gives the same value for those of both.
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
