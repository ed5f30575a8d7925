//! Files of rows that a tap has written in place of messages.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use flate2::read::MultiGzDecoder;

use crate::error::Error;
use crate::records::Object;

/// The longest line of a file, in bytes, as of a message.
const LINE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The files of a BATCH message. They are read and left: who has asked the tap for files, and where, removes them, as the
/// Singer SDK expects it.
pub(crate) struct Batch {
    stream: String,
    files: Vec<PathBuf>,
    is_gzip: bool,
}

impl Batch {
    /// Reads a BATCH message. What cannot be read is an error, for its rows would be lost.
    pub(crate) fn read(stream: &str, object: &Object) -> Result<Batch, Error> {
        let fault = |what: String| {
            let way_out =
                "have the tap write JSONL to a folder of this machine by its `batch_config`, or no batches at all";
            Error::new(format!("the tap sends files of `{stream}` {what}"), way_out)
        };
        let encoding = object.object("encoding").unwrap_or_default();
        let format = encoding.text("format").unwrap_or_default().to_lowercase();
        let compression = encoding.text("compression").unwrap_or("none".into()).to_lowercase();
        if format != "jsonl" || !["gzip", "none", ""].contains(&compression.as_str()) {
            return Err(fault(format!("as `{format}` with the compression `{compression}`, which is not read")));
        }
        let manifest: Option<Vec<String>> = object.read("manifest");
        let manifest = manifest.ok_or_else(|| fault("without saying which".into()))?;
        let mut files = Vec::new();
        for address in manifest {
            match file_of(&address) {
                Some(file) => files.push(file),
                None => return Err(fault(format!("at `{address}`, which is no file of this machine"))),
            }
        }
        Ok(Batch { stream: stream.to_owned(), files, is_gzip: compression == "gzip" })
    }

    /// Gives each line of its files.
    pub(crate) fn each_line(&self, give: &mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        for path in &self.files {
            let fault = |error: std::io::Error| {
                let what =
                    format!("cannot read `{}`, which the tap wrote for `{}`: {error}", path.display(), self.stream);
                Error::new(what, "its rows come again in the next run: see that the tap can write its files")
                    .because(error)
            };
            let file = File::open(path).map_err(fault)?;
            let reader: Box<dyn Read> = if self.is_gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
            let mut reader = BufReader::new(reader);
            let mut line = Vec::new();
            loop {
                line.clear();
                let limit = LINE_BYTES_MAX as u64 + 1;
                if (&mut reader).take(limit).read_until(b'\n', &mut line).map_err(fault)? == 0 {
                    break;
                }
                if line.len() > LINE_BYTES_MAX {
                    return Err(fault(std::io::Error::other(format!("a line has more than {LINE_BYTES_MAX} bytes"))));
                }
                give(&line)?;
            }
        }
        Ok(())
    }
}

/// Returns the file of an address such as `file:///tmp/a%20b.jsonl`.
fn file_of(address: &str) -> Option<PathBuf> {
    let path = address.strip_prefix("file://")?;
    let path = path.strip_prefix("localhost").unwrap_or(path);
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    path.starts_with('/').then(|| PathBuf::from(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn files_of_this_machine_are_found() {
        assert_eq!(file_of("file:///tmp/a%20b.jsonl"), Some("/tmp/a b.jsonl".into()));
        assert_eq!(file_of("file://localhost/tmp/100%.gz"), Some("/tmp/100%.gz".into()));
        for other in ["s3://bucket/a", "/tmp/a", "file://server/a"] {
            assert_eq!(file_of(other), None);
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for (message, expected) in [
            (r#"{"encoding": {"format": "parquet"}, "manifest": []}"#, "as `parquet`"),
            (r#"{"encoding": {"format": "jsonl"}}"#, "without saying which"),
            (r#"{"encoding": {"format": "jsonl", "compression": "gzip"}, "manifest": ["s3://b/a"]}"#, "at `s3://b/a`"),
        ] {
            let object: Object = serde_json::from_str(message).expect("it is one");
            let error = Batch::read("leads", &object).err().expect("it cannot be read");
            assert!(error.what.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_cut_off_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.gz");
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"{\"id\":1}\n{\"id\":2}\n").expect("memory can be written");
        let bytes = encoder.finish().expect("memory can be written");
        for (end, expected) in [(bytes.len(), Ok(2)), (bytes.len() - 4, Err(()))] {
            std::fs::write(&path, &bytes[..end]).expect("a file");
            let batch = Batch { stream: "a".into(), files: vec![path.clone()], is_gzip: true };
            let mut lines = 0;
            let outcome = batch.each_line(&mut |_| {
                lines += 1;
                Ok(())
            });
            assert_eq!(outcome.map(|()| lines).map_err(|_| ()), expected);
        }
    }
}
