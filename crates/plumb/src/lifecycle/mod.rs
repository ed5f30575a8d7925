//! The life of a project's models, as functions that commands, the server and a scheduler call alike.
//!
//! They take typed arguments, report progress to a callback, return typed outcomes, and print nothing.

pub(crate) mod workspace;
