//! Versions of a table: when the rows that a run has not named are deleted.
//!
//! A tap gives rows a version, and activates it: rows of other versions are gone. They can be called deleted if this run has
//! given all rows of the version; a version that an earlier run has begun, or has activated, proves nothing about them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What is known of a stream's versions from run to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Versions {
    /// The version that was activated last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) active: Option<i64>,
    /// Others of which rows were given.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) begun: BTreeSet<i64>,
}

/// The versions of a stream in this run.
#[derive(Debug, Default)]
pub(crate) struct RunVersions {
    /// As earlier runs have left them.
    before: Versions,
    now: Versions,
    activated: Option<i64>,
    heard: BTreeSet<i64>,
}

/// What an activation means.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Nothing was activated, or what was before.
    Nothing,
    /// Rows that were not named are deleted.
    Delete,
    /// Rows of the version have come in an earlier run.
    SeveralRuns,
}

impl RunVersions {
    /// Begins a run.
    pub(crate) fn new(before: Option<&Versions>) -> RunVersions {
        let before = before.cloned().unwrap_or_default();
        RunVersions { now: before.clone(), before, ..RunVersions::default() }
    }

    /// Takes the version of a record.
    pub(crate) fn hear(&mut self, version: Option<i64>) {
        let Some(version) = version.or(self.activated) else { return };
        self.heard.insert(version);
        if self.now.active != Some(version) {
            self.now.begun.insert(version);
        }
    }

    /// Takes an activation. A tap may send it before the rows, after them, or both: it counts at the end of the run.
    pub(crate) fn activate(&mut self, version: i64) {
        self.activated = Some(version);
    }

    /// Whether a record of this version, or the activated one, may be part of all rows of the stream.
    pub(crate) fn may_be_whole(&self, version: Option<i64>) -> bool {
        let version = version.or(self.activated);
        version.is_some_and(|version| self.before.active != Some(version) && !self.before.begun.contains(&version))
    }

    /// Whether rows of a version that is not the activated one came in this run.
    pub(crate) fn has_others(&self) -> bool {
        self.activated.is_some_and(|activated| self.heard.iter().any(|version| *version != activated))
    }

    /// Ends the run, and says what the activation means.
    pub(crate) fn finish(&mut self) -> Verdict {
        let Some(version) = self.activated.filter(|version| self.before.active != Some(*version)) else {
            return Verdict::Nothing;
        };
        self.now = Versions { active: Some(version), begun: BTreeSet::new() };
        if self.before.begun.contains(&version) { Verdict::SeveralRuns } else { Verdict::Delete }
    }

    /// Returns what the next run has to know.
    pub(crate) fn now(&self) -> &Versions {
        &self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what a run of these messages means, and what the next one has to know.
    fn run(before: &Versions, rows: &[i64], activated: Option<i64>) -> (Verdict, Versions) {
        let mut versions = RunVersions::new(Some(before));
        for row in rows {
            versions.hear(Some(*row));
        }
        if let Some(version) = activated {
            versions.activate(version);
        }
        let verdict = versions.finish();
        (verdict, versions.now().clone())
    }

    #[test]
    fn a_new_version_deletes_and_the_same_does_not() {
        let (verdict, after) = run(&Versions::default(), &[1, 1], Some(1));
        assert_eq!((verdict, after.active), (Verdict::Delete, Some(1)));
        let (verdict, after) = run(&after, &[1], Some(1));
        assert_eq!((verdict, after.active), (Verdict::Nothing, Some(1)));
        assert_eq!(run(&after, &[2], Some(2)).0, Verdict::Delete);
        assert_eq!(run(&after, &[], Some(2)).0, Verdict::Delete, "an empty table");
    }

    #[test]
    fn a_version_in_two_runs_does_not_delete_what_the_first_gave() {
        let (verdict, after) = run(&Versions::default(), &[1], None);
        assert_eq!((verdict, &after), (Verdict::Nothing, &Versions { active: None, begun: [1].into() }));
        let (verdict, after) = run(&after, &[1], Some(1));
        assert_eq!((verdict, &after), (Verdict::SeveralRuns, &Versions { active: Some(1), begun: [].into() }));
        assert_eq!(run(&after, &[2], Some(2)).0, Verdict::Delete);
    }

    #[test]
    fn an_activation_before_the_rows_is_one_of_records_without_a_version() {
        let mut versions = RunVersions::new(None);
        assert!(!versions.may_be_whole(None));
        versions.activate(1);
        versions.hear(None);
        assert!(versions.may_be_whole(None) && !versions.has_others());
        assert_eq!(versions.now().begun, [1].into());
    }
}
