//! Data sets: frozen rows of features with their labels, which a model is trained on.
//!
//! ```text
//! datasets/3f2a91c0e4b7d815/rows.parquet    a row an observation, ordered by lead and `as_of`
//! datasets/3f2a91c0e4b7d815/manifest.json   what it is and what it was made of
//! ```
//!
//! A data set is named by the hash of its rows' values, so that freezing the same rows again changes nothing. `freeze`
//! writes one in bounded memory, `diff` compares two.

mod manifest;
mod freeze;
mod hash;
mod folder;
mod read;
mod parts;
mod diff;

pub use diff::{ColumnDifference, Difference, Differing, diff};
pub use folder::{find, list};
pub use freeze::DatasetRows;
pub use manifest::{ColumnKind, ColumnManifest, Manifest};
pub use parts::{Part, Parts, RowsFile, open, read_some};
pub use read::read;
