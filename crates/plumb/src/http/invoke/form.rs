//! The forms in which scores are written, and which of them the Accept header asks for.

use crate::http::error::Error;

/// A form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Form {
    /// A score a line.
    Csv,
    /// `{"predictions": [{"score": 0.5}]}`, as the XGBoost container writes it.
    Json,
    /// `{"score": 0.5}`, one a line.
    JsonLines,
    /// A record of protobuf with each score.
    RecordIo,
    /// JSON with ids, bands and reasons.
    Plumb,
}

impl Form {
    /// Returns the form that a caller likes best. No header, and `*/*`, leave it to the form of the request: then CSV is
    /// answered by CSV, as the XGBoost container does.
    pub(super) fn negotiate(accept: Option<&str>, of_request: Form) -> Result<Form, Error> {
        let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else { return Ok(of_request) };
        let mut best: Option<(f32, Form)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';');
            let kind = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse::<f32>().ok());
            let weight = weight.unwrap_or(1.0);
            if let Some(form) = Form::of_range(&kind, of_request)
                && weight > best.map_or(0.0, |(best, _)| best)
            {
                best = Some((weight, form));
            }
        }
        best.map(|(_, form)| form).ok_or_else(|| Error::accept(accept))
    }

    /// Returns the media type that is answered.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Form::Csv => "text/csv; charset=utf-8",
            Form::Json => "application/json",
            Form::JsonLines => "application/jsonlines",
            Form::RecordIo => "application/x-recordio-protobuf",
            Form::Plumb => "application/vnd.plumb+json",
        }
    }

    fn of_range(kind: &str, of_request: Form) -> Option<Form> {
        match kind {
            "*/*" => Some(of_request),
            "text/csv" | "text/*" => Some(Form::Csv),
            "application/json" | "application/*" => Some(Form::Json),
            "application/jsonlines" | "application/x-jsonlines" => Some(Form::JsonLines),
            "application/x-recordio-protobuf" => Some(Form::RecordIo),
            "application/vnd.plumb+json" => Some(Form::Plumb),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, expected: Option<Form>) {
        assert_eq!(Form::negotiate(Some(accept), Form::Csv).ok(), expected, "{accept}");
    }

    #[test]
    fn the_form_that_is_liked_best_is_written() {
        assert_eq!(Form::negotiate(None, Form::JsonLines).ok(), Some(Form::JsonLines));
        check("", Some(Form::Csv));
        check("*/*", Some(Form::Csv));
        check("application/json", Some(Form::Json));
        check("Application/JSON; charset=utf-8", Some(Form::Json));
        check("application/jsonlines", Some(Form::JsonLines));
        check("application/vnd.plumb+json", Some(Form::Plumb));
        check("image/png, text/csv;q=0.2, application/json;q=0.8", Some(Form::Json));
        check("application/json;q=0", None);
        check("application/x-recordio-protobuf", Some(Form::RecordIo));
        check("application/x-recordio", None);
    }
}
