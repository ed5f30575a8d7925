//! The one model in a tar archive, as SageMaker keeps it: read in passing and within bounds, nothing of it written to the
//! disk, so that a name in it can lead nowhere.

use std::cell::Cell;
use std::io::{self, Read};

use anyhow::{Context, Result, anyhow, bail, ensure};
use tar::{Archive, Entry};

use super::format::FileFormat;
use super::limits::Limits;

/// The first bytes of a file that are looked at to tell what it is.
const BEGINNING: u64 = 64;

/// The most names of other files that a message shows.
const NAMES_SHOWN_MAX: usize = 10;

/// Characters of a name that a message shows.
const NAME_CHARS_MAX: usize = 100;

/// Returns the only model in an archive; `packed` is the length of the archive's file.
pub(super) fn only_model(archive: impl Read, packed: u64, limits: &Limits) -> Result<Vec<u8>> {
    let position = Position::default();
    let limited = Limited { reader: archive, position: &position, packed, bytes_max: limits.bytes_of(packed) };
    let mut archive = Archive::new(limited);
    let Contents { model, others } = read_all(&mut archive, &position, limits.members)?;
    // A compressed archive ends in a checksum, which is compared when all was read.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|error| position.explain(error))?;
    match model {
        Some((_, model)) => Ok(model),
        None if others.is_empty() => bail!("the archive holds no file"),
        None => bail!("the archive holds no model of XGBoost's in JSON or UBJ, only `{}`", others.join("`, `")),
    }
}

/// The files of an archive.
#[derive(Default)]
struct Contents {
    /// The model, with its name.
    model: Option<(String, Vec<u8>)>,
    /// The names of the first other files.
    others: Vec<String>,
}

/// Reads all files up to the blocks of zeros that end an archive.
fn read_all<R: Read>(archive: &mut Archive<R>, position: &Position, members_max: usize) -> Result<Contents> {
    let mut contents = Contents::default();
    for (members, entry) in archive.entries()?.enumerate() {
        ensure!(
            members < members_max,
            "the archive has more than {members_max} members, which no model needs: unpack it and import the model alone"
        );
        let mut entry = entry.map_err(|error| position.explain(error))?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).chars().take(NAME_CHARS_MAX).collect::<String>();
        let name: String = name.escape_debug().collect();
        let model = content(&mut entry, position).with_context(|| format!("in the archive, `{name}`"))?;
        match (model, &contents.model) {
            (None, _) if contents.others.len() == NAMES_SHOWN_MAX => {}
            (None, _) => contents.others.push(name),
            (Some(_), Some((first, _))) => {
                bail!("the archive holds two models, `{first}` and `{name}`: unpack it and import one of them")
            }
            (Some(model), None) => contents.model = Some((name, model)),
        }
    }
    if position.is_at_end.get() {
        return Err(position.cut_off());
    }
    Ok(contents)
}

/// Returns the content of a file if it is a model.
fn content<R: Read>(entry: &mut Entry<R>, position: &Position) -> Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    let read = |entry: &mut Entry<R>, bytes: u64, content: &mut Vec<u8>| {
        entry.take(bytes).read_to_end(content).map_err(|error| position.explain(error))
    };
    read(entry, BEGINNING, &mut content)?;
    let format = FileFormat::detect(&content);
    let is_model = match format {
        FileFormat::Binary | FileFormat::Pickle => return format.check().map(|()| None),
        FileFormat::Ubj => true,
        // Other files are JSON too.
        FileFormat::Json => content.windows(9).any(|part| part == b"\"learner\""),
        FileFormat::Gzip | FileFormat::Tar | FileFormat::Other => false,
    };
    if !is_model {
        return Ok(None);
    }
    read(entry, u64::MAX, &mut content)?;
    // An entry that ends early is no error of the reader's.
    if (content.len() as u64) < entry.size() {
        return Err(position.cut_off());
    }
    Ok(Some(content))
}

/// How far an archive has been read.
#[derive(Default)]
struct Position {
    bytes: Cell<u64>,
    is_at_end: Cell<bool>,
    is_too_large: Cell<bool>,
}

impl Position {
    /// Returns an error of reading, with where it was met and what it means.
    fn explain(&self, error: io::Error) -> anyhow::Error {
        if self.is_too_large.get() {
            return anyhow!("{error}");
        }
        // The packed bytes end, or the unpacked ones.
        if self.is_at_end.get() || error.kind() == io::ErrorKind::UnexpectedEof {
            return self.cut_off();
        }
        anyhow!("the archive is corrupted by byte {} of what it unpacks to: {error}", self.bytes.get())
    }

    fn cut_off(&self) -> anyhow::Error {
        anyhow!("the archive is cut off after byte {} of what it unpacks to", self.bytes.get())
    }
}

/// A reader that notes its position, and refuses to go on past a number of bytes.
struct Limited<'a, R> {
    reader: R,
    position: &'a Position,
    packed: u64,
    bytes_max: u64,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        let Position { bytes, is_at_end, is_too_large } = self.position;
        bytes.set(bytes.get() + length as u64);
        if length == 0 && !buffer.is_empty() {
            is_at_end.set(true);
        }
        if bytes.get() > self.bytes_max {
            is_too_large.set(true);
            let why = format!(
                "the archive of {} bytes unpacks to more than {}, which no model of XGBoost's needs: unpack it and import \
                 the model alone",
                self.packed, self.bytes_max
            );
            return Err(io::Error::other(why));
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use tar::{Builder, EntryType, Header};

    use super::*;

    const BLOCK: usize = 512;

    fn header(name: &str, kind: EntryType, bytes: usize) -> Header {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(bytes as u64);
        header.set_cksum();
        header
    }

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = Builder::new(Vec::new());
        for (name, content) in files {
            archive.append(&header(name, EntryType::Regular, content.len()), *content).expect("memory can be written");
        }
        archive.into_inner().expect("memory can be written")
    }

    const SMALL: Limits = Limits { bytes: 1 << 20, ..Limits::DEFAULT };

    fn model_in(archive: &[u8]) -> Result<Vec<u8>> {
        only_model(archive, archive.len() as u64, &SMALL)
    }

    #[track_caller]
    fn refused(archive: &[u8], bytes_max: u64, expected: &str) {
        let limits = Limits { bytes: bytes_max, ..Limits::DEFAULT };
        let error = format!("{:#}", only_model(archive, archive.len() as u64, &limits).expect_err("no model"));
        assert!(error.contains(expected), "`{error}` does not contain `{expected}`");
    }

    #[test]
    fn the_model_is_found_by_its_content_whatever_it_is_called() {
        let model = [b"{\"learner\":".as_slice(), &[b' '; 2000], b"{}}"].concat();
        let files: [(&str, &[u8]); 3] =
            [("notes.json", b"{\"a\": 1}"), ("../../etc/xgboost-model", &model), ("x", b"")];
        assert_eq!(model_in(&archive(&files)).expect("one model"), model);
    }

    #[test]
    fn folders_and_links_are_passed_over() {
        let model: &[u8] = b"{\"learner\":{}}";
        let mut all = Builder::new(Vec::new());
        for (name, kind) in [("code/", EntryType::Directory), ("latest", EntryType::Symlink)] {
            all.append(&header(name, kind, 0), io::empty()).expect("memory can be written");
        }
        let long = format!("{}/xgboost-model", "a".repeat(120));
        all.append_data(&mut header("", EntryType::Regular, model.len()), &long, model).expect("memory can be written");
        let all = all.into_inner().expect("memory can be written");
        assert_eq!(model_in(&all).expect("one model"), model);
    }

    #[test]
    fn an_archive_without_exactly_one_model_is_refused() {
        let model: &[u8] = b"{\"learner\":{}}";
        let good = archive(&[("model", model)]);
        refused(&archive(&[("one", model), ("two", model)]), 1 << 20, "two models, `one` and `two`");
        refused(&archive(&[("a.txt", b"hello")]), 1 << 20, "only `a.txt`");
        refused(&archive(&[("old", b"binf1234")]), 1 << 20, "old binary format");
        refused(&archive(&[]), 1 << 20, "no file");
        refused(&archive(&[("zeros", &[0; 5000])]), 4000, "unpacks to more than 4000, which");
        for length in [0, 5, BLOCK, BLOCK + 5, BLOCK + model.len(), 2 * BLOCK, 2 * BLOCK + 5] {
            refused(&good[..length], 1 << 20, "cut off after byte");
        }
        let mut flipped = good.clone();
        flipped[3] ^= 1;
        refused(&flipped, 1 << 20, "corrupted by byte 512 of what it unpacks to: archive header checksum mismatch");
        refused(&[b'x'; 2 * BLOCK], 1 << 20, "corrupted by byte 512");
    }

    /// Returns the error of an archive that is compressed as far as gzip can.
    fn error_of_packed(archive: &[u8]) -> String {
        let mut packed = Vec::new();
        let mut encoder = flate2::read::GzEncoder::new(archive, flate2::Compression::best());
        encoder.read_to_end(&mut packed).expect("memory can be read");
        let length = packed.len() as u64;
        let read = only_model(flate2::read::MultiGzDecoder::new(packed.as_slice()), length, &Limits::DEFAULT);
        format!("{:#}", read.expect_err("it is a bomb"))
    }

    #[test]
    fn a_small_archive_cannot_fill_the_memory_or_the_log() {
        // 20 MB of what begins like a model, in 20 KB.
        let model = [b"{\"learner\":".as_slice(), &vec![b' '; 20 << 20]].concat();
        let error = error_of_packed(&archive(&[("model", &model)]));
        assert!(error.contains("unpacks to more than 16777216, which no model of XGBoost's needs"), "{error}");
        // A name of 20 MB.
        let mut long = Builder::new(Vec::new());
        let name = vec![b'a'; 20 << 20];
        long.append(&header("././@LongLink", EntryType::GNULongName, name.len()), name.as_slice()).expect("written");
        long.append(&header("x", EntryType::Regular, 0), io::empty()).expect("memory can be written");
        let error = error_of_packed(&long.into_inner().expect("memory can be written"));
        assert!(error.contains("unpacks to more than 16777216"), "{error}");
        // Many members, and long names in the message.
        let mut many = Builder::new(Vec::new());
        for _ in 0..1_001 {
            many.append(&header("x/", EntryType::Directory, 0), io::empty()).expect("memory can be written");
        }
        let error = error_of_packed(&many.into_inner().expect("memory can be written"));
        assert!(error.contains("more than 1000 members"), "{error}");
        let mut others = Builder::new(Vec::new());
        for _ in 0..500 {
            let mut header = header("", EntryType::Regular, 0);
            others.append_data(&mut header, "a".repeat(4_000), io::empty()).expect("memory can be written");
        }
        let error = error_of_packed(&others.into_inner().expect("memory can be written"));
        assert!(error.contains("holds no model") && error.len() < 2_000, "{} bytes", error.len());
        // A file that is mostly a hole says that it is larger than all that was packed.
        let mut sparse = Header::new_gnu();
        sparse.set_entry_type(EntryType::GNUSparse);
        sparse.set_size(0);
        let gnu = sparse.as_gnu_mut().expect("it is GNU's");
        gnu.realsize.copy_from_slice(b"77777777777\0");
        sparse.set_cksum();
        let mut hole = Builder::new(Vec::new());
        hole.append(&sparse, io::empty()).expect("memory can be written");
        error_of_packed(&hole.into_inner().expect("memory can be written"));
    }

    #[test]
    fn a_damaged_end_of_a_compressed_archive_is_refused() {
        let good = archive(&[("model", b"{\"learner\":{}}")]);
        let mut packed = flate2::read::GzEncoder::new(good.as_slice(), flate2::Compression::fast());
        let mut bytes = Vec::new();
        packed.read_to_end(&mut bytes).expect("memory can be read");
        let read =
            |bytes: &[u8]| only_model(flate2::read::MultiGzDecoder::new(bytes), bytes.len() as u64, &Limits::DEFAULT);
        read(&bytes).expect("it is whole");
        let checksum = bytes.len() - 5;
        bytes[checksum] ^= 1;
        read(&bytes).expect_err("the checksum is another");
        read(&bytes[..checksum]).expect_err("the checksum is cut off");
        let error = read(&bytes[..bytes.len() / 2]).expect_err("the stream is cut off");
        assert!(error.to_string().contains("cut off after byte"), "{error}");
    }
}
