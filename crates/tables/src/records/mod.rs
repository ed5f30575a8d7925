//! Records of text: from the bytes of a file to rows of cells under named columns.

mod limits;
mod input;
mod source;
mod raw;
mod bytes;
mod text;
mod separated;
mod layout;
mod open;

pub use input::Input;
pub use open::open_input;
pub use source::{Record, RecordSource, Records};
