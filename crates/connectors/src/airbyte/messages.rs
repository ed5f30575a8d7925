//! The messages of a source, one after the other.

use std::collections::BTreeMap;

use chrono::Utc;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::airbyte::catalog::ConfiguredCatalog;
use crate::airbyte::config::AirbyteConfig;
use crate::airbyte::failure::Failure;
use crate::airbyte::position::Position;
use crate::airbyte::source_stream::{DELETED_FIELD, SourceStream, Status};
use crate::error::Error;
use crate::line_protocol::LineProtocol;
use crate::process::Secrets;
use crate::records::{Given, Object, Record, RecordStream, Tally};
use crate::sink::Sink;

/// What was heard of a source until now.
pub(crate) struct Messages<'a> {
    config: &'a AirbyteConfig,
    position: Position,
    secrets: Secrets,
    new_secrets: Option<Value>,
    streams: BTreeMap<StreamId, SourceStream>,
    /// Records of streams that are not in the catalog, by name.
    strangers: BTreeMap<String, u64>,
    failure: Failure,
    pub(crate) tally: Tally,
}

/// A stream's namespace and name.
type StreamId = (Option<String>, String);

impl<'a> Messages<'a> {
    /// Begins a run.
    pub(crate) fn new(
        config: &'a AirbyteConfig,
        catalog: &ConfiguredCatalog,
        position: Position,
        secrets: Secrets,
    ) -> Messages<'a> {
        let mut streams = BTreeMap::new();
        for stream in &catalog.streams {
            let title = catalog.title(stream);
            let mut records = RecordStream::new(&title, position.names.get(&title));
            records.is_whole = stream.is_whole;
            if let Some(schema) = &stream.schema {
                records.describe(schema);
            }
            match config.keys.get(&stream.name) {
                Some(key) => records.set_key_columns(key),
                None => records.set_key(&stream.key),
            }
            let id = (stream.namespace.clone(), stream.name.clone());
            streams.insert(id, SourceStream::new(records));
        }
        let (new_secrets, strangers, failure, tally) = Default::default();
        Messages { config, position, secrets, new_secrets, streams, strangers, failure, tally }
    }

    /// Ends a run: by the error of its exit, by what the source has told, or well, with the last checkpoint.
    pub(crate) fn finish(&mut self, exit: Option<Error>, sink: &mut dyn Sink) -> Result<(), Error> {
        for stream in self.streams.values_mut() {
            // Nothing comes any more that could count them.
            stream.uncounted = 0;
        }
        self.settle(sink)?;
        let name = self.config.program.name();
        if let Some(error) = self.failure.error(&name, exit, &self.secrets) {
            return Err(error);
        }
        for stream in self.streams.values_mut() {
            stream.records.begin(sink)?;
            if stream.records.is_whole && stream.status != Status::Complete {
                stream.note_not_deleted("the source does not say that the stream is complete", sink);
            }
        }
        self.checkpoint(sink)
    }

    /// Says what somebody should know of the run, however it has ended.
    pub(crate) fn notes(&self, sink: &mut dyn Sink) {
        self.tally.notes(sink);
        for (name, count) in &self.strangers {
            let what = format!("rows of `{name}` came, which is not in the catalog, and were left out");
            sink.note("", None, *count, what, "name the stream in `tables`, or in the catalog".into());
        }
        for stream in self.streams.values() {
            stream.notes(sink);
        }
    }

    fn record(&mut self, object: &Object, sink: &mut dyn Sink) -> Result<bool, Error> {
        let Some(record) = object.object("record") else { return Ok(false) };
        let Some(name) = record.text("stream") else { return Ok(false) };
        let id = (namespace(&record), name.into_owned());
        let Some(stream) = self.streams.get_mut(&id) else {
            self.tally.rejected += 1;
            *self.strangers.entry(id.1).or_default() += 1;
            return Ok(true);
        };
        stream.uncounted += 1;
        let now = Utc::now().timestamp_micros();
        #[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and what is later than now is now")]
        let emitted_at = record.read::<f64>("emitted_at").map(|milliseconds| (milliseconds * 1_000.0) as i64);
        let given = match record.get("data") {
            Some(value) => {
                let heard_at = emitted_at.map_or(now, |emitted_at| emitted_at.min(now));
                stream.records.record(&Record { value, heard_at, deleted_field: DELETED_FIELD }, sink)?
            }
            None => stream.records.reject_next("it has no `data`", sink)?,
        };
        match given {
            Given::Row => self.tally.rows += 1,
            Given::Rejected => self.tally.rejected += 1,
        }
        stream.count_changes(&record);
        Ok(true)
    }

    fn state(&mut self, object: &Object, sink: &mut dyn Sink) -> Result<bool, Error> {
        let Some(raw) = object.get("state") else { return Ok(false) };
        let state: Object = serde_json::from_str(raw.get()).unwrap_or_default();
        let counted = state.object("sourceStats").and_then(|stats| stats.read::<f64>("recordCount"));
        if let Some(stream) = state.object("stream") {
            let Some(id) = descriptor(&stream) else { return Ok(false) };
            self.count(Some(&id), counted, sink)?;
            self.position.set_stream(id.0.as_deref(), &id.1, raw.get());
        } else if state.get("global").is_some() {
            self.count(None, counted, sink)?;
            self.position.set_global(raw.get());
        } else if let Some(data) = state.get("data") {
            self.count(None, counted, sink)?;
            self.position.set_legacy(data.get());
        } else {
            return Ok(false);
        }
        self.checkpoint(sink)?;
        Ok(true)
    }

    /// Compares what the source counts since its last state with what has arrived. Fewer rows are lost rows, and the state is
    /// not kept, so that they come again; more are only said.
    fn count(&mut self, id: Option<&StreamId>, counted: Option<f64>, sink: &mut dyn Sink) -> Result<(), Error> {
        let mut arrived = 0;
        for (stream_id, stream) in &mut self.streams {
            if id.is_none_or(|id| id == stream_id) {
                arrived += std::mem::take(&mut stream.uncounted);
            }
        }
        let Some(counted) = counted else { return self.settle(sink) };
        let title = id.and_then(|id| self.streams.get(id)).map_or("", |stream| stream.records.name());
        #[expect(clippy::cast_precision_loss, reason = "no state counts 2^53 rows")]
        let difference = counted - arrived as f64;
        if difference == 0.0 {
            return self.settle(sink);
        }
        let of = if title.is_empty() { String::new() } else { format!(" of `{title}`") };
        let what = format!("the source counts {counted} rows{of} since its last state, and {arrived} have arrived");
        if difference > 0.0 && self.config.has_strict_counts {
            let way_out = "read again: its rows come once more; if it stays so, the source counts wrongly, which \
                           `strict_counts = false` accepts";
            return Err(Error::new(what, way_out));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is positive, and a cast saturates"
        )]
        let count = difference.abs() as u64;
        sink.note(title, None, count, what, "ask the makers of the source how it counts".into());
        self.settle(sink)
    }

    /// Ends the streams of which all has come and was counted: a source calls a stream complete before its last state.
    fn settle(&mut self, sink: &mut dyn Sink) -> Result<(), Error> {
        let is_readable = self.tally.unreadable == 0;
        let complete = self
            .streams
            .values_mut()
            .filter(|stream| stream.status == Status::Complete && !stream.is_settled && stream.uncounted == 0);
        for stream in complete {
            stream.settle(is_readable, sink)?;
        }
        Ok(())
    }

    fn trace(&mut self, object: &Object) -> bool {
        let Some(trace) = object.object("trace") else { return false };
        self.failure.add(object);
        let Some(status) = trace.object("stream_status") else { return true };
        let Some(stream) = descriptor(&status).and_then(|id| self.streams.get_mut(&id)) else { return true };
        stream.status = match status.text("status").unwrap_or_default().to_ascii_uppercase().as_str() {
            "COMPLETE" => Status::Complete,
            "INCOMPLETE" => Status::Incomplete,
            "STARTED" | "RUNNING" => Status::Running,
            _ => stream.status,
        };
        match stream.status {
            Status::Incomplete => self.failure.add_incomplete(stream.records.name()),
            Status::Unknown | Status::Running | Status::Complete => {}
        }
        true
    }

    fn control(&mut self, object: &Object, sink: &mut dyn Sink) -> Result<bool, Error> {
        let Some(config) = new_config(object) else { return Ok(false) };
        let value: Value = serde_json::from_str(config.get()).unwrap_or_default();
        self.secrets.add_config(&value);
        self.new_secrets = Some(value);
        self.position.set_config(config.get());
        // At once: the tokens before it may be void, whatever becomes of this run.
        self.checkpoint(sink)?;
        Ok(true)
    }

    fn checkpoint(&mut self, sink: &mut dyn Sink) -> Result<(), Error> {
        for stream in self.streams.values() {
            let names = stream.records.kept_names();
            if !names.is_empty() {
                self.position.names.insert(stream.records.name().to_owned(), names);
            }
        }
        sink.checkpoint(self.position.checkpoint())
    }
}

impl LineProtocol for Messages<'_> {
    fn message(&mut self, text: &str, sink: &mut dyn Sink) -> Result<bool, Error> {
        let object: Object = serde_json::from_str(text).unwrap_or_default();
        let kind = object.text("type").unwrap_or_default().to_ascii_uppercase();
        let is_read = match kind.as_str() {
            "RECORD" => return self.record(&object, sink),
            "STATE" => self.state(&object, sink)?,
            "TRACE" => self.trace(&object),
            "CONTROL" => self.control(&object, sink)?,
            "LOG" => {
                let line = log_line(&object, &self.secrets);
                line.iter().for_each(|line| sink.progress(line));
                object.get("log").is_some()
            }
            "SPEC" | "CATALOG" | "CONNECTION_STATUS" | "DESTINATION_CATALOG" => true,
            _ => {
                self.tally.add_unknown(&kind);
                return Ok(true);
            }
        };
        self.tally.messages += u64::from(is_read);
        Ok(is_read)
    }

    fn tally(&mut self) -> (&mut Tally, &Secrets) {
        (&mut self.tally, &self.secrets)
    }

    fn new_secrets(&mut self) -> Option<Value> {
        self.new_secrets.take()
    }
}

/// Returns the configuration that a CONTROL wants kept.
pub(crate) fn new_config<'a>(object: &Object<'a>) -> Option<&'a RawValue> {
    object.object("control")?.object("connectorConfig")?.get("config")
}

/// Returns a line of a source's log, without secrets, if somebody should see it.
pub(crate) fn log_line(object: &Object, secrets: &Secrets) -> Option<String> {
    let log = object.object("log")?;
    let level = log.text("level").unwrap_or_default().to_ascii_uppercase();
    let text = secrets.mask(&log.text("message").unwrap_or_default());
    (level != "DEBUG" && level != "TRACE").then(|| format!("{level}: {text}"))
}

fn descriptor(object: &Object) -> Option<StreamId> {
    let descriptor = object.object("stream_descriptor")?;
    Some((namespace(&descriptor), descriptor.text("name")?.into_owned()))
}

/// Returns the namespace of a record or a stream; an empty one is none.
fn namespace(object: &Object) -> Option<String> {
    object.text("namespace").filter(|namespace| !namespace.is_empty()).map(String::from)
}
