//! What is in a table, before anybody models it: the profile of a file, a source, a relation of the ground or the features
//! of a target, as a JSON document and a page.

mod files;
mod outcome;
mod page;
mod run;
mod saved;
mod stream;
mod subject;

pub(crate) use files::ProfileFolder;
pub(crate) use outcome::ProfileOutcome;
pub(crate) use page::script_hash;
pub(crate) use run::{ProfileRequest, profile};
pub(crate) use saved::{SavedProfile, page_path, saved_profiles};
pub(crate) use subject::Subject;
