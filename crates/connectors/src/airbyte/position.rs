//! The checkpoint of a source: its states, the configuration that it wants kept, and the names of columns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::airbyte::catalog::ConfiguredCatalog;
use crate::error::Error;
use crate::records::{Kept, Object};
use crate::sink::Checkpoint;

/// Where a source goes on. It may hold tokens: whoever keeps it keeps it where only this user can read it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    /// The states of streams, as text: their numbers keep their digits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    airbyte_streams: Vec<StreamState>,
    /// The state of all streams together, of a source that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    global: Option<String>,
    /// The state of a source from before the states of streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    legacy: Option<String>,
    /// The configuration that the source has written: it may have exchanged its tokens, so that the given ones are void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    config: Option<String>,
    /// The hash of the configuration that was given when the source wrote its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    config_of: Option<String>,
    /// The names of columns that are not the name of their only field, by stream.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) names: BTreeMap<String, Kept>,
    /// The hash of the configuration that is given now.
    #[serde(skip)]
    given: Option<String>,
}

/// The state of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StreamState {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    state: String,
}

impl Position {
    /// Reads a checkpoint.
    pub(crate) fn read(checkpoint: Option<&Checkpoint>) -> Result<Position, Error> {
        let Some(checkpoint) = checkpoint else { return Ok(Position::default()) };
        Position::deserialize(checkpoint).map_err(|error| {
            let way_out = "was the source another one before? Give it another name, under which it begins anew";
            Error::new(format!("the kept position is not one of an Airbyte source: {error}"), way_out).because(error)
        })
    }

    /// Says which configuration is given now. If somebody has changed it, it is the newest, and what the source wrote is void.
    pub(crate) fn expect_config(&mut self, config: &Value) {
        let given: String = Sha256::digest(config.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
        if self.config_of.as_ref() != Some(&given) {
            (self.config, self.config_of) = (None, None);
        }
        self.given = Some(given);
    }

    /// Returns the configuration that the source has written.
    pub(crate) fn config(&self) -> Option<&str> {
        self.config.as_deref()
    }

    /// Keeps a configuration that the source has written.
    pub(crate) fn set_config(&mut self, config: &str) {
        (self.config, self.config_of) = (Some(config.to_owned()), self.given.clone());
    }

    /// Keeps the state of a stream.
    pub(crate) fn set_stream(&mut self, namespace: Option<&str>, name: &str, state: &str) {
        self.airbyte_streams.retain(|kept| kept.name != name || kept.namespace.as_deref() != namespace);
        let namespace = namespace.map(str::to_owned);
        self.airbyte_streams.push(StreamState { name: name.to_owned(), namespace, state: state.to_owned() });
    }

    /// Keeps the state of all streams together.
    pub(crate) fn set_global(&mut self, state: &str) {
        self.global = Some(state.to_owned());
    }

    /// Keeps the state of an old source.
    pub(crate) fn set_legacy(&mut self, data: &str) {
        self.legacy = Some(data.to_owned());
    }

    /// Returns what the source is given to go on from. Streams that are read whole begin anew: what came in another run could
    /// not be told from what is gone. An old source is given its state alone, as it knows no list.
    pub(crate) fn state_file(&self, catalog: &ConfiguredCatalog) -> Option<String> {
        if self.airbyte_streams.is_empty() && self.global.is_none() {
            return self.legacy.clone();
        }
        let goes_on =
            |namespace: Option<&str>, name: &str| catalog.find(namespace, name).is_some_and(|stream| !stream.is_whole);
        let streams = self.airbyte_streams.iter().filter(|kept| goes_on(kept.namespace.as_deref(), &kept.name));
        let mut states: Vec<String> = streams.map(|kept| kept.state.clone()).collect();
        states.extend(
            self.global.as_ref().map(|state| without_streams(state, &goes_on).unwrap_or_else(|| state.clone())),
        );
        (!states.is_empty()).then(|| format!("[{}]", states.join(",")))
    }

    /// Returns the checkpoint.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        serde_json::to_value(self).expect("texts and maps by text are JSON")
    }
}

/// Returns a global state without the states of streams that begin anew; `None` if there is none of them.
fn without_streams(state: &str, goes_on: &dyn Fn(Option<&str>, &str) -> bool) -> Option<String> {
    let object: Object = serde_json::from_str(state).ok()?;
    let global = object.object("global")?;
    let streams: Vec<&serde_json::value::RawValue> = global.read("stream_states")?;
    let kept: Vec<&str> = streams
        .iter()
        .map(|stream| stream.get())
        .filter(|stream| {
            let stream: Object = serde_json::from_str(stream).unwrap_or_default();
            let descriptor = stream.object("stream_descriptor").unwrap_or_default();
            goes_on(
                descriptor.text("namespace").as_deref().filter(|namespace| !namespace.is_empty()),
                &descriptor.text("name").unwrap_or_default(),
            )
        })
        .collect();
    let shared = global.get("shared_state").map_or("null", |shared| shared.get());
    (kept.len() < streams.len()).then(|| {
        format!(r#"{{"type":"GLOBAL","global":{{"shared_state":{shared},"stream_states":[{}]}}}}"#, kept.join(","))
    })
}
