#![doc = include_str!("../README.md")]

mod cell;
mod error;
mod json_fields;
mod sink;
mod stream;

pub use cell::{Cell, CellKind};
pub use error::Error;
pub use json_fields::{FIELDS_MAX, NAME_BYTES_MAX, flatten};
pub use sink::{Checkpoint, Sink};
pub use stream::{Column, Row, Stream};
