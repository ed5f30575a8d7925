//! Finds out how the columns of a table are read.

use super::decide::{Convention, decide};
use super::evidence::Evidence;
use super::gather::gather;
use crate::error::Error;
use crate::plan::{ColumnPlan, ColumnReading};
use crate::records::RecordSource;
use crate::report::Note;

/// Reads all records once and decides for each column how it is read. A column that `fixed` names is read as it says;
/// if it names all of them, nothing is read. A column in `fixed` that the table has not is an error.
pub fn detect_columns(source: &dyn RecordSource, fixed: &[ColumnPlan]) -> Result<(Vec<ColumnPlan>, Vec<Note>), Error> {
    let names = source.open()?.names().to_vec();
    refuse_unknown(source, fixed, &names)?;
    let fixed_plan = |name: &str| fixed.iter().find(|plan| plan.name == name);
    let evidence: Vec<Option<Evidence>> = if names.iter().all(|name| fixed_plan(name).is_some()) {
        names.iter().map(|_| None).collect()
    } else {
        gather(source, |name| fixed_plan(name).is_none())?.1
    };
    let convention = Convention::of(evidence.iter().flatten(), source.plan().separator);
    let (mut plans, mut notes) = (Vec::new(), Vec::new());
    for (name, evidence) in names.iter().zip(&evidence) {
        match (fixed_plan(name), evidence) {
            (Some(plan), _) => plans.push(plan.clone()),
            (None, Some(evidence)) => {
                let decision = decide(name, evidence, &convention);
                plans.push(decision.plan(name));
                notes.extend(decision.notes);
            }
            // Evidence is gathered of every column that is not fixed.
            (None, None) => {}
        }
    }
    Ok((plans, notes))
}

fn refuse_unknown(source: &dyn RecordSource, fixed: &[ColumnPlan], names: &[String]) -> Result<(), Error> {
    let is_needed = |plan: &&ColumnPlan| !matches!(plan.reading, ColumnReading::Ignored { .. });
    match fixed.iter().filter(is_needed).find(|plan| !names.contains(&plan.name)) {
        Some(plan) => Err(Error::Plan {
            name: source.name().to_owned(),
            place: format!("column `{}`", plan.name),
            problem: format!(
                "the plan names it and the file does not have it: expected one of {}; mend the file's header, or the plan",
                names.iter().take(20).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        }),
        None => Ok(()),
    }
}
