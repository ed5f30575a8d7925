//! How large the files of others may be in ways that would cost memory: without these limits a file of some KB could fill
//! it. A file that is read row by row may be of any length.

/// The longest row or line. The longest that we know, an e-mail with its attachments in a CRM's export, has some 100 KB; a
/// quote that is never closed makes one row of the rest of the file.
pub(crate) const ROW_BYTES_MAX: u64 = 8 << 20;

/// The most columns of a table: a model numbers its columns in 16 bits.
pub(crate) const COLUMNS_MAX: usize = u16::MAX as usize;

/// The most columns of a source's files together. The widest exports of CRMs have some 2,000.
pub(crate) const SOURCE_COLUMNS_MAX: usize = 4_096;

/// The longest name of a column: the names of nested fields are joined, and each is stored with every part of the raw rows.
pub(crate) const NAME_BYTES_MAX: usize = 512;

/// The most rows of a file that are rejected: each is kept with its reason, and a file of nothing else is of another kind.
pub(crate) const REJECTED_ROWS_MAX: usize = 1_000_000;

/// The most bytes of rows that are collected before they are passed on, however few rows they are.
pub(crate) const BLOCK_BYTES_MAX: u64 = 64 << 20;

/// The largest file that is fetched from an object store or the web: it is kept on this machine while it is read.
pub(crate) const FETCHED_BYTES_MAX: u64 = 64 << 30;
