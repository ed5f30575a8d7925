//! Leads that are no longer there, said.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ground_note::{GroundNote, GroundNoteCode};
use super::lead_state::End;
use crate::sql_file::SqlFile;

/// How many leads, and one of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Found {
    leads: u64,
    example: String,
}

impl Found {
    fn add(&mut self, lead_id: &str) {
        if self.leads == 0 {
            self.example = lead_id.to_owned();
        }
        self.leads += 1;
    }

    fn merge(&mut self, later: Found) {
        if self.leads == 0 {
            self.example = later.example;
        }
        self.leads += later.leads;
    }
}

/// Leads that ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct EndedLeads {
    /// By the file that no longer has them.
    gone: BTreeMap<u16, Found>,
    deleted: Found,
    deleted_at_first: Found,
}

impl EndedLeads {
    /// Adds how a lead ended, if it did, and whether it has a version.
    pub(super) fn add(&mut self, lead_id: &str, (end, has_version): (Option<End>, bool)) {
        let Some(end) = end else { return };
        match (end.gone_from.as_slice(), has_version) {
            (_, false) => self.deleted_at_first.add(lead_id),
            ([], true) => self.deleted.add(lead_id),
            (files, true) => files.iter().for_each(|file| self.gone.entry(*file).or_default().add(lead_id)),
        }
    }

    /// Adds those of later leads.
    pub(super) fn merge(&mut self, later: EndedLeads) {
        later.gone.into_iter().for_each(|(file, found)| self.gone.entry(file).or_default().merge(found));
        self.deleted.merge(later.deleted);
        self.deleted_at_first.merge(later.deleted_at_first);
    }

    /// Returns what to say of them. `leads` is the number of all leads.
    pub(super) fn notes(&self, files: &[&SqlFile], leads: usize) -> Vec<GroundNote> {
        let note = |code, column: &str, rows: u64, what, way_out: &str| GroundNote {
            code,
            relation: "lead".to_owned(),
            column: column.to_owned(),
            rows,
            of_rows: leads as u64,
            what,
            way_out: way_out.to_owned(),
        };
        let gone = self.gone.iter().map(|(file, Found { leads, example })| {
            let what = format!(
                "{leads} leads are no longer in {}, such as `{example}`: they ended with the first ingestion that did not \
                 find them, are not scored, and what they were before stays for training",
                files[usize::from(*file)].name
            );
            let way_out = "nothing, if they were deleted; if a condition of the query leaves them out, take it away and \
                           select it as a field";
            note(GroundNoteCode::LeadGone, "lead_key", *leads, what, way_out)
        });
        let Found { leads, example } = &self.deleted;
        let deleted = (*leads > 0).then(|| {
            let what = format!(
                "{leads} leads are deleted by `deleted_at`, such as `{example}`: they are not scored, and what they were \
                 before stays for training"
            );
            note(GroundNoteCode::LeadDeleted, "deleted_at", *leads, what, "nothing, if that is so")
        });
        let Found { leads, example } = &self.deleted_at_first;
        let at_first = (*leads > 0).then(|| {
            let what = format!(
                "{leads} leads are deleted by `deleted_at` before anything is known of them by `known_at`, such as \
                 `{example}`: nothing is learned from them"
            );
            let way_out = "in sources/lead.sql, date the rows of their fields by when these were entered, or leave \
                           `known_at` out, so that they count from the creation";
            note(GroundNoteCode::LeadDeletedAtFirst, "deleted_at", *leads, what, way_out)
        });
        gone.chain(deleted).chain(at_first).collect()
    }
}
