//! A serde reader of UBJ (Universal Binary JSON), the binary format of the same document.
//!
//! It is written by hand because it reads only the dialect that XGBoost itself reads, which libraries for UBJ do not:
//! lengths are always 64-bit, lists may have one type for all of their members, objects have neither type nor length.
//! Numbers are big-endian.

use serde::de::value::Error;
use serde::de::{self, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::limits::{NESTING_MAX, TEXT_VALUES, VALUES_MAX};

/// Reads a value from bytes.
pub(super) fn from_bytes<'de, T: de::Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    let mut reader = Reader { bytes, nesting: 0, values: 0 };
    let value = T::deserialize(&mut reader);
    let value =
        value.map_err(|error| Error::custom(format!("{error} at byte {}", bytes.len() - reader.bytes.len())))?;
    if reader.bytes.is_empty() {
        Ok(value)
    } else {
        Err(Error::custom(format!("{} bytes after its end", reader.bytes.len())))
    }
}

/// What is left to read.
struct Reader<'de> {
    bytes: &'de [u8],
    nesting: usize,
    /// Values read so far.
    values: usize,
}

impl<'de> Reader<'de> {
    fn take(&mut self, count: usize) -> Result<&'de [u8], Error> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or_else(|| Error::custom("it ends too early"))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn peek(&self) -> Result<u8, Error> {
        self.bytes.first().copied().ok_or_else(|| Error::custom("it ends too early"))
    }

    fn marker(&mut self) -> Result<u8, Error> {
        self.array().map(|[marker]| marker)
    }

    fn expect(&mut self, expected: u8) -> Result<(), Error> {
        let found = self.marker()?;
        if found == expected { Ok(()) } else { Err(unknown(found)) }
    }

    fn length(&mut self) -> Result<usize, Error> {
        self.expect(b'L')?;
        let length = i64::from_be_bytes(self.array()?);
        usize::try_from(length).map_err(|_| Error::custom(format!("a length of {length}")))
    }

    fn text(&mut self) -> Result<&'de str, Error> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Error::custom("text that is not UTF-8"))
    }

    fn value<V: Visitor<'de>>(&mut self, marker: u8, visitor: V) -> Result<V::Value, Error> {
        self.values += if marker == b'S' { TEXT_VALUES } else { 1 };
        if self.values > VALUES_MAX {
            return Err(Error::custom(format!("more than {VALUES_MAX} values")));
        }
        match marker {
            b'{' | b'[' => {
                if self.nesting == NESTING_MAX {
                    return Err(Error::custom(format!("more than {NESTING_MAX} levels")));
                }
                self.nesting += 1;
                let value = if marker == b'{' { visitor.visit_map(Fields(self)) } else { self.list(visitor) };
                self.nesting -= 1;
                value
            }
            b'Z' => visitor.visit_unit(),
            b'T' => visitor.visit_bool(true),
            b'F' => visitor.visit_bool(false),
            b'd' => visitor.visit_f32(f32::from_be_bytes(self.array()?)),
            b'D' => visitor.visit_f64(f64::from_be_bytes(self.array()?)),
            b'S' => visitor.visit_borrowed_str(self.text()?),
            b'i' => visitor.visit_i8(i8::from_be_bytes(self.array()?)),
            b'U' | b'C' => visitor.visit_u8(self.marker()?),
            b'I' => visitor.visit_i16(i16::from_be_bytes(self.array()?)),
            b'l' => visitor.visit_i32(i32::from_be_bytes(self.array()?)),
            b'L' => visitor.visit_i64(i64::from_be_bytes(self.array()?)),
            other => Err(unknown(other)),
        }
    }

    /// Reads a list behind its bracket: each member with its marker, or one marker for all.
    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        let marker = if self.peek()? == b'$' {
            self.marker()?;
            let marker = self.marker()?;
            // Members of no size would let a short file ask for endless work.
            if !b"dDiUIlL".contains(&marker) {
                return Err(unknown(marker));
            }
            Some(marker)
        } else {
            None
        };
        let left = if marker.is_some() || self.peek()? == b'#' {
            self.expect(b'#')?;
            Some(self.length()?)
        } else {
            None
        };
        let mut members = Members { reader: self, marker, left };
        let value = visitor.visit_seq(&mut members)?;
        // A visitor may stop before the end, and what follows would be taken for something else.
        if members.left == Some(0) { Ok(value) } else { Err(Error::custom("a list that is longer than expected")) }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let marker = self.marker()?;
        self.value(marker, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The members of a list: as many as are left, or up to the bracket.
struct Members<'a, 'de> {
    reader: &'a mut Reader<'de>,
    marker: Option<u8>,
    left: Option<usize>,
}

impl<'de> SeqAccess<'de> for &mut Members<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        match &mut self.left {
            Some(0) => return Ok(None),
            Some(left) => *left -= 1,
            None if self.reader.peek()? == b']' => {
                self.reader.marker()?;
                self.left = Some(0);
                return Ok(None);
            }
            None => {}
        }
        match self.marker {
            Some(marker) => seed.deserialize(Member { reader: self.reader, marker }).map(Some),
            None => seed.deserialize(&mut *self.reader).map(Some),
        }
    }
}

/// A member whose marker stands at the head of its list.
struct Member<'a, 'de> {
    reader: &'a mut Reader<'de>,
    marker: u8,
}

impl<'de> Deserializer<'de> for Member<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.reader.value(self.marker, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The fields of an object, up to its brace.
struct Fields<'a, 'de>(&'a mut Reader<'de>);

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.0.peek()? == b'}' {
            self.0.marker()?;
            return Ok(None);
        }
        seed.deserialize(self.0.text()?.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.0)
    }
}

fn unknown(marker: u8) -> Error {
    Error::custom(format!("the marker `{}`, which is not known here", marker.escape_ascii()))
}
