//! Lines of a pipe, of a bounded length.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// What happens to a line that is longer than the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Overlong {
    /// It ends the reading.
    Refuse,
    /// Its end is left out.
    Shorten,
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub(crate) enum Line {
    /// A line without its end. `is_cut`: the pipe was closed in the middle of it.
    Text { bytes: Vec<u8>, is_cut: bool },
    /// A line is longer than the limit.
    TooLong,
    /// The pipe is closed.
    End,
}

/// Reads lines out of a pipe.
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    bytes_max: usize,
    overlong: Overlong,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Returns the lines of a pipe.
    pub(crate) fn new(reader: R, bytes_max: usize, overlong: Overlong) -> Lines<R> {
        Lines { reader: BufReader::with_capacity(64 * 1024, reader), line: Vec::new(), bytes_max, overlong }
    }

    /// Returns the next line if all of it has been read out of the pipe.
    pub(crate) fn read_already(&mut self) -> Option<Line> {
        let chunk = self.reader.buffer();
        let end = chunk.iter().position(|byte| *byte == b'\n')?;
        if self.line.len() + end > self.bytes_max {
            return None;
        }
        self.line.extend_from_slice(&chunk[..end]);
        self.reader.consume(end + 1);
        Some(Line::Text { bytes: std::mem::take(&mut self.line), is_cut: false })
    }

    /// Waits for the next line. It may be abandoned while it waits, and called again: nothing is lost.
    pub(crate) async fn next(&mut self) -> io::Result<Line> {
        loop {
            let chunk = self.reader.fill_buf().await?;
            if chunk.is_empty() {
                let is_cut = !self.line.is_empty();
                let bytes = std::mem::take(&mut self.line);
                return Ok(if is_cut { Line::Text { bytes, is_cut } } else { Line::End });
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let room = self.bytes_max - self.line.len();
            if part.len() > room && self.overlong == Overlong::Refuse {
                return Ok(Line::TooLong);
            }
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            let consumed = end.map_or(chunk.len(), |end| end + 1);
            self.reader.consume(consumed);
            if end.is_some() {
                return Ok(Line::Text { bytes: std::mem::take(&mut self.line), is_cut: false });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8], overlong: Overlong) -> Vec<Line> {
        let mut lines = Lines::new(text, 4, overlong);
        let mut read = Vec::new();
        loop {
            let line = match lines.read_already() {
                Some(line) => line,
                None => lines.next().await.expect("memory can be read"),
            };
            let is_last = matches!(line, Line::TooLong | Line::End);
            read.push(line);
            if is_last {
                return read;
            }
        }
    }

    fn text(text: &str, is_cut: bool) -> Line {
        Line::Text { bytes: text.into(), is_cut }
    }

    #[tokio::test]
    async fn lines_may_be_empty_and_the_last_one_cut() {
        let lines = all(b"ab\n\nabcd\nx", Overlong::Refuse).await;
        assert_eq!(lines, [text("ab", false), text("", false), text("abcd", false), text("x", true), Line::End]);
    }

    #[tokio::test]
    async fn a_line_beyond_the_limit_is_refused_or_shortened() {
        assert_eq!(all(b"a\nabcde\nb\n", Overlong::Refuse).await, [text("a", false), Line::TooLong]);
        let shortened = all(b"a\nabcde\nb\n", Overlong::Shorten).await;
        assert_eq!(shortened, [text("a", false), text("abcd", false), text("b", false), Line::End]);
    }
}
