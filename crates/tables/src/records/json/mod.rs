//! JSON: a document with an array of objects in it, or an object a line.

mod scan;
mod flatten;
mod document;
mod objects;
mod source;

pub(crate) use source::{looks_like_json, open_json};
