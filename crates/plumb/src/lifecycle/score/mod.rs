//! Scoring in batches: all open leads of a target into the ranked list, or the rows of a file into another file.

mod batch;
mod briefs;
mod file;
mod file_rows;
mod leads;
mod ordered;
mod pending_file;
mod rejected_rows;
mod row_format;
mod score_output;
mod table_rows;
mod unseen;

pub(crate) use file::{FileProgress, FileRequest, FileScores, NoRowsScored, score_file};
pub(crate) use leads::{LeadScores, LeadsRequest, score_leads};
pub(crate) use score_output::Destination;
pub(crate) use unseen::UNSEEN_MAX;
