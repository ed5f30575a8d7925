//! The bytes of a file: its compression, and what its first bytes say that it is.

mod magic;
mod unpack;

pub(crate) use magic::{Kind, kind_of, refuse_binary};
pub(crate) use unpack::{Bytes, Opener};
