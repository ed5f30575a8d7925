//! The way into this folder: bytes in, checked trees out.

use super::document::{Document, ParsedModel};
use super::{json, ubj};

/// Reads a model in JSON; the error says what is wrong with it.
pub(crate) fn read_json(text: &str) -> Result<ParsedModel, String> {
    let document: Document = json::from_str(text).map_err(|error| format!("not the JSON of a tree model: {error}"))?;
    document.model()
}

/// Reads a model in UBJ; the error says what is wrong with it.
pub(crate) fn read_ubj(bytes: &[u8]) -> Result<ParsedModel, String> {
    let document: Document = ubj::from_bytes(bytes).map_err(|error| format!("not the UBJ of a tree model: {error}"))?;
    document.model()
}

/// Reads a model in either format, of which only the first rounds count, or all.
pub(crate) fn read(bytes: &[u8], rounds: Option<usize>) -> Result<ParsedModel, String> {
    let model = if is_ubj(bytes) {
        read_ubj(bytes)?
    } else {
        read_json(std::str::from_utf8(bytes).map_err(|error| format!("neither UBJ nor JSON: {error}"))?)?
    };
    match rounds {
        Some(rounds) => model.first_rounds(rounds),
        None => Ok(model),
    }
}

/// Returns whether these are the bytes of an object in UBJ as XGBoost writes it: a 64-bit length stands before the first
/// key, where JSON has a quotation mark.
pub(crate) fn is_ubj(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{L")
}
