#![doc = include_str!("../README.md")]

mod loopback;
mod open;
mod words;

pub use loopback::is_loopback;
pub use open::{Provider, environment, open, retry};
pub use words::with_causes;
