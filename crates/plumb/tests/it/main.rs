//! The one integration binary: the built program, real databases, real clients, temporary folders.
//!
//! `story` is the one to read first: a company's life with Plumbline, a chapter a file.

mod setup;
mod story;
mod cli;
mod quick;
mod server;
mod processes;
mod rounds;
mod sdks;
mod xgboost;
