//! The pages of a Parquet file, each with a description before it: how long they are, packed and unpacked.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use flate2::read::MultiGzDecoder;

use super::limits::{
    GZIP_RATIO, LZ4_RATIO, OPEN_PAGES_BYTES_FREE, OPEN_PAGES_RATIO, PAGE_BYTES_MAX, PAGE_HEADER_BYTES_MAX,
};
use super::thrift::{STRUCT, Thrift};

/// Encodings in which the lengths of all texts of a page come first, as many as the page says: their reader reserves memory
/// for them. By their numbers.
const ENCODINGS_REFUSED: [(i64, &str); 2] = [(6, "DELTA_LENGTH_BYTE_ARRAY"), (7, "DELTA_BYTE_ARRAY")];

/// The kind of a page that holds a column's different values.
const DICTIONARY_PAGE: i64 = 2;

/// The bytes that a brotli reader works with.
const BROTLI_BUFFER_BYTES: usize = 4_096;

/// The description of a page.
#[derive(Debug, Default)]
struct Page {
    kind: i64,
    unpacked: u64,
    packed: u64,
    encoding: i64,
    /// Bytes before its values that are not packed.
    levels: u64,
    is_packed: bool,
    /// The length of this description.
    header: u64,
}

/// The largest pages of a column that are open at a time.
#[derive(Default)]
struct Open {
    dictionary: u64,
    values: u64,
}

/// Checks all pages of a file of so many bytes.
pub(super) fn check(file: &mut File, bytes: u64, metadata: &ParquetMetaData) -> Result<(), String> {
    let mut reader = BufReader::new(file);
    let mut left = bytes;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let mut open = 0_u64;
        for column in group.columns() {
            let wrong =
                |why: String| format!("column `{}` in row group {number}: {why}", column.column_path().string());
            // Chunks do not overlap, or a short file could be walked through for ever.
            let length = u64::try_from(column.compressed_size()).unwrap_or(u64::MAX);
            left = left.checked_sub(length).ok_or_else(|| wrong("its pages are longer than the file".to_owned()))?;
            let pages = check_chunk(&mut reader, bytes, column).map_err(wrong)?;
            open += pages.dictionary + pages.values;
        }
        let most = OPEN_PAGES_BYTES_FREE.max(bytes.saturating_mul(OPEN_PAGES_RATIO));
        if open > most {
            return Err(format!(
                "the pages of row group {number} unpack to {open} bytes at a time: expected at most {most}, which is \
                 {OPEN_PAGES_RATIO} times the file; write it with smaller pages"
            ));
        }
    }
    Ok(())
}

/// Checks the pages of a column in a row group.
fn check_chunk(reader: &mut BufReader<&mut File>, bytes: u64, column: &ColumnChunkMetaData) -> Result<Open, String> {
    let cannot = |error: std::io::Error| format!("its pages cannot be read: {error}");
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let range = u64::try_from(start).ok().zip(u64::try_from(column.compressed_size()).ok());
    let range = range.and_then(|(start, length)| Some((start, start.checked_add(length)?)));
    let (mut at, end) = range.filter(|(_, end)| *end <= bytes).ok_or("its pages lie outside of the file")?;
    let mut open = Open::default();
    reader.seek(SeekFrom::Start(at)).map_err(cannot)?;
    while at < end {
        let page = Page::read(reader, (end - at).min(PAGE_HEADER_BYTES_MAX))?;
        let next = (at + page.header).checked_add(page.packed).filter(|next| *next <= end);
        at = next.ok_or_else(|| format!("a page of {} bytes goes past its end", page.packed))?;
        page.check()?;
        check_unpacked(reader, &page, column.compression())?;
        reader.seek(SeekFrom::Start(at)).map_err(cannot)?;
        let largest = if page.kind == DICTIONARY_PAGE { &mut open.dictionary } else { &mut open.values };
        *largest = page.unpacked.max(*largest);
    }
    Ok(open)
}

impl Page {
    fn read(reader: &mut impl Read, bytes_max: u64) -> Result<Page, String> {
        let mut description = Thrift::new(reader, bytes_max);
        let (mut page, mut last) = (Page { is_packed: true, ..Page::default() }, 0);
        while let Some(field) = description.field(&mut last)? {
            match (field.id, field.kind) {
                (1, _) => page.kind = description.integer()?,
                (2, _) => page.unpacked = length(&mut description)?,
                (3, _) => page.packed = length(&mut description)?,
                // Of values in the old and the new format, and of different values.
                (5, STRUCT) => page.read_values(&mut description, 2)?,
                (7, STRUCT) => page.read_values(&mut description, 2)?,
                (8, STRUCT) => page.read_values(&mut description, 4)?,
                _ => description.skip(field.kind, 1)?,
            }
        }
        page.header = description.read();
        Ok(page)
    }

    /// Reads what is described of the values. In the new format, whose encoding is field 4, levels come first.
    fn read_values<R: Read>(&mut self, description: &mut Thrift<R>, encoding: i16) -> Result<(), String> {
        let mut last = 0;
        while let Some(field) = description.field(&mut last)? {
            match field.id {
                id if id == encoding => self.encoding = description.integer()?,
                5 | 6 if encoding == 4 => self.levels += length(description)?,
                // A truth value is its own kind.
                7 if encoding == 4 => self.is_packed = field.kind == 1,
                _ => description.skip(field.kind, 2)?,
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        if let Some((_, name)) = ENCODINGS_REFUSED.iter().find(|(number, _)| *number == self.encoding) {
            return Err(format!(
                "it is written in the encoding {name}, which is not read from files of others: write it as PLAIN or with a \
                 dictionary, which is the default of most programs"
            ));
        }
        if self.unpacked > PAGE_BYTES_MAX || self.levels > self.unpacked {
            return Err(format!(
                "a page unpacks to {} bytes: expected at most {PAGE_BYTES_MAX}; write the file with smaller pages",
                self.unpacked
            ));
        }
        Ok(())
    }
}

fn length<R: Read>(description: &mut Thrift<R>) -> Result<u64, String> {
    let length = description.integer()?;
    u64::try_from(length).map_err(|_| format!("a page announces a length of {length}"))
}

/// Unpacks a page that could be longer than its description says, and throws it away.
fn check_unpacked(reader: &mut impl Read, page: &Page, compression: Compression) -> Result<(), String> {
    let packed = page.packed.saturating_sub(page.levels);
    if !page.is_packed || packed == 0 {
        return Ok(());
    }
    let most = page.unpacked - page.levels;
    let mut values = reader.take(page.packed);
    let cannot = |error: std::io::Error| format!("a page cannot be unpacked: {error}");
    std::io::copy(&mut (&mut values).take(page.levels), &mut std::io::sink()).map_err(cannot)?;
    let found = match compression {
        Compression::GZIP(_) if packed.saturating_mul(GZIP_RATIO) > PAGE_BYTES_MAX => {
            drain(MultiGzDecoder::new(values), most)
        }
        Compression::BROTLI(_) => drain(brotli::Decompressor::new(values, BROTLI_BUFFER_BYTES), most),
        Compression::LZ4 if packed.saturating_mul(LZ4_RATIO) > PAGE_BYTES_MAX => {
            let most = PAGE_BYTES_MAX / LZ4_RATIO;
            return Err(format!(
                "a page of {packed} bytes is packed by LZ4, which is read up to {most}: write the file with smaller pages, or \
                 packed by ZSTD or LZ4_RAW"
            ));
        }
        // The others stop at the announced length.
        _ => return Ok(()),
    };
    match found.map_err(cannot)? {
        found if found > most => Err(format!("a page unpacks to more than the {most} bytes that it announces")),
        _ => Ok(()),
    }
}

/// Returns how many bytes can be read, up to one more than expected.
fn drain(reader: impl Read, most: u64) -> std::io::Result<u64> {
    std::io::copy(&mut reader.take(most + 1), &mut std::io::sink())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use datafusion::parquet::basic::{BrotliLevel, GzipLevel};

    use super::*;

    /// Returns what is wrong with a page that announces so many bytes.
    fn checked(packed: &[u8], announced: u64, compression: Compression) -> Result<(), String> {
        let page = Page { unpacked: announced, packed: packed.len() as u64, is_packed: true, ..Page::default() };
        check_unpacked(&mut &packed[..], &page, compression)
    }

    #[test]
    fn a_page_that_is_longer_than_it_announces_is_refused() {
        let mut brotli = Vec::new();
        let mut writer = brotli::CompressorWriter::new(&mut brotli, 4_096, 9, 22);
        writer.write_all(&[0; 1 << 20]).expect("memory can be written");
        drop(writer);
        let by_brotli = Compression::BROTLI(BrotliLevel::default());
        assert_eq!(checked(&brotli, 1 << 20, by_brotli), Ok(()));
        let longer = Err("a page unpacks to more than the 1000 bytes that it announces".to_owned());
        assert_eq!(checked(&brotli, 1_000, by_brotli), longer);
        // So much that it cannot be compressed: only long pages of gzip are looked into.
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(300_000)
        .collect();
        let mut gzip = Vec::new();
        flate2::read::GzEncoder::new(&noise[..], flate2::Compression::fast()).read_to_end(&mut gzip).expect("memory");
        let by_gzip = Compression::GZIP(GzipLevel::default());
        assert_eq!(checked(&gzip, 300_000, by_gzip), Ok(()));
        assert_eq!(checked(&gzip, 1_000, by_gzip), longer);
        let by_lz4 = checked(&vec![0; 2 << 20], 1_000, Compression::LZ4).expect_err("too long for this");
        assert!(by_lz4.contains("packed by LZ4, which is read up to 1052688"), "{by_lz4}");
    }
}
