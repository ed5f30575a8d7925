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

/// How many errors are shown, and how many bytes of each.
const SHOWN_MAX: usize = 5;
const SHOWN_BYTES_MAX: usize = 1_000;

impl Failure {
    /// Takes a TRACE, if it is an error.
    pub(crate) fn add(&mut self, message: &Object) {
        let Some(trace) = message.object("trace") else { return };
        if !trace.text("type").is_some_and(|kind| kind.eq_ignore_ascii_case("ERROR")) {
            return;
        }
        let error = trace.object("error").unwrap_or_default();
        self.is_lasting |= error.text("failure_type").is_none_or(|kind| kind != "transient_error");
        let parts = ["message", "internal_message"].map(|name| error.text(name).unwrap_or_default());
        let mut text = match &parts {
            [message, internal] if message.is_empty() => internal.to_string(),
            [message, internal] if internal.is_empty() || internal == message => message.to_string(),
            [message, internal] => format!("{message} ({internal})"),
        };
        if text.is_empty() {
            text = "an error without a message".into();
        }
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
        let mut told: Vec<String> = self.messages.iter().take(SHOWN_MAX).map(|text| shown(text, secrets)).collect();
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

fn shown(text: &str, secrets: &Secrets) -> String {
    let mut text = secrets.mask(text);
    text.truncate(text.floor_char_boundary(SHOWN_BYTES_MAX));
    text
}
