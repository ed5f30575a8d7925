//! How large the parts of a Parquet file may be.

/// The longest description of a file's columns and pages: 100 row groups of 5,000 columns have some 60 MB.
pub(super) const FOOTER_BYTES_MAX: u64 = 128 << 20;

/// The most levels of nesting of columns, and of what describes them. The reader calls itself for each.
pub(super) const DEPTH_MAX: usize = 32;

/// The most row groups: the reader numbers them in 16 bits.
pub(super) const ROW_GROUPS_MAX: u64 = 32_767;

/// The largest page, unpacked. Writers aim at 1 MB; some make one page of a column's whole row group.
pub(super) const PAGE_BYTES_MAX: u64 = 256 << 20;

/// The longest description of a page, with the least and greatest value in it.
pub(super) const PAGE_HEADER_BYTES_MAX: u64 = 16 << 20;

/// How many bytes a byte of gzip, or of LZ4 in frames, can unpack to at most. Their readers do not stop where the page's
/// description says that it ends.
pub(super) const GZIP_RATIO: u64 = 1_032;
pub(super) const LZ4_RATIO: u64 = 255;

/// One page of each column is open at a time. Together they may unpack to this, or to [`OPEN_PAGES_RATIO`] times the file.
pub(super) const OPEN_PAGES_BYTES_FREE: u64 = 512 << 20;
pub(super) const OPEN_PAGES_RATIO: u64 = 4;

/// What all rows mean, 8 bytes a cell and the length of each text, may be this much, or [`EXPANSION_RATIO`] times the file:
/// a column that has the same value everywhere takes hardly any room in a file, and a table of nothing else is no table.
pub(super) const EXPANSION_BYTES_FREE: u64 = 1 << 30;
pub(super) const EXPANSION_RATIO: u64 = 1_000;

/// The most bytes that the rows of one batch mean.
pub(super) const BATCH_BYTES_MAX: u64 = 1 << 30;

/// The longest value of a column whose values all have one length: an id has 16 bytes, a hash 64.
pub(super) const FIXED_BYTES_MAX: i32 = 1_024;
