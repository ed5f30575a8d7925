//! The one model in a tar archive, as SageMaker keeps it: read in passing and within bounds, nothing of it written to the
//! disk, so that a name in it can lead nowhere.

use std::io::{ErrorKind, Read};

use anyhow::{Context, Result, bail};

use super::format::FileFormat;

/// An archive is a row of blocks: of each file a heading, then its content, filled up with zeros.
const BLOCK: usize = 512;

/// The first bytes of a file that are looked at to tell what it is.
const BEGINNING: usize = 64;

/// A file in an archive.
struct Heading {
    name: String,
    bytes: u64,
    /// Neither a folder, nor a link, nor a heading of another form.
    is_file: bool,
}

/// Returns the only model in an archive that unpacks to no more than so many bytes.
pub(super) fn only_model(archive: impl Read, bytes_max: u64) -> Result<Vec<u8>> {
    let mut blocks = Blocks { archive, read: 0, bytes_max };
    let mut found: Option<(String, Vec<u8>)> = None;
    let mut passed: Vec<String> = Vec::new();
    while let Some(heading) = blocks.heading()? {
        let Some(model) = blocks.model(&heading).with_context(|| format!("in the archive, `{}`", heading.name))? else {
            if heading.is_file {
                passed.push(heading.name);
            }
            continue;
        };
        if let Some((first, _)) = &found {
            bail!("the archive holds two models, `{first}` and `{}`: unpack it and import one of them", heading.name);
        }
        found = Some((heading.name, model));
    }
    match found {
        Some((_, model)) => Ok(model),
        None if passed.is_empty() => bail!("the archive holds no file"),
        None => bail!("the archive holds no model of XGBoost's in JSON or UBJ, only `{}`", passed.join("`, `")),
    }
}

/// What is left of an archive.
struct Blocks<R> {
    archive: R,
    read: u64,
    bytes_max: u64,
}

impl<R: Read> Blocks<R> {
    /// Fills a part of the archive's bytes.
    fn fill(&mut self, part: &mut [u8]) -> Result<()> {
        self.read += part.len() as u64;
        if self.read > self.bytes_max {
            bail!("the archive unpacks to more than {} bytes, which no model of XGBoost's needs", self.bytes_max);
        }
        let at = self.read - part.len() as u64;
        self.archive.read_exact(part).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => anyhow::anyhow!("the archive is cut off after byte {at} of what it unpacks to"),
            _ => anyhow::anyhow!("the archive is corrupted after byte {at} of what it unpacks to: {error}"),
        })
    }

    /// Returns the next heading; `None` at the end, which is a block of zeros.
    fn heading(&mut self) -> Result<Option<Heading>> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block.iter().all(|byte| *byte == 0) {
            // A compressed archive ends in a checksum, which is checked when all was read.
            return self.finish().map(|()| None);
        }
        // The sum is of all bytes, with its own place taken for blanks.
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        let of_sum: u64 = block[148..156].iter().map(|byte| u64::from(*byte)).sum();
        let name: String = String::from_utf8_lossy(text(&block[..100])).escape_debug().collect();
        let (Some(expected), Some(bytes)) = (octal(&block[148..156]), octal(&block[124..136])) else {
            bail!("no archive after byte {}: no heading of a file where one is expected", self.read - BLOCK as u64);
        };
        if sum - of_sum + 8 * u64::from(b' ') != expected {
            bail!("the archive is corrupted after byte {}: a heading with a wrong sum", self.read - BLOCK as u64);
        }
        Ok(Some(Heading { name, bytes, is_file: matches!(block[156], b'0' | 0) }))
    }

    /// Passes over a file, and returns its content if it is a model.
    fn model(&mut self, heading: &Heading) -> Result<Option<Vec<u8>>> {
        let beginning = usize::try_from(heading.bytes).unwrap_or(usize::MAX).min(BEGINNING);
        let mut content = vec![0; beginning];
        self.fill(&mut content)?;
        let mut left = heading.bytes - beginning as u64;
        let mut padding = (BLOCK as u64 - heading.bytes % BLOCK as u64) % BLOCK as u64;
        let form = if heading.is_file { FileFormat::detect(&content) } else { FileFormat::Other };
        let is_wanted = match form {
            FileFormat::Binary | FileFormat::Pickle => return form.check().map(|()| None),
            FileFormat::Ubj => true,
            // Other files are JSON too.
            FileFormat::Json => content.windows(9).any(|part| part == b"\"learner\""),
            FileFormat::Gzip | FileFormat::Tar | FileFormat::Other => false,
        };
        let mut part = [0; 16 * BLOCK];
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(part.len());
            self.fill(&mut part[..length])?;
            if is_wanted {
                content.extend_from_slice(&part[..length]);
            }
            left -= length as u64;
        }
        while padding > 0 {
            self.fill(&mut part[..1])?;
            padding -= 1;
        }
        Ok(is_wanted.then_some(content))
    }

    fn finish(&mut self) -> Result<()> {
        let mut part = [0; BLOCK];
        loop {
            let length = self.archive.read(&mut part).context("the archive is corrupted at its end")?;
            self.read += length as u64;
            if length == 0 {
                return Ok(());
            }
            if self.read > self.bytes_max {
                bail!("the archive unpacks to more than {} bytes", self.bytes_max);
            }
        }
    }
}

/// Returns a field up to its first zero byte.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Returns a number as archives write it: in octal digits.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(text(field)).ok()?;
    u64::from_str_radix(digits.trim(), 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = Vec::new();
        for (name, content) in files {
            let mut block = [0; BLOCK];
            block[..name.len()].copy_from_slice(name.as_bytes());
            block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            block[148..156].copy_from_slice(b"        ");
            block[156] = b'0';
            block[257..262].copy_from_slice(b"ustar");
            let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
            block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            archive.extend_from_slice(&block);
            archive.extend_from_slice(content);
            archive.resize(archive.len().next_multiple_of(BLOCK), 0);
        }
        archive.resize(archive.len() + 2 * BLOCK, 0);
        archive
    }

    #[track_caller]
    fn refused(archive: &[u8], bytes_max: u64, expected: &str) {
        let said = format!("{:#}", only_model(archive, bytes_max).expect_err("no model"));
        assert!(said.contains(expected), "`{said}` does not say `{expected}`");
    }

    #[test]
    fn the_model_is_found_by_its_content_whatever_it_is_called() {
        let model = [b"{\"learner\":".as_slice(), &[b' '; 2000], b"{}}"].concat();
        let files: [(&str, &[u8]); 3] =
            [("notes.json", b"{\"a\": 1}"), ("../../etc/xgboost-model", &model), ("x", b"")];
        assert_eq!(only_model(archive(&files).as_slice(), 1 << 20).expect("one model"), model);
    }

    #[test]
    fn what_is_no_archive_of_one_model_is_refused() {
        let model: &[u8] = b"{\"learner\":{}}";
        let good = archive(&[("model", model)]);
        refused(&archive(&[("one", model), ("two", model)]), 1 << 20, "two models, `one` and `two`");
        refused(&archive(&[("a.txt", b"hello")]), 1 << 20, "only `a.txt`");
        refused(&archive(&[("old", b"binf1234")]), 1 << 20, "old binary form");
        refused(&archive(&[]), 1 << 20, "no file");
        refused(&archive(&[("zeros", &[0; 5000])]), 4000, "unpacks to more than 4000 bytes");
        refused(&good[..BLOCK + 5], 1 << 20, "cut off after byte");
        let mut flipped = good.clone();
        flipped[3] ^= 1;
        refused(&flipped, 1 << 20, "a heading with a wrong sum");
        refused(&[b'x'; 2 * BLOCK], 1 << 20, "no heading of a file");
    }
}
