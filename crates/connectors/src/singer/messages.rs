//! The messages of a tap, one after the other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::line_protocol::LineProtocol;
use crate::process::Secrets;
use crate::records::{self, Given, Message, Object, Record, RecordStream, Tally};
use crate::singer::batch::Batch;
use crate::singer::position::Position;
use crate::singer::versions::{RunVersions, Verdict};
use crate::sink::Sink;

/// The field that has a value if the row was deleted.
const DELETED_FIELD: &str = "_sdc_deleted_at";

/// What was heard of a tap until now.
pub(crate) struct Messages {
    keys: BTreeMap<String, Vec<String>>,
    position: Position,
    secrets: Secrets,
    streams: BTreeMap<String, TapStream>,
    /// Records whose stream has no SCHEMA yet, by stream.
    early: BTreeMap<String, u64>,
    pub(crate) tally: Tally,
}

struct TapStream {
    records: RecordStream,
    versions: RunVersions,
}

impl Messages {
    /// Begins a run.
    pub(crate) fn new(keys: BTreeMap<String, Vec<String>>, position: Position, secrets: Secrets) -> Messages {
        let (streams, early, tally) = Default::default();
        Messages { keys, position, secrets, streams, early, tally }
    }

    /// Ends a run whose tap has ended well: deletes what was not named where a version was activated, and gives the last
    /// checkpoint.
    pub(crate) fn finish(&mut self, sink: &mut dyn Sink) -> Result<(), Error> {
        let is_readable = self.tally.unreadable == 0;
        for stream in self.streams.values_mut() {
            stream.begin(None, sink)?;
            stream.finish(is_readable, sink)?;
        }
        self.checkpoint(sink)
    }

    /// Says what somebody should know of the run, however it has ended.
    pub(crate) fn notes(&self, sink: &mut dyn Sink) {
        self.tally.notes(sink);
        for (name, count) in &self.early {
            let what = format!("rows of `{name}` came without a SCHEMA, and were left out");
            sink.note("", None, *count, what, "the tap is at fault: update it".into());
        }
        for stream in self.streams.values() {
            stream.records.notes(sink);
        }
    }

    fn schema(&mut self, name: &str, object: &Object, sink: &mut dyn Sink) -> Result<bool, Error> {
        let Some(schema) = object.get("schema") else { return Ok(false) };
        let stream = self.streams.entry(name.to_owned()).or_insert_with(|| TapStream {
            records: RecordStream::new(name, self.position.names.get(name)),
            versions: RunVersions::new(self.position.versions.get(name)),
        });
        stream.records.describe(schema);
        let before = stream.records.key().to_vec();
        match self.keys.get(name) {
            Some(key) => stream.records.set_key_columns(key),
            None => {
                let key: Vec<String> = object.read("key_properties").unwrap_or_default();
                stream.records.set_key(&key.into_iter().map(|name| vec![name]).collect::<Vec<_>>());
            }
        }
        if stream.records.has_begun() {
            if stream.records.key() != before {
                let [before, after] = [&before[..], stream.records.key()].map(|key| key.join(", "));
                let what = format!("the key of `{name}` was ({before}) and is ({after}) in the middle of a run");
                return Err(Error::new(what, "say which it is by `key`"));
            }
            stream.records.begin(sink)?;
        }
        for _ in 0..self.early.remove(name).unwrap_or_default() {
            stream.records.reject_next("it came before the SCHEMA of its stream", sink)?;
        }
        Ok(true)
    }

    fn record(&mut self, name: &str, object: &Object, sink: &mut dyn Sink) -> Result<(), Error> {
        let Some(stream) = self.streams.get_mut(name) else {
            *self.early.entry(name.to_owned()).or_default() += 1;
            self.tally.rejected += 1;
            return Ok(());
        };
        let version = object.read::<i64>("version");
        stream.begin(version, sink)?;
        stream.versions.hear(version);
        let given = match object.get("record") {
            Some(value) => stream.give(value, heard_at(object.text("time_extracted")), sink)?,
            None => stream.records.reject_next("it has no `record`", sink)?,
        };
        match given {
            Given::Row => self.tally.rows += 1,
            Given::Rejected => self.tally.rejected += 1,
        }
        Ok(())
    }

    fn activate(&mut self, name: &str, object: &Object) -> bool {
        let (Some(stream), Some(version)) = (self.streams.get_mut(name), object.read::<i64>("version")) else {
            return false;
        };
        stream.versions.activate(version);
        true
    }

    fn batch(&mut self, name: &str, object: &Object, sink: &mut dyn Sink) -> Result<bool, Error> {
        let batch = Batch::read(name, object)?;
        let Some(stream) = self.streams.get_mut(name) else {
            let what = format!("the tap sends files of `{name}` before its SCHEMA");
            return Err(Error::new(what, "the tap is at fault: update it"));
        };
        stream.begin(None, sink)?;
        stream.versions.hear(None);
        batch.each_line(&mut |line| {
            match records::parse(line) {
                Message::Blank => {}
                Message::Object(text) => {
                    let value: &RawValue = serde_json::from_str(&text).unwrap_or(RawValue::NULL);
                    stream.give(value, heard_at(None), sink)?;
                }
                Message::Text | Message::Broken => {
                    stream.records.reject_next("it is no JSON object", sink)?;
                }
            }
            Ok(())
        })?;
        Ok(true)
    }

    fn state(&mut self, object: &Object, sink: &mut dyn Sink) -> Result<bool, Error> {
        let Some(value) = object.get("value") else { return Ok(false) };
        self.position.set_state(value.get());
        self.checkpoint(sink)?;
        Ok(true)
    }

    fn checkpoint(&mut self, sink: &mut dyn Sink) -> Result<(), Error> {
        for (name, stream) in &self.streams {
            if stream.versions.now() != &Default::default() {
                self.position.versions.insert(name.clone(), stream.versions.now().clone());
            }
            let names = stream.records.kept_names();
            if !names.is_empty() {
                self.position.names.insert(name.clone(), names);
            }
        }
        sink.checkpoint(self.position.checkpoint())
    }
}

impl LineProtocol for Messages {
    fn message(&mut self, text: &str, sink: &mut dyn Sink) -> Result<bool, Error> {
        let object: Object = serde_json::from_str(text).unwrap_or_default();
        let kind = object.text("type").unwrap_or_default().to_ascii_uppercase();
        let name = object.text("stream");
        let is_read = match (kind.as_str(), name) {
            ("RECORD", Some(name)) => return self.record(&name, &object, sink).map(|()| true),
            ("SCHEMA", Some(name)) => self.schema(&name, &object, sink)?,
            ("STATE", _) => self.state(&object, sink)?,
            ("ACTIVATE_VERSION", Some(name)) => self.activate(&name, &object),
            ("BATCH", Some(name)) => self.batch(&name, &object, sink)?,
            ("RECORD" | "SCHEMA" | "ACTIVATE_VERSION" | "BATCH", None) => false,
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
}

impl TapStream {
    /// Begins the stream if it has not begun. The version of its first record says whether it may be whole.
    fn begin(&mut self, version: Option<i64>, sink: &mut dyn Sink) -> Result<(), Error> {
        if !self.records.has_begun() {
            self.records.is_whole = self.versions.may_be_whole(version);
            self.records.begin(sink)?;
        }
        Ok(())
    }

    fn give(&mut self, value: &RawValue, heard_at: i64, sink: &mut dyn Sink) -> Result<Given, Error> {
        self.records.record(&Record { value, heard_at, deleted_field: DELETED_FIELD }, sink)
    }

    /// Deletes what was not named if a version was activated and all its rows came in this run.
    fn finish(&mut self, is_readable: bool, sink: &mut dyn Sink) -> Result<(), Error> {
        let has_others = self.versions.has_others();
        let verdict = self.versions.finish();
        let name = self.records.name().to_owned();
        let mut note = |what: &str| {
            let what = format!("{what}: rows that are gone from the system may still be here");
            sink.note(&name, None, 1, what, "a run without the tap's state sends all rows and compares them".into());
        };
        match verdict {
            Verdict::Nothing => {}
            Verdict::SeveralRuns => note("the rows of its version came in several runs"),
            Verdict::Delete if self.records.rejected() > 0 || !is_readable => {
                note("some of its rows cannot be read, so that nothing was called deleted");
            }
            Verdict::Delete if !self.records.has_begun() => {}
            Verdict::Delete if !self.records.is_whole => note("its version was told after rows without one"),
            Verdict::Delete => {
                if has_others {
                    note("rows of two versions came in one run");
                }
                sink.delete_unheard(&name)?;
            }
        }
        Ok(())
    }
}

/// Returns when a record was read out of its system, in microseconds since 1970; else when it came here. A tap whose clock
/// is ahead does not know the future.
fn heard_at(time_extracted: Option<Cow<str>>) -> i64 {
    let now = Utc::now().timestamp_micros();
    let told = time_extracted.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
    told.map_or(now, |told| told.timestamp_micros().min(now))
}
