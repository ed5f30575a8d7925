//! What the program tells its operator, line by line: which of it (`PLUMB_LOG`) and in which form (`PLUMB_LOG_FORMAT`).

use std::env::{VarError, var};

use anyhow::{Context, Result, bail};
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    /// For people.
    Text,
    /// For programs that gather logs: an object a line, a field for each value.
    Json,
}

/// Begins to log. It goes where errors go: answers and tables are what the program prints.
pub(crate) fn start() -> Result<()> {
    let filter = EnvFilter::try_from_env("PLUMB_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let format = match var("PLUMB_LOG_FORMAT") {
        Err(VarError::NotPresent) => Format::Text,
        named => Format::read(&named.context("PLUMB_LOG_FORMAT is no text: expected `text` or `json`")?)?,
    };
    let subscriber = subscriber(filter, format, std::io::stderr);
    tracing::subscriber::set_global_default(subscriber).context("the log was begun before")
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

fn subscriber<W>(filter: EnvFilter, format: Format, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        Format::Text => Box::new(lines.finish()),
        // There is one span at most, the request's: a list of spans would say it twice.
        Format::Json => Box::new(lines.json().flatten_event(true).with_span_list(false).finish()),
    }
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
        let log = subscriber(EnvFilter::new("info"), Format::Json, written);
        tracing::subscriber::with_default(log, || {
            let _request = tracing::info_span!("request", id = "r\n1").entered();
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
    fn another_form_is_refused() {
        assert_eq!(Format::read("json").ok(), Some(Format::Json));
        assert_eq!(Format::read("").ok(), Some(Format::Text));
        let error = Format::read("xml").expect_err("there is no such form");
        assert_eq!(error.to_string(), "PLUMB_LOG_FORMAT is `xml`: expected `text` or `json`");
    }
}
