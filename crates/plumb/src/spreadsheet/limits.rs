//! How large a workbook of rules may be, packed and unpacked: without these limits a file of some KB could fill the memory.
//!
//! A large team has some hundred rules of some hundred characters each. All limits together keep the memory of reading a
//! workbook under some 500 MB, whatever is in it.

/// The largest file. It is held in memory while it is read.
pub(super) const FILE_BYTES_MAX: u64 = 32 << 20;

/// The most parts: Excel writes some ten, and one more a sheet, a drawing or a comment.
pub(super) const PARTS_MAX: usize = 10_000;

/// The most text of one part. A sheet of 100,000 rules has some 30 MB.
pub(super) const PART_BYTES_MAX: u64 = 64 << 20;

/// The most text of all parts that are read.
pub(super) const BYTES_MAX: u64 = 256 << 20;

/// The most sheets: each has a part of its own, and one part may be named by many.
pub(super) const SHEETS_MAX: usize = 256;

/// The most texts that the sheets share: one a cell.
pub(super) const SHARED_TEXTS_MAX: usize = CELLS_MAX;

/// The most styles of cells: Excel itself has no more.
pub(super) const STYLES_MAX: usize = 65_490;

/// The most cells of all sheets, empty ones before a filled one included: a cell takes 56 bytes.
pub(super) const CELLS_MAX: usize = 1_000_000;

/// The most text of all cells: many of them may name one long shared text. It is less than that of a part, because a
/// condition of many short words takes up to 50 times as much memory.
pub(super) const TEXT_BYTES_MAX: usize = 8 << 20;

/// Columns and lines that Excel has.
pub(super) const COLUMNS_MAX: usize = 16_384;
pub(super) const LINES_MAX: usize = 1_048_576;
