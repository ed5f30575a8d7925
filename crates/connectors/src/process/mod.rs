//! Programs that write messages to their standard output, a line each: how they are started, heard, limited and ended.
//!
//! What the lines say is the business of the modules of each protocol.

mod program;
mod running;
mod lines;
mod secrets;
mod private_folder;

pub(crate) use private_folder::PrivateFolder;
pub use program::Program;
pub(crate) use running::{Output, Running};
pub(crate) use secrets::Secrets;
