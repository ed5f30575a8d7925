//! From nothing to a project: looks at the sources' tables, proposes the files of a project, writes them and ingests.

mod location;
mod look;
mod write;

pub(crate) use location::find_sources;
pub(crate) use look::{Looked, look};
pub(crate) use write::{InitOutcome, write_project};
