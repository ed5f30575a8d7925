//! One pass over all bytes of a file: whether they are UTF-8, and samples of them.

use std::collections::VecDeque;
use std::io::Read;

/// Bytes of the beginning that are kept.
const BEGINNING_BYTES: usize = 1 << 20;

/// Bytes of the middle and of the end that are kept.
const OTHER_BYTES: usize = 256 << 10;

/// What one pass over all bytes found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The bytes in all.
    pub(super) length: u64,
    /// The line of the first zero byte, from 1.
    pub(super) zero_line: Option<u64>,
    /// Characters beyond ASCII that are valid UTF-8.
    pub(super) multibyte: u64,
    /// Places that are not valid UTF-8.
    pub(super) invalid: u64,
    pub(super) samples: Vec<Sample>,
}

/// A part of a file.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// Its bytes; the first character may be cut unless it is the beginning.
    pub(crate) bytes: Vec<u8>,
    /// Whether the file begins with it.
    pub(crate) is_beginning: bool,
    /// Whether the file ends with it.
    pub(crate) is_end: bool,
}

/// Reads everything.
pub(super) fn scan(mut source: impl Read) -> std::io::Result<Scan> {
    let mut scan = Scan::default();
    let mut samples = Samples::default();
    let mut buffer = vec![0; 256 << 10];
    let (mut held, mut line) = (0, 1);
    loop {
        let count = source.read(&mut buffer[held..])?;
        let new = &buffer[held..held + count];
        samples.push(scan.length, new);
        scan.length += count as u64;
        if scan.zero_line.is_none() {
            match new.iter().position(|byte| *byte == 0) {
                Some(at) => scan.zero_line = Some(line + feeds(&new[..at])),
                None => line += feeds(new),
            }
        }
        let filled = held + count;
        held = scan.count_utf8(&buffer[..filled], count == 0);
        if count == 0 {
            break;
        }
        buffer.copy_within(filled - held..filled, 0);
    }
    scan.samples = samples.finish(scan.length);
    Ok(scan)
}

impl Scan {
    /// Counts valid and invalid places, and returns how many bytes at the end are the beginning of a character.
    fn count_utf8(&mut self, mut bytes: &[u8], is_end: bool) -> usize {
        loop {
            let (valid, problem) = match std::str::from_utf8(bytes) {
                Ok(_) => (bytes.len(), None),
                Err(error) => (error.valid_up_to(), Some(error.error_len())),
            };
            if !bytes[..valid].is_ascii() {
                self.multibyte += bytes[..valid].iter().filter(|byte| **byte >= 0xC0).count() as u64;
            }
            match problem {
                None => return 0,
                Some(None) if !is_end => return bytes.len() - valid,
                Some(None) => {
                    self.invalid += 1;
                    return 0;
                }
                Some(Some(length)) => {
                    self.invalid += 1;
                    bytes = &bytes[valid + length..];
                }
            }
        }
    }
}

fn feeds(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Keeps samples of bytes whose number is not known yet: the beginning, the end, and one that begins at the largest power
/// of two, which lies in the second half.
#[derive(Default)]
struct Samples {
    beginning: Vec<u8>,
    middle: Vec<u8>,
    middle_at: u64,
    end: VecDeque<u8>,
}

impl Samples {
    fn push(&mut self, at: u64, bytes: &[u8]) {
        let take = bytes.len().min(BEGINNING_BYTES - self.beginning.len());
        self.beginning.extend_from_slice(&bytes[..take]);
        let after = at + bytes.len() as u64;
        let power = if after == 0 { 0 } else { 1 << after.ilog2() };
        if power > self.middle_at && power >= (BEGINNING_BYTES as u64) && power < after {
            self.middle.clear();
            self.middle_at = power;
        }
        if self.middle_at > 0 && self.middle.len() < OTHER_BYTES {
            let skip = self.middle_at.saturating_sub(at) as usize;
            let wanted = bytes.get(skip..).unwrap_or_default();
            self.middle.extend_from_slice(&wanted[..wanted.len().min(OTHER_BYTES - self.middle.len())]);
        }
        let newest = &bytes[bytes.len().saturating_sub(OTHER_BYTES)..];
        self.end.drain(..(self.end.len() + newest.len()).saturating_sub(OTHER_BYTES).min(self.end.len()));
        self.end.extend(newest);
    }

    fn finish(self, length: u64) -> Vec<Sample> {
        if length <= self.beginning.len() as u64 {
            return vec![Sample { bytes: self.beginning, is_beginning: true, is_end: true }];
        }
        // UTF-16 is cut at whole units.
        let end_at = length - self.end.len() as u64;
        let end: Vec<u8> = self.end.into_iter().skip((end_at % 2) as usize).collect();
        let middle = Sample { bytes: self.middle, is_beginning: false, is_end: false };
        let beginning = Sample { bytes: self.beginning, is_beginning: true, is_end: false };
        vec![beginning, middle, Sample { bytes: end, is_beginning: false, is_end: true }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], multibyte: u64, invalid: u64) {
        let scan = scan(bytes).expect("it is read");
        assert_eq!((scan.multibyte, scan.invalid), (multibyte, invalid));
    }

    #[test]
    fn valid_text_is_counted() {
        check("a,ü,€\n".as_bytes(), 2, 0);
    }

    #[test]
    fn latin_1_is_invalid() {
        check(b"a,\xFC,b\xE4\n", 0, 2);
    }

    #[test]
    fn a_character_that_is_cut_at_the_end_is_invalid() {
        check(b"a,\xC3", 0, 1);
    }

    #[test]
    fn a_character_on_the_edge_of_two_pieces_is_valid() {
        let text = format!("{}ü{}", "x".repeat((256 << 10) - 1), "ü".repeat(200_000));
        check(text.as_bytes(), 200_001, 0);
    }

    #[test]
    fn samples_are_of_the_beginning_the_middle_and_the_end() {
        let bytes: Vec<u8> = (0..5_000_000u32).map(|at| (at / 20_000) as u8 | 1).collect();
        let samples = scan(bytes.as_slice()).expect("it is read").samples;
        assert_eq!(samples.len(), 3);
        assert_eq!(samples[0].bytes, bytes[..BEGINNING_BYTES]);
        assert_eq!(samples[1].bytes, bytes[4 << 20..(4 << 20) + OTHER_BYTES]);
        assert_eq!(samples[2].bytes, bytes[5_000_000 - OTHER_BYTES..]);
    }
}
