//! Which features a training leaves out: suspected leaks, and what the project says of them.
//!
//! A model that sees a suspected leak looks better than it will ever be, and nobody notices until it has scored for weeks.
//! So models are trained without the suspects, and only a person brings them back.

use anyhow::{Result, bail, ensure};
use plumb_lake::PostOutcomeChange;
use plumb_lead::{FeatureSet, LeakEvidence, Table};
use plumb_learn::leaks::{self, LeakInput, LeakKind, LeakParams, LeakSuspect, PostOutcomeCounts};

use super::fit_config::TrainingSetup;
use super::spec::LeftOut;
use crate::nearest::nearest;

/// What a training found out about its features.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Screening {
    /// Suspected leaks, each once.
    pub(super) leaks: Vec<LeakEvidence>,
    /// All features that models do not see.
    pub(super) left_out: Vec<String>,
    /// What a card says of it, a sentence each.
    pub(super) notes: Vec<String>,
    /// Those that the project leaves out, suspected or not.
    by_project: Vec<String>,
}

/// Returns why columns of some labelled rows may reveal the outcome, in the order of the columns.
pub(super) fn evidence(
    table: &Table,
    labels: &[bool],
    post_outcome_changes: &[PostOutcomeChange],
) -> Result<Vec<LeakEvidence>> {
    let report = leaks::find_leaks(&LeakInput::new(table, labels), &LeakParams::default())?;
    // A feature is computed as of a time, so that its name tells nothing: `industry_won_rate` is that of earlier leads.
    let is_by_name = |kind: &LeakKind| matches!(kind, LeakKind::Name | LeakKind::DurationAtClosing);
    let suspects = report.suspects.into_iter().filter(|suspect| !suspect.kinds.iter().all(is_by_name));
    let mut evidence: Vec<LeakEvidence> =
        suspects.map(|LeakSuspect { column, why, .. }| LeakEvidence { column, why }).collect();
    evidence.extend(post_outcome_changes.iter().flat_map(|changed| {
        let PostOutcomeChange { field, features, decided, decided_changed, open, open_changed } = changed;
        let [decided, decided_changed, open, open_changed] = [*decided, *decided_changed, *open, *open_changed];
        let changes = PostOutcomeCounts { decided, decided_changed, open, open_changed };
        features.iter().filter_map(move |feature| leaks::post_outcome_change(feature, field, changes))
    }));
    Ok(merged(evidence))
}

impl Screening {
    /// Decides which of a table's columns are left out. `evidence` are those that look like a leak.
    pub(super) fn of(setup: &TrainingSetup, table: &Table, evidence: Vec<LeakEvidence>) -> Result<Screening> {
        let (known_before, leave_out) = (&setup.target.known_before, &setup.target.leave_out);
        let left_out = match &setup.spec.left_out {
            LeftOut::These(names) => names.clone(),
            LeftOut::Suspects => {
                let target = &setup.spec.target;
                check_names(table, target, "known_before", known_before)?;
                check_names(table, target, "leave_out", leave_out)?;
                let suspects = evidence.iter().map(|leak| &leak.column).filter(|column| !known_before.contains(column));
                let is_left_out =
                    |name: &String| leave_out.contains(name) || suspects.clone().any(|found| found == name);
                table.columns().iter().map(|column| column.name.clone()).filter(is_left_out).collect()
            }
        };
        let (known, rest): (Vec<_>, Vec<_>) =
            evidence.into_iter().partition(|leak| known_before.contains(&leak.column));
        let leaks: Vec<_> = rest.into_iter().filter(|leak| !leave_out.contains(&leak.column)).collect();
        let mut screening = Screening { leaks, left_out, notes: Vec::new(), by_project: leave_out.clone() };
        screening.notes.extend(known.iter().map(|LeakEvidence { column, why }| {
            format!("`{column}` looks like a leak, and plumb.toml says that it is known before the outcome: {why}")
        }));
        screening.check_rest(setup, table)?;
        screening.note_left_out();
        Ok(screening)
    }

    /// Returns what is to be said of a model that was made elsewhere and sees these features.
    pub(super) fn of_imported(self, features: &FeatureSet) -> Screening {
        let Screening { mut leaks, by_project, .. } = self;
        let by_project = by_project.into_iter().map(|column| {
            let why = "plumb.toml says in `leave_out` that models of this target must not see it".to_owned();
            LeakEvidence { column, why }
        });
        leaks.extend(by_project);
        leaks.retain(|leak| features.position(&leak.column).is_some());
        Screening { leaks, ..Screening::default() }
    }

    /// Returns whether suspected leaks are left out.
    pub(super) fn has_suspects(&self) -> bool {
        self.leaks.iter().any(|leak| self.left_out.contains(&leak.column))
    }

    /// Returns the same for a model that sees the suspected leaks, to be compared.
    pub(super) fn with_suspects(&self) -> Screening {
        let mut screening = Screening { left_out: self.by_project.clone(), notes: Vec::new(), ..self.clone() };
        screening.notes.push(
            "sees the suspected leaks: its figures are too good if one of them is none that is known before the outcome"
                .to_owned(),
        );
        screening
    }

    fn note_left_out(&mut self) {
        let (suspects, others): (Vec<&String>, Vec<&String>) =
            self.left_out.iter().partition(|name| self.leaks.iter().any(|leak| leak.column == **name));
        let note = |why: &str, names: &[&String]| {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            (!names.is_empty()).then(|| format!("{why}: `{}`", names.join("`, `")))
        };
        let notes = [note("trained without the suspected leaks", &suspects), note("left out by plumb.toml", &others)];
        self.notes.extend(notes.into_iter().flatten());
    }

    /// Refuses to train on nothing.
    fn check_rest(&self, setup: &TrainingSetup, table: &Table) -> Result<()> {
        let rest = table.without(&self.left_out);
        if table.columns().is_empty() || !rest.columns().is_empty() {
            return Ok(());
        }
        let target = &setup.spec.target;
        let suspects: String = self.leaks.iter().map(|leak| format!("\n  `{}`: {}", leak.column, leak.why)).collect();
        bail!(
            "every feature of `{target}` is a suspected leak or left out, and nothing is left to learn from:{suspects}\n\
             say in plumb.toml which of them are known before the outcome, as `[target.{target}] known_before = [\"…\"]`, \
             or write features that are"
        )
    }
}

/// Returns one entry a column, with all that speaks against it.
fn merged(evidence: Vec<LeakEvidence>) -> Vec<LeakEvidence> {
    let mut merged: Vec<LeakEvidence> = Vec::new();
    for leak in evidence {
        match merged.iter_mut().find(|known| known.column == leak.column) {
            Some(known) => known.why = format!("{}; {}", known.why, leak.why),
            None => merged.push(leak),
        }
    }
    merged
}

fn check_names(table: &Table, target: &str, key: &str, names: &[String]) -> Result<()> {
    for name in names {
        let known = || table.columns().iter().map(|column| column.name.as_str());
        ensure!(
            known().any(|known| known == name),
            "plumb.toml: key `target.{target}.{key}` names `{name}`, which is no feature: {}",
            nearest(name, known())
        );
    }
    Ok(())
}
