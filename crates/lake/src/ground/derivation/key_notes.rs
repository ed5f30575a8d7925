//! Keys that cannot be right, said.

use datafusion::arrow::datatypes::DataType;

use super::ground_note::{GroundNote, GroundNoteCode};
use super::source_rows::SourceRows;
use crate::rounded_ids::RoundedIds;

/// The columns of relations that identify something.
const KEYS: [&str; 4] = ["lead_key", "key_a", "key_b", "event_id"];

/// Returns a note for each key of a relation that a spreadsheet has rounded.
pub(super) fn key_notes(relation: &str, rows: &SourceRows) -> Vec<GroundNote> {
    let is_text = |name: &&str| rows.column(name).is_some_and(|column| column.data_type() == &DataType::Utf8);
    KEYS.into_iter().filter(is_text).filter_map(|name| key_note(relation, name, rows)).collect()
}

fn key_note(relation: &str, name: &str, rows: &SourceRows) -> Option<GroundNote> {
    let mut rounded = RoundedIds::default();
    rows.text(name).iter().flatten().for_each(|key| rounded.add(key));
    if rounded.rows == 0 {
        return None;
    }
    let (count, different) = (rounded.rows, rounded.different());
    Some(GroundNote {
        code: GroundNoteCode::KeyRounded,
        relation: relation.to_owned(),
        column: name.to_owned(),
        rows: count,
        of_rows: rows.batch.num_rows() as u64,
        what: format!(
            "{count} rows have an id that a spreadsheet seems to have rounded, such as `{}`: they share {different} different \
             ids, so that rows of different people count as one",
            rounded.example
        ),
        way_out:
            "export the file again and do not save it from a spreadsheet, or use another column as the key, such as \
                  the e-mail address"
                .to_owned(),
    })
}
