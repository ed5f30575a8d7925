//! Opens a file and unpacks it, as often as it is needed.

use std::fs::File;
use std::io::{Error as IoError, ErrorKind, Read, Result as IoResult};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::magic::MAGIC_BYTES;
use crate::error::Error;
use crate::plan::Compression;
use crate::records::input::Input;
use crate::records::limits::{UNPACKED_BYTES_FREE, UNPACKED_RATIO};

/// Opens the unpacked bytes of an input from their start.
#[derive(Debug)]
pub(crate) struct Opener {
    input: Input,
    /// The compression around the file.
    pub(crate) compression: Compression,
    length: u64,
}

/// Unpacked bytes that are being read.
pub(crate) struct Bytes {
    source: Box<dyn Read + Send>,
    packed: Arc<AtomicU64>,
    length: u64,
}

impl Opener {
    /// Finds out the compression by the first bytes. One that a plan fixes has to be the file's.
    pub(crate) fn new(input: Input, fixed: Option<Compression>) -> Result<Opener, Error> {
        let failed = |source| Error::Read { name: input.name.clone(), source };
        let mut first = Vec::new();
        let file = File::open(&input.path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        file.take(4).read_to_end(&mut first).map_err(failed)?;
        let compression = match first.as_slice() {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD] => Compression::Zstd,
            _ => Compression::None,
        };
        match fixed {
            Some(fixed) if fixed != compression => Err(Error::Plan {
                name: input.name.clone(),
                place: "its first bytes".to_owned(),
                problem: format!(
                    "the file is compressed by {}, and the plan says `compression = \"{}\"`: mend the plan, or leave it out there",
                    text(compression),
                    text(fixed)
                ),
            }),
            _ => Ok(Opener { input, compression, length }),
        }
    }

    /// Returns the name that messages show.
    pub(crate) fn name(&self) -> &str {
        &self.input.name
    }

    /// Returns the first of the unpacked bytes.
    pub(crate) fn first(&self) -> Result<Vec<u8>, Error> {
        let mut first = Vec::new();
        self.open()?.take(MAGIC_BYTES as u64).read_to_end(&mut first).map_err(|source| self.failed(source))?;
        Ok(first)
    }

    /// Starts at the first byte.
    pub(crate) fn open(&self) -> Result<Bytes, Error> {
        let file = File::open(&self.input.path).map_err(|source| self.failed(source))?;
        let packed = Arc::new(AtomicU64::new(0));
        let file = Counted { source: file, read: Arc::clone(&packed) };
        let source: Box<dyn Read + Send> = match self.compression {
            Compression::None => Box::new(file),
            Compression::Gzip => self.limited(MultiGzDecoder::new(std::io::BufReader::new(file))),
            Compression::Zstd => {
                self.limited(zstd::stream::read::Decoder::new(file).map_err(|source| self.failed(source))?)
            }
        };
        Ok(Bytes { source, packed, length: self.length })
    }

    /// Returns a failure to read, in words that say what to do where the file is cut short.
    pub(crate) fn failed(&self, source: IoError) -> Error {
        let problem = match (source.kind(), self.compression) {
            (ErrorKind::QuotaExceeded, _) => source.to_string(),
            (ErrorKind::UnexpectedEof, Compression::Gzip | Compression::Zstd) => {
                "is cut short: its compressed text ends within; copy or download it again".to_owned()
            }
            (
                ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::Other,
                Compression::Gzip | Compression::Zstd,
            ) => {
                format!("cannot be unpacked ({source}): its compressed text is damaged; copy or download it again")
            }
            _ => return Error::Read { name: self.input.name.clone(), source },
        };
        Error::Unreadable { name: self.input.name.clone(), problem }
    }

    fn limited(&self, source: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        let most = UNPACKED_BYTES_FREE.max(self.length.saturating_mul(UNPACKED_RATIO));
        Box::new(Limited { source, left: most, most })
    }
}

impl Bytes {
    /// Returns how many bytes of the file were read, and its length.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.packed.load(Ordering::Relaxed).min(self.length), self.length)
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        self.source.read(buffer)
    }
}

/// Counts what is read of the file itself.
struct Counted {
    source: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        let count = self.source.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Refuses to unpack more than a limit.
struct Limited<R> {
    source: R,
    left: u64,
    most: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        let count = self.source.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            let most = self.most;
            let why = format!(
                "unpacks to more than {most} bytes: expected at most {UNPACKED_BYTES_FREE}, or {UNPACKED_RATIO} times the \
                 file; unpack it yourself if it is what you expect"
            );
            IoError::new(ErrorKind::QuotaExceeded, why)
        })?;
        Ok(count)
    }
}

fn text(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "none",
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_limit_is_refused() {
        let limited =
            |left| std::io::read_to_string(Limited { source: std::io::repeat(b'0').take(100), left, most: left });
        assert_eq!(limited(100).expect("it is read").len(), 100);
        assert!(limited(99).expect_err("it is refused").to_string().contains("more than 99 bytes"));
    }
}
