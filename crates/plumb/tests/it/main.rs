//! The one integration binary: the built program, real databases, a temporary folder.

mod ingest;
mod quick;
