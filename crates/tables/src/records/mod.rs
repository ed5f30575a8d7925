//! Records of text: from the bytes of a file to rows of cells under named columns.

mod open;
mod source;
mod input;
mod separated;
mod sheets;
mod json;
mod layout;
mod raw;
mod text;
mod bytes;
mod limits;
#[cfg(test)]
mod tests;

pub use input::Input;
pub use open::open_input;
pub use source::{Record, RecordSource, Records};
