//! What a caller of InvokeEndpoint asks for in headers.

use condition::Condition;
use form::Form;
use serde_json::Value;

/// The longest condition that the server reads.
const CONDITION_CHARS_MAX: usize = 64;

#[path = "../../../crates/plumb/src/http/invoke/condition.rs"]
mod condition;
#[path = "../../../crates/plumb/src/http/invoke/form.rs"]
mod form;

/// Returns whether a record meets a condition, if it is one.
pub fn holds(condition: &str, record: &Value) -> Option<bool> {
    let condition = Some(condition).filter(|condition| condition.chars().count() <= CONDITION_CHARS_MAX)?;
    Some(Condition::parse(condition).ok()?.holds(record))
}

/// Returns the media type that is answered to an Accept header, of each form of a request.
pub fn negotiated(accept: &str) -> Vec<Option<&'static str>> {
    let forms = [Form::Csv, Form::Json, Form::JsonLines, Form::Plumb];
    forms.map(|form| Form::negotiate(Some(accept), form).ok().map(Form::media_type)).to_vec()
}
