//! Keys that cannot be right, said.

use datafusion::arrow::array::{AsArray, RecordBatch};
use serde::{Deserialize, Serialize};

use super::ground_note::{GroundNote, GroundNoteCode};
use crate::rounded_ids::RoundedIds;

/// The columns of relations that identify something.
const KEYS: [&str; 4] = ["lead_key", "key_a", "key_b", "event_id"];

/// The keys of a relation, looked at batch after batch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct KeyNotes {
    rounded: [RoundedIds; KEYS.len()],
    rows: u64,
}

impl KeyNotes {
    /// Looks at the keys of some rows.
    pub(super) fn add(&mut self, rows: &RecordBatch) {
        self.rows += rows.num_rows() as u64;
        for (name, rounded) in KEYS.into_iter().zip(&mut self.rounded) {
            let texts = rows.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
            texts.into_iter().flatten().flatten().for_each(|key| rounded.add(key));
        }
    }

    /// Adds what was found in later rows.
    pub(super) fn merge(&mut self, later: KeyNotes) {
        self.rows += later.rows;
        self.rounded.iter_mut().zip(later.rounded).for_each(|(known, later)| known.merge(later));
    }

    /// Returns a note for each key that a spreadsheet has rounded.
    pub(super) fn notes(&self, relation: &str) -> Vec<GroundNote> {
        let keys = KEYS.into_iter().zip(&self.rounded).filter(|(_, rounded)| rounded.rows > 0);
        keys.map(|(name, rounded)| key_note(relation, name, rounded, self.rows)).collect()
    }
}

fn key_note(relation: &str, name: &str, rounded: &RoundedIds, of_rows: u64) -> GroundNote {
    let (count, different) = (rounded.rows, rounded.different());
    GroundNote {
        code: GroundNoteCode::KeyRounded,
        relation: relation.to_owned(),
        column: name.to_owned(),
        rows: count,
        of_rows,
        what: format!(
            "{count} rows have an id that a spreadsheet seems to have rounded, such as `{}`: they share {different} different \
             ids, so that rows of different people count as one",
            rounded.example
        ),
        way_out:
            "export the file again and do not save it from a spreadsheet, or use another column as the key, such as \
                  the e-mail address"
                .to_owned(),
    }
}
