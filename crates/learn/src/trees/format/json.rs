//! A serde reader of JSON as XGBoost writes it.
//!
//! It is written by hand, and `serde_json` is not used, for two reasons. XGBoost writes the threshold of a split that
//! tests only whether a value is missing as `-Infinity`, which is not JSON. And a threshold must be the very number that
//! XGBoost compares with: its text is parsed as a 32-bit number at once, never rounded twice.

use serde::de::value::Error;
use serde::de::{self, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::limits::{NESTING_MAX, TEXT_VALUES, VALUES_MAX};

/// Reads a value from text.
pub(super) fn from_str<'de, T: de::Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    let mut reader = Reader { text, at: 0, nesting: 0, values: 0 };
    let value = T::deserialize(&mut reader)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.error("more after its end")),
    }
}

struct Reader<'de> {
    text: &'de str,
    at: usize,
    nesting: usize,
    /// Values read so far.
    values: usize,
}

impl<'de> Reader<'de> {
    fn error(&self, what: &str) -> Error {
        Error::custom(format!("{what} at byte {}", self.at))
    }

    /// Returns the next byte that is not white space, without taking it.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn expect(&mut self, expected: u8) -> Result<(), Error> {
        if self.peek() == Some(expected) {
            self.at += 1;
            return Ok(());
        }
        Err(self.error(&format!("expected `{}`", char::from(expected))))
    }

    /// Takes a comma, or the closing bracket; returns whether it was the bracket.
    fn ends(&mut self, closing: u8, first: bool) -> Result<bool, Error> {
        if self.peek() == Some(closing) {
            self.at += 1;
            return Ok(true);
        }
        if !first {
            self.expect(b',')?;
        }
        Ok(false)
    }

    /// Takes a number or a bare word.
    fn word(&mut self) -> &'de str {
        self.peek();
        let rest = &self.text[self.at..];
        let is_word = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'+' | b'.');
        let end = rest.bytes().position(|letter| !is_word(letter)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn string(&mut self) -> Result<String, Error> {
        self.peek();
        let rest = &self.text[self.at..];
        let mut escaped = false;
        let end = rest.bytes().skip(1).position(|letter| {
            let ends = letter == b'"' && !escaped;
            escaped = letter == b'\\' && !escaped;
            ends
        });
        let quoted = end.map(|end| &rest[..end + 2]).filter(|quoted| quoted.starts_with('"'));
        let read = quoted.and_then(|quoted| serde_json::from_str(quoted).ok().map(|string| (quoted.len(), string)));
        let (length, string) = read.ok_or_else(|| self.error("expected a string"))?;
        self.at += length;
        Ok(string)
    }

    /// Counts values that are about to be read.
    fn count(&mut self, values: usize) -> Result<(), Error> {
        self.values += values;
        if self.values > VALUES_MAX { Err(self.error(&format!("more than {VALUES_MAX} values"))) } else { Ok(()) }
    }

    /// Runs a function one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.nesting == NESTING_MAX {
            return Err(self.error(&format!("more than {NESTING_MAX} levels")));
        }
        self.at += 1;
        self.nesting += 1;
        let value = read(self);
        self.nesting -= 1;
        value
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let next = self.peek();
        self.count(if next == Some(b'"') { TEXT_VALUES } else { 1 })?;
        match next {
            Some(b'{') => self.nested(|reader| visitor.visit_map(Fields { reader, first: true })),
            Some(b'[') => self.nested(|reader| {
                let mut members = Members { reader, first: true, ended: false };
                let value = visitor.visit_seq(&mut members)?;
                // A visitor may stop before the end, and what follows would be taken for something else.
                if members.ended { Ok(value) } else { Err(members.reader.error("a list longer than expected")) }
            }),
            Some(b'"') => visitor.visit_string(self.string()?),
            _ => {
                let word = self.word();
                match word {
                    "null" => visitor.visit_unit(),
                    "true" => visitor.visit_bool(true),
                    "false" => visitor.visit_bool(false),
                    _ => match (word.parse(), word.parse()) {
                        (Ok(number), _) => visitor.visit_i64(number),
                        (_, Ok(number)) => visitor.visit_f64(number),
                        _ => Err(self.error(&format!("`{word}` is no value"))),
                    },
                }
            }
        }
    }

    /// A 32-bit number is read as one.
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.count(1)?;
        let word = self.word();
        match word.parse() {
            Ok(number) => visitor.visit_f32(number),
            Err(_) => Err(self.error(&format!("`{word}` is no number"))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Members<'a, 'de> {
    reader: &'a mut Reader<'de>,
    first: bool,
    ended: bool,
}

impl<'de> SeqAccess<'de> for &mut Members<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.ended || self.reader.ends(b']', self.first)? {
            self.ended = true;
            return Ok(None);
        }
        self.first = false;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

struct Fields<'a, 'de> {
    reader: &'a mut Reader<'de>,
    first: bool,
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.reader.ends(b'}', self.first)? {
            return Ok(None);
        }
        self.first = false;
        seed.deserialize(self.reader.string()?.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}
