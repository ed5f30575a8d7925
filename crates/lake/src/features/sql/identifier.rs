//! Identifiers as the engine resolves them.

use datafusion::sql::sqlparser::ast::Ident;

/// Returns the name that an identifier resolves to: in lower case unless quoted.
pub(super) fn column_name(identifier: &Ident) -> String {
    match identifier.quote_style {
        None => identifier.value.to_lowercase(),
        Some(_) => identifier.value.clone(),
    }
}
