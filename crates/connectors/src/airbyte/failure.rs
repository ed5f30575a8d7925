//! What a source says of its errors.

use crate::error::Error;
use crate::process::Secrets;
use crate::records::Object;

/// The errors that a source has told, and the streams that it has not finished.
#[derive(Debug, Default)]
pub(crate) struct Failure {
    messages: Vec<String>,
    is_lasting: bool,
    incomplete: Vec<String>,
}

/// How many errors are shown.
const SHOWN_MAX: usize = 5;

impl Failure {
    /// Takes a TRACE, if it is an error.
    pub(crate) fn add(&mut self, message: &Object) {
        let Some(trace) = message.object("trace") else { return };
        if !trace.text("type").is_some_and(|kind| kind.eq_ignore_ascii_case("ERROR")) {
            return;
        }
        let error = trace.object("error").unwrap_or_default();
        self.is_lasting |= error.text("failure_type").is_none_or(|kind| kind != "transient_error");
        let text = error.text("message").or_else(|| error.text("internal_message"));
        let text = text.unwrap_or("an error without a message".into()).into_owned();
        if !self.messages.contains(&text) {
            self.messages.push(text);
        }
    }

    /// Takes a stream that the source calls incomplete.
    pub(crate) fn add_incomplete(&mut self, stream: &str) {
        self.incomplete.push(stream.to_owned());
    }

    /// Returns the error of a run, if it has failed: by its exit, or by what it has told.
    pub(crate) fn error(&self, program: &str, exit: Option<Error>, secrets: &Secrets) -> Option<Error> {
        let mut told: Vec<String> = self.messages.iter().take(SHOWN_MAX).map(|text| secrets.mask(text)).collect();
        if self.messages.len() > SHOWN_MAX {
            told.push(format!("and {} errors more", self.messages.len() - SHOWN_MAX));
        }
        if !self.incomplete.is_empty() {
            told.push(format!("these streams are not complete: {}", self.incomplete.join(", ")));
        }
        if told.is_empty() {
            return exit;
        }
        let mut what = format!("`{program}` says: {}", told.join("; "));
        if let Some(exit) = &exit {
            what.push_str(&format!("; {}", exit.what));
        }
        let is_transient = !self.messages.is_empty() && !self.is_lasting;
        let way_out = if is_transient {
            "try again later; what it gave before is kept"
        } else {
            "correct its configuration, or what it complains of; what it gave before is kept"
        };
        Some(Error { is_transient, source: exit.and_then(|exit| exit.source), ..Error::new(what, way_out) })
    }
}
