#![doc = include_str!("../README.md")]

mod error;
mod bucket;
mod hash;
mod version;
mod base;
mod published;
mod push;
mod pull;

pub use base::BASE_FILE;
pub use bucket::Bucket;
pub use error::Error;
pub use plumb_buckets::environment;
pub use pull::{Pulled, pull};
pub use push::{LocalFile, Push, Pushed, push};
pub use version::{Version, Writer};
