//! Bodies of all formats, parsed into what is to be scored.
//!
//! Each format has one parser, which the content type or the protocol decides, and nothing else. A parser of plain rows
//! begins with the fast path (`fast_path`), which reads a body straight into the model's rows; whatever it cannot read is
//! read by names, with all errors.

mod values;
mod named;
mod form_names;
mod csv_cells;
mod csv;
mod json;
mod libsvm;
mod recordio;
mod recordio_messages;
mod positional;
mod content_type;
mod fast_path;
#[cfg(test)]
mod test_features;

pub(super) use content_type::{ContentType, read};
pub(super) use fast_path::{FastScoreBody, mlflow as fast_mlflow};
pub(super) use json::check_created;
pub(super) use named::{EventInput, FeaturesInput, InstanceInput, LeadInput, feature_names};
pub(super) use recordio::write_labels;
pub(super) use values::{PlainValue, Text, Timestamp, usable};
