#![doc = include_str!("../README.md")]

mod cell;
mod error;
mod json_fields;
mod databases;
mod sink;
mod stream;
mod process;
mod records;
mod line_protocol;
mod singer;
mod airbyte;
#[cfg(test)]
mod counting_sink;
mod selection;
mod json_text;
mod http;
mod hubspot;
mod salesforce;

pub use airbyte::{AirbyteConfig, check_airbyte, read_airbyte};
pub use cell::{Cell, CellKind};
pub use databases::{DatabaseConfig, DatabaseKind, read_database};
pub use error::Error;
pub use http::{Clock, Secret, SystemClock};
pub use hubspot::{HubspotAuth, HubspotConfig, HubspotObject, read_hubspot};
pub use json_fields::{FIELDS_MAX, NAME_BYTES_MAX, flatten};
pub use process::Program;
pub use salesforce::{SalesforceAuth, SalesforceConfig, SalesforceObject, read_salesforce};
pub use selection::Selection;
pub use singer::{SingerConfig, read_singer};
pub use sink::{Checkpoint, Sink};
pub use stream::{Column, Row, Stream};
