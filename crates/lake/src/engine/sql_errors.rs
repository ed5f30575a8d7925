//! The engine's errors about a SQL file, with its name, line and column.

use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer};

use super::bounded_function::TooLarge;
use super::limits::SqlLimits;
use super::supervised::out_of_memory;
use crate::error::Error;
use crate::sql_file::SqlFile;

/// Returns an error of the engine as one of the file, whose statement begins at a place.
pub(crate) fn sql_error(file: &SqlFile, at: Location, limits: &SqlLimits, error: &DataFusionError) -> Error {
    if let Some(too_large) = too_large(error) {
        return file.error_at(call_of(file, &too_large.function).unwrap_or(at), too_large);
    }
    if let DataFusionError::ResourcesExhausted(_) = error.find_root() {
        return file.error_at(at, out_of_memory(limits.memory_bytes));
    }
    let place = error.diagnostic().and_then(|diagnostic| diagnostic.span).map(|span| span.start);
    match place.filter(|place| place.line > 0) {
        Some(place) => {
            let place = Location { line: place.line, column: place.column };
            file.error_at(place, error.strip_backtrace())
        }
        None => file.error(error.strip_backtrace()),
    }
}

/// Returns which function would have made too large a value.
pub(crate) fn too_large(error: &DataFusionError) -> Option<&TooLarge> {
    match error.find_root() {
        DataFusionError::External(cause) => cause.downcast_ref(),
        _ => None,
    }
}

/// Returns where a function is called, if it is called once.
fn call_of(file: &SqlFile, function: &str) -> Option<Location> {
    let tokens = Tokenizer::new(&GenericDialect {}, &file.sql).tokenize_with_location().ok()?;
    let mut calls = tokens
        .iter()
        .filter(|token| matches!(&token.token, Token::Word(word) if word.value.eq_ignore_ascii_case(function)));
    let call = calls.next()?.span.start;
    calls.next().is_none().then_some(call)
}
