//! Line numbers of a text that is read by bytes.

use std::collections::VecDeque;
use std::io::Read;

/// Counts lines while a text is read. The reader's own line number of a row is that of the end of the row
/// before it, which is another line where lines are empty or end in CRLF.
pub(super) struct Lines<R> {
    source: R,
    read: u64,
    /// Where the bytes read have `\n` (true) or `\r`, as far as those are not counted yet.
    breaks: VecDeque<(u64, bool)>,
    /// The counted `\n` and `\r`.
    feeds: u64,
    returns: u64,
    /// Whether there is any `\n`. A spreadsheet on an old Mac ends its lines by `\r` alone.
    has_feeds: bool,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        let breaks = (self.read..).zip(&buffer[..count]).filter(|(_, byte)| matches!(byte, b'\n' | b'\r'));
        self.breaks.extend(breaks.map(|(at, byte)| (at, *byte == b'\n')));
        self.has_feeds |= buffer[..count].contains(&b'\n');
        self.read += count as u64;
        Ok(count)
    }
}

impl<R> Lines<R> {
    pub(super) fn new(source: R) -> Lines<R> {
        Lines { source, read: 0, breaks: VecDeque::new(), feeds: 0, returns: 0, has_feeds: false }
    }

    /// Returns what is read.
    pub(super) fn source_mut(&mut self) -> &mut R {
        &mut self.source
    }

    /// Returns the line of the first byte from here on that ends no line.
    pub(super) fn line_at(&mut self, mut byte: u64) -> u64 {
        while let Some((at, is_feed)) = self.breaks.front().copied().filter(|(at, _)| *at <= byte) {
            self.breaks.pop_front();
            self.feeds += u64::from(is_feed);
            self.returns += u64::from(!is_feed);
            byte += u64::from(at == byte);
        }
        1 + if self.has_feeds { self.feeds } else { self.returns }
    }
}
