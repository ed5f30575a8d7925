//! The columns and the key of a raw table, which a later run may add to, and hardly ever change.

use plumb_connectors::CellKind;

use super::state::TableState;

/// The columns of a table, and those of them that are text from now on.
pub(super) struct Columns {
    pub(super) all: Vec<(String, CellKind)>,
    pub(super) widened: Vec<String>,
}

impl Columns {
    /// Returns all columns of a table, or what of its key or columns changed. What was not text may become text: what is stored
    /// is read as text then.
    pub(super) fn of_run(
        table: &str,
        known: Option<&TableState>,
        columns: Vec<(String, CellKind)>,
        key: &[String],
    ) -> Result<Columns, String> {
        if let Some(known) = known.filter(|known| known.key != key) {
            let (was, is) = (known.key.join("`, `"), key.join("`, `"));
            return Err(format!("the key of `{table}` was `{was}` and is now `{is}`"));
        }
        let mut all = known.map(|known| known.columns.clone()).unwrap_or_default();
        let mut widened = Vec::new();
        for (column, kind) in columns {
            match all.iter_mut().find(|(known, _)| *known == column) {
                Some((_, known_kind)) if *known_kind == kind => {}
                // A key of text is another key than one of numbers.
                Some((_, known_kind)) if kind == CellKind::Text && !key.contains(&column) => {
                    *known_kind = kind;
                    widened.push(column);
                }
                Some((_, known_kind)) => {
                    return Err(format!("column `{column}` of `{table}` was {known_kind:?} and is now {kind:?}"));
                }
                None => all.push((column, kind)),
            }
        }
        Ok(Columns { all, widened })
    }
}

/// Returns how a table is read from its beginning: beside the rows that are there, of which the source may have forgotten
/// some, and without harm to the models and predictions in the same folder.
pub(super) fn read_anew(source: &str) -> String {
    format!(
        "set it back to what it was, or give the source another name, in plumb.toml and in sources/*.sql, for example \
         `{source}2`: it is then read from the beginning, and nothing in the data folder is lost"
    )
}
