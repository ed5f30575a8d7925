//! What a request costs before the work on it: its rows are counted, and the memory that they, their predictions and the
//! answer need is reserved.
//!
//! The figures are estimates on the safe side. What is made while a request is answered and does not depend on it, such as
//! the database's caches, is what the budget leaves free.

use plumb_lead::Feature;

use super::error::Error;
use super::limits::{LEAD_EVENTS_MAX, LEAD_ID_BYTES_MAX, RECORDED_BYTES_MAX};
use super::middleware::request_memory::RequestMemory;
use crate::journal::{RECORDED_AT_ONCE, RECORDING_COPIES};
use crate::scoring::{Explain, PREDICTION_JSON_BYTES, REASON_JSON_BYTES, Scorer};
use crate::serving::{InferenceRequest, Instance, RoutedVariant};

/// The memory of a cell that is read by name: its share of a tree's node and a copy of its name.
pub(super) const NAMED_CELL_BYTES: usize = 160;

/// The memory of a row of named cells beside them.
const NAMED_ROW_BYTES: usize = 400;

/// While a call is captured there are its texts, what is written of them into the journal, and copies for the loader.
const CAPTURE_COPIES: usize = 8;

/// What an answer has of each row.
#[derive(Clone, Copy, Debug)]
pub(super) enum AnswerForm {
    /// So many outputs, such as the score.
    Outputs(usize),
    /// The prediction with its reasons; in another language than the model's own they are there in both.
    Full {
        /// Whether the reader prefers another language.
        is_localized: bool,
    },
    /// What each feature contributed, by name.
    Attributions,
}

/// How a request is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct AnswerSpec {
    pub(super) explain: Explain,
    pub(super) form: AnswerForm,
    pub(super) is_captured: bool,
}

/// Reserves what rows need that are read straight into a model's matrix, before they are read.
pub(super) fn need_for_matrix(memory: &RequestMemory, scorer: &Scorer) -> Result<(), Error> {
    let rows = memory.shape.openings.max(memory.shape.lines).min(memory.limits.rows + 1);
    // A list that grows is up to twice as long as what is in it.
    memory.need(2 * 4 * rows * scorer.columns(), || format!("{rows} rows of {} features", scorer.columns()))
}

/// Reserves what so many rows of named cells need beside their body, before they are made.
pub(super) fn need_for_names(memory: &RequestMemory, rows: usize, cells: usize) -> Result<(), Error> {
    let bytes = rows.saturating_mul(NAMED_ROW_BYTES).saturating_add(cells.saturating_mul(NAMED_CELL_BYTES));
    memory.need(bytes, || format!("{rows} rows of {cells} values"))
}

/// Returns how many cells rows of a model's features have.
pub(super) fn cells(rows: usize, features: &[Feature]) -> usize {
    rows.saturating_mul(features.len())
}

/// Refuses more rows than a request may have.
pub(super) fn check_rows(memory: &RequestMemory, rows: usize) -> Result<(), Error> {
    if rows > memory.limits.rows { Err(Error::too_many("rows", memory.limits.rows)) } else { Ok(()) }
}

/// Checks what was read of a request against the limits, and reserves the memory for the rest of the work: scores, reasons,
/// the answer and what is recorded.
pub(super) fn admit(
    memory: &RequestMemory,
    routed: &RoutedVariant,
    request: &InferenceRequest,
    answer_spec: AnswerSpec,
) -> Result<(), Error> {
    let scorer = routed.scorer();
    let (rows, parsed_bytes) = match request {
        InferenceRequest::Rows(rows, lead_id) => {
            check_lead_id(lead_id.as_deref())?;
            (rows.matrix.rows, 0)
        }
        InferenceRequest::Instances(instances) => {
            check_instances(memory, instances)?;
            (instances.len(), instances.iter().map(Instance::bytes).sum())
        }
    };
    check_rows(memory, rows)?;
    let recorded = rows.saturating_mul(scorer.recorded_bytes(answer_spec.explain));
    let row_bytes = row_bytes(scorer, answer_spec);
    let recording = RECORDING_COPIES * recorded.min(RECORDED_AT_ONCE + scorer.recorded_bytes(answer_spec.explain));
    let captured = match answer_spec.is_captured {
        true => CAPTURE_COPIES * (memory.shape.bytes + rows * answer_bytes(scorer, answer_spec.form)),
        false => 0,
    };
    memory.need(parsed_bytes + rows * row_bytes + recording + captured, || match answer_spec.explain {
        Explain::Nothing => format!("{rows} rows"),
        Explain::Contributions | Explain::Reasons(_) => format!("{rows} rows with their reasons"),
    })?;
    if recorded > RECORDED_BYTES_MAX {
        return Err(Error::record_too_large(rows, RECORDED_BYTES_MAX));
    }
    Ok(())
}

/// Returns what a row needs until it is answered.
fn row_bytes(scorer: &Scorer, answer_spec: AnswerSpec) -> usize {
    let predicted = scorer.row_bytes(answer_spec.explain);
    // The predictions in the reader's language are made beside those that are recorded.
    let copies = if matches!(answer_spec.form, AnswerForm::Full { is_localized: true }) { 2 } else { 1 };
    copies * predicted + 2 * answer_bytes(scorer, answer_spec.form)
}

/// Returns about how long a row's answer is.
fn answer_bytes(scorer: &Scorer, form: AnswerForm) -> usize {
    match form {
        AnswerForm::Outputs(outputs) => 40 * outputs.max(1),
        AnswerForm::Full { .. } => {
            let names = scorer.artifact.target.len() + scorer.model_id.len();
            PREDICTION_JSON_BYTES + names + scorer.reasons() * REASON_JSON_BYTES
        }
        AnswerForm::Attributions => {
            let features = &scorer.artifact.model.features.features;
            40 + features.iter().map(|feature| 80 + feature.name.len()).sum::<usize>()
        }
    }
}

fn check_instances(memory: &RequestMemory, instances: &[Instance]) -> Result<(), Error> {
    for instance in instances {
        check_lead_id(instance.lead_id())?;
        if instance.events() > LEAD_EVENTS_MAX {
            return Err(Error::too_many("events of one lead", LEAD_EVENTS_MAX));
        }
    }
    let events: usize = instances.iter().map(Instance::events).sum();
    if events > memory.limits.events { Err(Error::too_many("events", memory.limits.events)) } else { Ok(()) }
}

fn check_lead_id(lead_id: Option<&str>) -> Result<(), Error> {
    let length = lead_id.map_or(0, str::len);
    if length > LEAD_ID_BYTES_MAX {
        let problem = format!("has {length} bytes: expected at most {LEAD_ID_BYTES_MAX}");
        return Err(Error::field("lead_id", &problem));
    }
    Ok(())
}
