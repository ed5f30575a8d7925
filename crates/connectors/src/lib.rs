#![doc = include_str!("../README.md")]

mod cell;
mod error;
mod json_fields;
mod sink;
mod stream;
mod process;
mod records;
mod singer;
mod airbyte;
#[cfg(test)]
mod counting_sink;

pub use airbyte::{AirbyteConfig, check_airbyte, read_airbyte};
pub use cell::{Cell, CellKind};
pub use error::Error;
pub use json_fields::{FIELDS_MAX, NAME_BYTES_MAX, flatten};
pub use process::Program;
pub use singer::{SingerConfig, read_singer};
pub use sink::{Checkpoint, Sink};
pub use stream::{Column, Row, Stream};
