//! How large the files of others may be in ways that would cost memory: without these limits a file of some KB could fill
//! it. A file that is read record by record may be of any length.

/// The longest record, in bytes of UTF-8. The longest that we know, an e-mail with its attachments in a CRM's export, has
/// some 100 KB.
pub(crate) const RECORD_BYTES_MAX: usize = 8 << 20;

/// The most columns of a table: a model numbers its columns in 16 bits.
pub(crate) const COLUMNS_MAX: usize = u16::MAX as usize;

/// The longest name of a column, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 512;

/// The most records that are set aside: each is kept with its reason, and a file of nothing else is of another kind.
pub(crate) const SET_ASIDE_MAX: u64 = 1_000_000;

/// What a compressed file may unpack to: this much, or so many times the file. Exports shrink to a tenth, logs of one
/// repeated line to a hundredth.
pub(crate) const UNPACKED_BYTES_FREE: u64 = 1 << 30;
pub(crate) const UNPACKED_RATIO: u64 = 200;

/// The largest workbook: it is held in memory while its sheet is unpacked.
pub(crate) const WORKBOOK_BYTES_MAX: u64 = 512 << 20;

/// The most parts of a workbook: programs write some ten, and one more a sheet, a drawing or a comment.
pub(crate) const PACKAGE_PARTS_MAX: usize = 10_000;

/// The most bytes of the texts that the cells of a workbook share: they are held in memory.
pub(crate) const SHARED_TEXT_BYTES_MAX: u64 = 512 << 20;

/// The most cells of an ODS or XLS file, empty ones before a filled one included: their reader holds all of them.
pub(crate) const SHEET_CELLS_MAX: u64 = 20_000_000;

/// The largest JSON document: it is held in memory. JSON Lines may be of any length.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 256 << 20;
