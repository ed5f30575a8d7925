//! What tests begin with: the built program, a running server, folders with data.

pub(crate) mod program;
pub(crate) mod server;
pub(crate) mod folder;
pub(crate) mod demo;
pub(crate) mod labels;
pub(crate) mod node_backend;
pub(crate) mod provided;
pub(crate) mod redaction;
pub(crate) mod rounds;
pub(crate) mod running;
pub(crate) mod shop;
pub(crate) mod touched;
