//! Which parser reads a body: the content type decides, and nothing else.

use chrono::{DateTime, Utc};

use super::csv_cells::CsvLayout;
use super::{csv, json, libsvm, recordio};
use crate::http::error::Error;
use crate::http::middleware::request_memory::RequestMemory;
use crate::serving::{InferenceRequest, RoutedVariant};

/// The format of a body, with the parameters of its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum ContentType {
    /// `text/csv`: a row a line, positional, no header, an empty cell is missing. `label_size=1` means that a label comes
    /// first, `header=present` that the first line has the features' names, in any order.
    Csv(CsvLayout),
    /// `application/json`: `{"instances": [...]}`, or one instance alone.
    Json,
    /// `application/jsonlines`: an instance a line.
    JsonLines,
    /// `text/libsvm`: numbers by position, categories by their code.
    LibSvm {
        /// The index of the first feature, if the content type has it.
        first_index: Option<usize>,
    },
    /// `application/x-recordio-protobuf`: the same in protobuf.
    RecordIo,
}

impl ContentType {
    /// Reads a content type's header.
    pub(in crate::http) fn parse(header: Option<&str>) -> Result<ContentType, Error> {
        let mut parts = header.unwrap_or_default().split(';').map(|part| part.trim().to_ascii_lowercase());
        match parts.next().unwrap_or_default().as_str() {
            "text/csv" => Ok(ContentType::Csv(CsvLayout::of_parameters(parts)?)),
            "application/json" => Ok(ContentType::Json),
            "application/jsonlines" | "application/x-jsonlines" => Ok(ContentType::JsonLines),
            "text/libsvm" | "text/x-libsvm" => Ok(ContentType::LibSvm { first_index: libsvm::first_index(parts)? }),
            "application/x-recordio-protobuf" => Ok(ContentType::RecordIo),
            _ => Err(Error::content_type(
                header,
                "CSV (text/csv), JSON (application/json), JSON Lines (application/jsonlines), libsvm (text/libsvm) or \
                 RecordIO (application/x-recordio-protobuf)",
            )),
        }
    }
}

/// Reads a body of a content type for the variant that scores it.
pub(in crate::http) fn read(
    content_type: ContentType,
    body: &[u8],
    routed: &RoutedVariant,
    as_of: DateTime<Utc>,
    memory: &RequestMemory,
) -> Result<InferenceRequest, Error> {
    let features = &routed.scorer().artifact.model.features.features;
    match content_type {
        ContentType::Csv(layout) => csv::read(body, routed, layout, memory),
        ContentType::Json => json::read(body, routed, as_of, memory),
        ContentType::JsonLines => json::read_lines(body, routed, as_of, memory),
        ContentType::LibSvm { first_index } => {
            Ok(InferenceRequest::Instances(libsvm::read(body, features, first_index, memory)?))
        }
        ContentType::RecordIo => Ok(InferenceRequest::Instances(recordio::read(body, features, memory)?)),
    }
}
