//! Thrift's compact protocol, in which a Parquet file describes itself: read without reserving memory for what is announced.

use std::io::Read;

use super::limits::DEPTH_MAX;

/// Kinds of values.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(super) const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// What is left to read.
pub(super) struct Thrift<R> {
    source: R,
    left: u64,
    read: u64,
}

/// A field of a structure: its id and the kind of its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) id: i16,
    pub(super) kind: u8,
}

impl<R: Read> Thrift<R> {
    /// Reads at most so many bytes.
    pub(super) fn new(source: R, bytes_max: u64) -> Thrift<R> {
        Thrift { source, left: bytes_max, read: 0 }
    }

    /// Returns how many bytes were read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Returns the next field of a structure; `None` at its end.
    pub(super) fn field(&mut self, last: &mut i16) -> Result<Option<Field>, String> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        let id = match head >> 4 {
            0 => self.integer()? as i16,
            delta => last.wrapping_add(i16::from(delta)),
        };
        *last = id;
        Ok(Some(Field { id, kind: head & 15 }))
    }

    /// Returns the length of a list and the kind of its members, each of which has a byte at least.
    pub(super) fn list(&mut self) -> Result<(u64, u8), String> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => self.varint()?,
            length => u64::from(length),
        };
        if length > self.left {
            return Err(format!("it announces a list of {length} members and has {} bytes more", self.left));
        }
        Ok((length, head & 15))
    }

    /// Returns a whole number.
    pub(super) fn integer(&mut self) -> Result<i64, String> {
        let number = self.varint()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// Passes over a value.
    pub(super) fn skip(&mut self, kind: u8, depth: usize) -> Result<(), String> {
        if depth > DEPTH_MAX {
            return Err(format!("its description has more than {DEPTH_MAX} levels"));
        }
        match kind {
            TRUE | FALSE => Ok(()),
            BYTE => self.byte().map(drop),
            I16 | I32 | I64 => self.varint().map(drop),
            DOUBLE => self.pass(8),
            UUID => self.pass(16),
            BINARY => {
                let length = self.varint()?;
                self.pass(length)
            }
            LIST | SET => {
                let (length, kind) = self.list()?;
                (0..length).try_for_each(|_| self.skip_member(kind, depth + 1))
            }
            MAP => {
                let length = self.varint()?;
                if length > self.left {
                    return Err(format!("it announces a map of {length} members and has {} bytes more", self.left));
                }
                let kinds = if length == 0 { 0 } else { self.byte()? };
                (0..length).try_for_each(|_| {
                    self.skip_member(kinds >> 4, depth + 1)?;
                    self.skip_member(kinds & 15, depth + 1)
                })
            }
            STRUCT => {
                let mut last = 0;
                while let Some(field) = self.field(&mut last)? {
                    self.skip(field.kind, depth + 1)?;
                }
                Ok(())
            }
            other => Err(format!("its description has a value of the unknown kind {other}")),
        }
    }

    /// Passes over a member of a list: there a truth value has a byte of its own.
    fn skip_member(&mut self, kind: u8, depth: usize) -> Result<(), String> {
        if matches!(kind, TRUE | FALSE) { self.byte().map(drop) } else { self.skip(kind, depth) }
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("its description has a number of more than 64 bits".to_owned())
    }

    fn byte(&mut self) -> Result<u8, String> {
        let mut byte = [0];
        self.take(1)?;
        self.source.read_exact(&mut byte).map_err(|error| format!("its description ends early: {error}"))?;
        Ok(byte[0])
    }

    fn pass(&mut self, bytes: u64) -> Result<(), String> {
        self.take(bytes)?;
        let passed = std::io::copy(&mut (&mut self.source).take(bytes), &mut std::io::sink());
        match passed {
            Ok(passed) if passed == bytes => Ok(()),
            Ok(_) => Err("its description ends early".to_owned()),
            Err(error) => Err(format!("its description cannot be read: {error}")),
        }
    }

    fn take(&mut self, bytes: u64) -> Result<(), String> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or_else(|| format!("its description goes on after byte {}, where it ends", self.read))?;
        self.read += bytes;
        Ok(())
    }
}
