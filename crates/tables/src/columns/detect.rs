//! Decides how every column of a table is read, from one pass over all of its rows.

use super::decide::{Convention, Decision, decide};
use super::gather::gather;
use crate::error::Error;
use crate::plan::ColumnPlan;
use crate::records::RecordSource;
use crate::report::Note;

/// Reads all records once and decides for each column how it is read, in the order of the file. A column that `fixed` names is
/// read as it says. Returns what was decided and what is to be said of that.
pub fn detect_columns(source: &dyn RecordSource, fixed: &[ColumnPlan]) -> Result<(Vec<ColumnPlan>, Vec<Note>), Error> {
    let names = source.open()?.names().to_vec();
    let fixed_plan = |name: &str| fixed.iter().find(|plan| plan.name == name);
    if let Some(unknown) = fixed.iter().find(|plan| !names.contains(&plan.name)) {
        return Err(Error::Plan {
            name: source.name().to_owned(),
            place: "its header".to_owned(),
            problem: format!(
                "no column `{}`, which the plan names: the columns are `{}`; mend the plan, or take the column out of it",
                unknown.name,
                names.join("`, `")
            ),
        });
    }
    if names.iter().all(|name| fixed_plan(name).is_some()) {
        return Ok((names.iter().filter_map(|name| fixed_plan(name).cloned()).collect(), Vec::new()));
    }
    let (names, evidence) = gather(source, |name| fixed_plan(name).is_none())?;
    let convention = Convention::of(evidence.iter().flatten(), source.plan().separator);
    let (mut plans, mut notes) = (Vec::with_capacity(names.len()), Vec::new());
    for (name, evidence) in names.iter().zip(evidence) {
        match (fixed_plan(name), evidence) {
            (Some(plan), _) => plans.push(plan.clone()),
            (None, Some(evidence)) => {
                let Decision { plan, notes: said } = decide(name, &evidence, &convention);
                plans.push(plan);
                notes.extend(said);
            }
            // Evidence was gathered of every column that is not fixed.
            (None, None) => {}
        }
    }
    Ok((plans, notes))
}
