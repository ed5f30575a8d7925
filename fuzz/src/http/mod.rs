//! The server's parsers, taken from its source as they stand: the program is no library that could be linked, and all of
//! it would be built with the fuzzer's instrumentation, the query engine too.

pub mod access;
pub mod error;
pub mod invoke;
