//! Finds out the character encoding of a file from all of its bytes.

use std::io::Read;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::scan::{Sample, Scan, scan};
use super::single_byte::InWords;
use crate::error::Error;
use crate::records::bytes::Opener;

/// So many valid characters beyond ASCII for each invalid place make a text UTF-8 with damages.
const VALID_TO_INVALID: u64 = 20;

/// The encoding of a file, and how it was found out.
#[derive(Debug)]
pub(crate) struct Detected {
    pub(crate) encoding: &'static Encoding,
    /// Why, in words that follow the encoding's name.
    pub(crate) why: &'static str,
    /// Whether it was told by the file or by the plan, and not by statistics.
    pub(crate) is_certain: bool,
    /// Whether words have signs within them when it is read so.
    pub(crate) is_doubtful: bool,
    /// Places that are not in the encoding.
    pub(crate) invalid: u64,
    pub(crate) samples: Vec<Sample>,
}

/// Reads all bytes, unless the first of them tell the encoding. `fixed` is the label in the plan.
pub(crate) fn detect_encoding(opener: &Opener, first: &[u8], fixed: Option<&str>) -> Result<Detected, Error> {
    let scan = scan(opener.open()?).map_err(|source| opener.failed(source))?;
    let found = |encoding, why, is_certain| (encoding, why, is_certain, false);
    let by_mark = Encoding::for_bom(first).map(|(encoding, _)| encoding);
    let (encoding, why, is_certain, is_doubtful) = match (fixed, by_mark, zeros(first)) {
        (Some(label), ..) => found(by_plan(label, &scan, by_mark, opener.name())?, "as the plan says", true),
        (None, Some(encoding), _) => found(encoding, "as the mark at its beginning says", true),
        (None, None, Some(encoding)) => found(encoding, "as its zero bytes show", false),
        (None, None, None) if scan.invalid == 0 => found(UTF_8, "as all of its bytes show", true),
        (None, None, None) if scan.multibyte >= scan.invalid.saturating_mul(VALID_TO_INVALID) => {
            found(UTF_8, "as nearly all of its bytes show", true)
        }
        _ => {
            let (encoding, is_doubtful) = by_statistics(opener)?;
            (encoding, "as its letters and signs suggest", false, is_doubtful)
        }
    };
    let is_wide = encoding == UTF_16LE || encoding == UTF_16BE;
    if let Some(line) = scan.zero_line.filter(|_| !is_wide) {
        let problem = format!(
            "is not text: line {line} has a zero byte; export it as CSV or XLSX, or, if it is a CSV file with zero bytes in \
             it, remove them: `tr -d '\\000' < FILE > NEW`"
        );
        return Err(Error::Unreadable { name: opener.name().to_owned(), problem });
    }
    let invalid = if encoding == UTF_8 { scan.invalid } else { 0 };
    Ok(Detected { encoding, why, is_certain, is_doubtful, invalid, samples: scan.samples })
}

/// Returns the encoding of a plan's label. UTF-8 that would be read as another encoding is refused: it cannot be told by
/// malformed bytes, and each letter beyond ASCII would become two or three wrong ones.
fn by_plan(label: &str, scan: &Scan, mark: Option<&'static Encoding>, name: &str) -> Result<&'static Encoding, Error> {
    let wrong = |problem: String| {
        let (name, place) = (name.to_owned(), "its encoding".to_owned());
        Err(Error::Plan { name, place, problem })
    };
    let Some(encoding) = Encoding::for_label(label.as_bytes()) else {
        return wrong(format!(
            "the plan names `{label}`: expected a label such as `utf-8`, `windows-1252` or `utf-16le`"
        ));
    };
    let is_utf_8 = mark == Some(UTF_8) || (scan.multibyte > 0 && scan.invalid == 0 && scan.zero_line.is_none());
    if is_utf_8 && encoding != UTF_8 {
        return wrong(format!(
            "the plan says `{label}`, and the file is UTF-8 with {} characters beyond ASCII: mend `encoding` in the plan, or \
             leave it out there",
            scan.multibyte
        ));
    }
    match mark {
        Some(mark) if mark != encoding => {
            wrong(format!("the plan says `{label}`, and the mark at the file's beginning `{}`", mark.name()))
        }
        _ => Ok(encoding),
    }
}

/// Returns UTF-16 where every second of the first bytes is zero, as in text of Western letters.
fn zeros(first: &[u8]) -> Option<&'static Encoding> {
    let share = |from: usize| {
        let bytes = || first.iter().skip(from).step_by(2);
        bytes().filter(|byte| **byte == 0).count() as f64 / bytes().count().max(1) as f64
    };
    let (even, odd) = (share(0), share(1));
    match first.len() {
        0..4 => None,
        _ if odd > 0.4 && even < 0.05 => Some(UTF_16LE),
        _ if even > 0.4 && odd < 0.05 => Some(UTF_16BE),
        _ => None,
    }
}

fn by_statistics(opener: &Opener) -> Result<(&'static Encoding, bool), Error> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut in_words = InWords::new();
    let mut source = opener.open()?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        let count = source.read(&mut buffer).map_err(|source| opener.failed(source))?;
        detector.feed(&buffer[..count], count == 0);
        in_words.feed(&buffer[..count]);
        if count == 0 {
            break;
        }
    }
    let encoding = in_words.corrected(detector.guess(None, Utf8Detection::Deny));
    Ok((encoding, in_words.is_doubtful(encoding)))
}
