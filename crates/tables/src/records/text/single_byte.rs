//! Tells encodings of one byte a character apart where statistics of languages do not: by what stands within words.

use encoding_rs::{Encoding, MACINTOSH, WINDOWS_1252};

/// How often each byte stands within a word, before a small letter.
pub(super) struct InWords {
    counts: [u64; 256],
    before: [u8; 2],
}

impl InWords {
    pub(super) fn new() -> InWords {
        InWords { counts: [0; 256], before: [0; 2] }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let [first, middle] = self.before;
            if middle >= 0x80 && first.is_ascii_alphabetic() && byte.is_ascii_lowercase() {
                self.counts[usize::from(middle)] += 1;
            }
            self.before = [middle, byte];
        }
    }

    /// Returns `macintosh` where what statistics took for `windows-1252` would have capitals and signs within words that
    /// are small letters in the encoding of old spreadsheets on a Mac.
    pub(super) fn corrected(&self, guess: &'static Encoding) -> &'static Encoding {
        let is_western = guess == WINDOWS_1252 || guess.is_single_byte();
        let (mac, other) = (self.fitness(MACINTOSH), self.fitness(guess));
        if is_western && mac > 0 && other < 0 { MACINTOSH } else { guess }
    }

    /// Returns whether words would have signs within them: then the text is probably of a code page of DOS, which is
    /// not among those that are read.
    pub(super) fn is_doubtful(&self, guess: &'static Encoding) -> bool {
        guess.is_single_byte() && self.fitness(guess) < 0
    }

    /// Bytes within words that are small letters, less those that are none.
    fn fitness(&self, encoding: &'static Encoding) -> i64 {
        let counted =
            (0x80..=0xFF_u8).map(|byte| (byte, self.counts[usize::from(byte)])).filter(|(_, count)| *count > 0);
        counted
            .map(|(byte, count)| {
                let bytes = [byte];
                let text = encoding.decode_without_bom_handling(&bytes).0;
                let is_small = text
                    .chars()
                    .all(|letter| letter.is_lowercase() || (letter.is_alphabetic() && !letter.is_uppercase()));
                let is_neutral = text.contains(['’', '\u{00AD}']);
                if is_neutral {
                    0
                } else if is_small {
                    count as i64
                } else {
                    -(count as i64)
                }
            })
            .sum()
    }
}
