//! JSON objects whose values stay as they were written.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The fields of an object, in their order, with their values as text.
#[derive(Debug, Default)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Returns the value of a field, the last if it is there more than once. A null is none.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.fields().find(|(field, _)| *field == name).map(|(_, value)| value).filter(|value| value.get() != "null")
    }

    /// Returns the text of a field, if it is a text.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(text_of)
    }

    /// Returns the fields of an object in a field.
    pub(crate) fn object(&self, name: &str) -> Option<Object<'a>> {
        self.get(name).and_then(|value| serde_json::from_str(value.get()).ok())
    }

    /// Returns a list in a field, of the kind that is expected there.
    pub(crate) fn read<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        self.get(name).and_then(|value| serde_json::from_str(value.get()).ok())
    }

    /// Returns the fields, the last first.
    fn fields(&self) -> impl Iterator<Item = (&Cow<'a, str>, &'a RawValue)> {
        self.0.iter().rev().map(|(name, value)| (name, *value))
    }

    /// Returns the fields in their order.
    pub(crate) fn into_fields(self) -> Vec<(Cow<'a, str>, &'a RawValue)> {
        self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<'a>, D::Error> {
        deserializer.deserialize_map(Fields).map(Object)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut fields = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            fields.push((name, map.next_value()?));
        }
        Ok(fields)
    }
}

/// A name that is copied only if it has escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name<'a>, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;
            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Text).map(Name)
    }
}

/// Returns the text of a value, if it is a text.
pub(crate) fn text_of(value: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str(value.get()).ok().map(|Name(text)| text)
}

/// What a line is.
#[derive(Debug, PartialEq)]
pub(crate) enum Message<'a> {
    /// An object, as text. Python writes `NaN` and `Infinity` into JSON: they are texts here.
    Object(Cow<'a, str>),
    /// It begins as an object does, and is none: a message that cannot be read.
    Broken,
    /// Any other text.
    Text,
    /// Nothing.
    Blank,
}

/// Returns what a line is.
pub(crate) fn parse(line: &[u8]) -> Message<'_> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Message::Blank;
    }
    if line[0] != b'{' {
        return Message::Text;
    }
    let Ok(text) = std::str::from_utf8(line) else { return Message::Broken };
    if is_object(text) {
        return Message::Object(Cow::Borrowed(text));
    }
    let repaired = quote_what_is_no_number(text);
    if is_object(&repaired) { Message::Object(Cow::Owned(repaired)) } else { Message::Broken }
}

fn is_object(text: &str) -> bool {
    serde_json::from_str::<Object>(text).is_ok()
}

/// Puts quotes around `NaN`, `Infinity` and `-Infinity` outside of texts.
fn quote_what_is_no_number(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let (mut is_text, mut is_escaped) = (false, false);
    while let Some(first) = rest.chars().next() {
        let word = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| !is_text && rest.starts_with(word));
        if let Some(word) = word {
            quoted.extend(["\"", word, "\""]);
            rest = &rest[word.len()..];
            continue;
        }
        match first {
            '"' if !is_escaped => is_text = !is_text,
            _ => {}
        }
        is_escaped = is_text && first == '\\' && !is_escaped;
        quoted.push(first);
        rest = &rest[first.len_utf8()..];
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_as_they_were_written() {
        let object: Object =
            serde_json::from_str(r#"{"a": 12345678901234567890123, "b\u0041": [1.0], "a": 2.50}"#).expect("it is one");
        assert_eq!(object.get("a").expect("it is there").get(), "2.50");
        let fields = object.into_fields();
        assert_eq!(fields[0].1.get(), "12345678901234567890123");
        assert_eq!((&*fields[1].0, fields[1].1.get()), ("bA", "[1.0]"));
    }

    #[test]
    fn a_line_is_an_object_a_broken_one_a_text_or_blank() {
        assert_eq!(parse(b" {\"a\":1}\r"), Message::Object("{\"a\":1}".into()));
        for broken in [&b"{\"a\":1"[..], b"{a}", b"{\"a\":\"\xff\"}", b"{} {}"] {
            assert_eq!(parse(broken), Message::Broken);
        }
        assert_eq!(parse(b"INFO: {}"), Message::Text);
        assert_eq!(parse(b" \t"), Message::Blank);
    }

    #[test]
    fn numbers_that_json_has_not_are_texts() {
        let text = r#"{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN \" NaN"}"#;
        let repaired = r#"{"a":"NaN","b":["-Infinity","Infinity"],"c":"NaN \" NaN"}"#;
        assert_eq!(parse(text.as_bytes()), Message::Object(repaired.into()));
    }
}
