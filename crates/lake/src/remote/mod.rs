//! Files of object stores and of the web, by URL: `s3://`, `gs://`, `az://`, `https://`, `http://`.
//!
//! Credentials come from the environment alone, by the names that each provider's own programs read, and never appear in a
//! message. A file is fetched whole into a temporary one before it is read.

mod address;
mod store;
mod fetch;
mod list;

pub use address::is_url;
pub use fetch::fetch;
pub(crate) use list::{Found, list};
