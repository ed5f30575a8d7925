//! An answer that is being written: it ends with an error where it would be larger than the limit.

use std::fmt::Display;
use std::io::{self, Write};

use super::error::Error;

/// An answer that is being written.
#[derive(Debug)]
pub(super) struct AnswerWriter {
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl AnswerWriter {
    pub(super) fn new(bytes_max: usize) -> AnswerWriter {
        AnswerWriter { bytes: Vec::new(), bytes_max }
    }

    /// Returns how long the answer may be.
    pub(super) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Appends what something is as text.
    pub(super) fn put(&mut self, text: impl Display) -> Result<(), Error> {
        write!(self, "{text}").map_err(|_| Error::answer_too_large(self.bytes_max))
    }

    /// Appends what something is as JSON.
    pub(super) fn put_json(&mut self, value: &impl serde::Serialize) -> Result<(), Error> {
        serde_json::to_writer(&mut *self, value).map_err(|error| match error.is_io() {
            true => Error::answer_too_large(self.bytes_max),
            false => anyhow::Error::new(error).context("an answer cannot be written as JSON").into(),
        })
    }

    /// Appends a list in JSON, item by item, so that only one of them is there at a time.
    pub(super) fn put_list<T: serde::Serialize>(&mut self, items: impl Iterator<Item = T>) -> Result<(), Error> {
        self.put("[")?;
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.put(",")?;
            }
            self.put_json(&item)?;
        }
        self.put("]")
    }

    /// Returns the answer.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

impl Write for AnswerWriter {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + part.len() > self.bytes_max {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the answer is larger than the limit"));
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_at_its_limit() {
        let mut answer = AnswerWriter::new(9);
        answer.put_list([1, 2, 3].into_iter()).expect("seven bytes");
        answer.put("ab").expect("nine bytes");
        assert!(answer.put("c").is_err_and(|error| error.message.contains("larger than 9 bytes")));
        assert!(answer.put_json(&7).is_err_and(|error| error.message.contains("larger than 9 bytes")));
        assert_eq!(answer.finish(), b"[1,2,3]ab");
    }
}
