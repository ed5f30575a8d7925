//! The log: which lines (`PLUMB_LOG`) and in which format (`PLUMB_LOG_FORMAT`).

use std::env::{VarError, var};

use anyhow::{Context, Result, bail};
use tracing::subscriber::set_global_default;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, Registry, registry};

use super::log_filter::{DEFAULT, LogFilter};
use super::traces::{Traces, is_traced};
use crate::terminal_text::{EscapedLines, Notation};

/// The format of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    /// For people.
    Text,
    /// For log collectors: a JSON object a line, a field for each value.
    Json,
}

/// Begins to log, and to trace requests if a collector is configured. The log goes to standard error: standard output is for
/// results. A collector that is configured wrongly keeps no program from its work.
pub(crate) fn start() -> Result<Option<Traces>> {
    let filter = LogFilter::read(var("PLUMB_LOG"));
    let format = match var("PLUMB_LOG_FORMAT") {
        Err(VarError::NotPresent) => Format::Text,
        named => Format::read(&named.context("PLUMB_LOG_FORMAT is no text: expected `text` or `json`")?)?,
    };
    filter.say_what_is_wrong(format);
    let lines = lines(EnvFilter::new(&filter.directives), format, std::io::stderr);
    let traces = Traces::start();
    let started = match traces.as_ref().ok().and_then(Option::as_ref) {
        Some(traces) => set_global_default(registry().with(lines).with(traces.layer())),
        None => set_global_default(registry().with(lines)),
    };
    started.context("the log was started before")?;
    Ok(traces.unwrap_or_else(|error| {
        tracing::warn!("there are no traces: {error:#}");
        None
    }))
}

impl Format {
    fn read(name: &str) -> Result<Format> {
        match name {
            "" | "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            other => bail!("PLUMB_LOG_FORMAT is `{other}`: expected `text` or `json`"),
        }
    }
}

impl LogFilter {
    /// Warns of the parts that are left out, whatever the filter lets through.
    fn say_what_is_wrong(&self, format: Format) {
        let log = registry().with(lines(EnvFilter::new(DEFAULT), format, std::io::stderr));
        tracing::subscriber::with_default(log, || {
            self.problems.iter().for_each(|problem| tracing::warn!("PLUMB_LOG: {problem}"));
        });
    }
}

/// Returns the layer that writes the log, without the spans for a collector, which would take the request's place.
fn lines<W>(filter: EnvFilter, format: Format, writer: W) -> impl Layer<Registry> + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let notation = if format == Format::Json { Notation::Json } else { Notation::Plain };
    // Without colours: their codes could not be told from those in a name. A line that cannot be written is lost: to say so
    // there is only the same place, and to try that would panic.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(EscapedLines { inner: writer, notation })
        .with_ansi(false)
        .log_internal_errors(false);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        Format::Text => Box::new(lines),
        // There is one span at most, the request's: a list of spans would repeat it.
        Format::Json => Box::new(lines.json().flatten_event(true).with_span_list(false)),
    };
    lines.with_filter(filter.and(filter_fn(|metadata| !is_traced(metadata))))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};
    use tempfile::NamedTempFile;

    use super::*;

    #[test]
    fn a_line_of_json_has_a_field_for_each_value() {
        let file = NamedTempFile::new().expect("a temporary file");
        let written = Arc::new(file.reopen().expect("it is there"));
        let log = registry().with(lines(EnvFilter::new("info"), Format::Json, written));
        tracing::subscriber::with_default(log, || {
            let _request = tracing::info_span!("request", id = "r\n1").entered();
            let _traced = tracing::info_span!(target: super::super::traces::TRACED, "score").entered();
            tracing::info!(status = 200, "answered");
            tracing::debug!("left out");
        });
        let written = std::fs::read_to_string(file.path()).expect("text");
        let line: Value = serde_json::from_str(&written).expect("one line of JSON");
        assert_eq!(
            (&line["level"], &line["message"], &line["status"]),
            (&json!("INFO"), &json!("answered"), &json!(200))
        );
        assert_eq!(line["span"], json!({ "name": "request", "id": "r\n1" }));
    }

    #[test]
    fn a_name_in_a_line_cannot_control_the_terminal() {
        for (format, expected) in [(Format::Text, r"lead `\x1b[2J\nWARN forged\u{202e}`"), (Format::Json, r"\u202e")] {
            let file = NamedTempFile::new().expect("a temporary file");
            let written = Arc::new(file.reopen().expect("it is there"));
            let log = registry().with(lines(EnvFilter::new("info"), format, written));
            tracing::subscriber::with_default(log, || tracing::warn!("lead `\u{1b}[2J\nWARN forged\u{202e}`"));
            let written = std::fs::read_to_string(file.path()).expect("text");
            assert!(written.contains(expected) && written.lines().count() == 1, "{written}");
            assert!(!written.trim_end().contains(char::is_control), "{}", written.escape_debug());
        }
    }

    #[test]
    fn an_unknown_format_is_refused() {
        assert_eq!(Format::read("json").ok(), Some(Format::Json));
        assert_eq!(Format::read("").ok(), Some(Format::Text));
        let error = Format::read("xml").expect_err("there is no such format");
        assert_eq!(error.to_string(), "PLUMB_LOG_FORMAT is `xml`: expected `text` or `json`");
    }
}
