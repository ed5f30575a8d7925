//! The characters of a file: its encoding, and its text piece by piece.

mod detect;
mod scan;
mod single_byte;
mod decode;

pub(crate) use decode::{Decoder, Malformed};
pub(crate) use detect::{Detected, detect_encoding};
pub(crate) use scan::Sample;
