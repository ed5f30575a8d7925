//! How each stream of a source is read: from where it was left, or whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::records::Object;

/// What somebody wants of a source.
pub(crate) struct Choice<'a> {
    /// The names of streams; empty is all.
    pub(crate) streams: &'a [String],
    /// Key columns, by stream.
    pub(crate) keys: &'a BTreeMap<String, Vec<String>>,
    /// Cursor fields, by stream.
    pub(crate) cursors: &'a BTreeMap<String, Vec<String>>,
}

/// The streams of a source, and how each is read.
#[derive(Debug)]
pub(crate) struct ConfiguredCatalog {
    pub(crate) streams: Vec<ConfiguredStream>,
    /// As it was given.
    given: Option<String>,
}

/// A stream and how it is read.
#[derive(Debug)]
pub(crate) struct ConfiguredStream {
    /// The stream as the source has described it.
    described: Box<RawValue>,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) schema: Option<Box<RawValue>>,
    /// The paths of the fields that no two rows have in common.
    pub(crate) key: Vec<Vec<String>>,
    cursor: Vec<String>,
    /// Whether each run gives all rows.
    pub(crate) is_whole: bool,
}

/// A stream as the protocol has it.
#[derive(Deserialize)]
struct Described {
    name: String,
    namespace: Option<String>,
    json_schema: Option<Box<RawValue>>,
    #[serde(default)]
    supported_sync_modes: Option<Vec<String>>,
    source_defined_cursor: Option<bool>,
    default_cursor_field: Option<Vec<String>>,
    source_defined_primary_key: Option<Vec<Vec<String>>>,
}

/// A configured stream as the protocol has it.
#[derive(Deserialize, Serialize)]
struct Configured {
    stream: Box<RawValue>,
    sync_mode: String,
    destination_sync_mode: String,
    cursor_field: Option<Vec<String>>,
    primary_key: Option<Vec<Vec<String>>>,
}

impl ConfiguredCatalog {
    /// Chooses among the streams of a discovered catalog. A stream is read from where it was left if the source can do so and
    /// its rows have a key; else all of it is read each time.
    pub(crate) fn choose(discovered: &str, choice: &Choice) -> Result<ConfiguredCatalog, String> {
        let object: Object = serde_json::from_str(discovered).map_err(|error| error.to_string())?;
        let streams: Vec<&RawValue> = object.read("streams").ok_or("it has no `streams`")?;
        let mut chosen = Vec::new();
        let mut known = Vec::new();
        for stream in streams {
            let described: Described = serde_json::from_str(stream.get()).map_err(|error| error.to_string())?;
            known.push(described.name.clone());
            if choice.streams.is_empty() || choice.streams.contains(&described.name) {
                chosen.push(configure(stream, described, choice));
            }
        }
        let named = choice.streams.iter().chain(choice.keys.keys()).chain(choice.cursors.keys());
        if let Some(wanted) = named.into_iter().find(|wanted| !known.contains(wanted)) {
            return Err(format!("there is no stream `{wanted}`; there are: {}", known.join(", ")));
        }
        Ok(ConfiguredCatalog { streams: chosen, given: None })
    }

    /// Reads a configured catalog.
    pub(crate) fn read(text: &str) -> Result<ConfiguredCatalog, String> {
        #[derive(Deserialize)]
        struct Catalog {
            streams: Vec<Configured>,
        }
        let catalog: Catalog = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let streams = catalog.streams.into_iter().map(|configured| {
            let stream: Described = serde_json::from_str(configured.stream.get()).map_err(|error| error.to_string())?;
            let replaces = configured.destination_sync_mode.to_lowercase().starts_with("overwrite");
            Ok(ConfiguredStream {
                name: stream.name,
                namespace: stream.namespace.filter(|namespace| !namespace.is_empty()),
                schema: stream.json_schema,
                key: configured.primary_key.or(stream.source_defined_primary_key).unwrap_or_default(),
                cursor: configured.cursor_field.unwrap_or_default(),
                is_whole: replaces && configured.sync_mode.eq_ignore_ascii_case("full_refresh"),
                described: configured.stream,
            })
        });
        let streams = streams.collect::<Result<_, String>>()?;
        Ok(ConfiguredCatalog { streams, given: Some(text.to_owned()) })
    }

    /// Returns the catalog as a source reads it.
    pub(crate) fn text(&self) -> Result<String, crate::error::Error> {
        #[derive(Serialize)]
        struct Catalog {
            streams: Vec<Configured>,
        }
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        let streams = self.streams.iter().map(|stream| Configured {
            stream: stream.described.clone(),
            sync_mode: if stream.is_whole { "full_refresh" } else { "incremental" }.into(),
            destination_sync_mode: if stream.is_whole { "overwrite" } else { "append_dedup" }.into(),
            cursor_field: Some(stream.cursor.clone()),
            primary_key: Some(stream.key.clone()),
        });
        serde_json::to_string(&Catalog { streams: streams.collect() }).map_err(|error| {
            crate::error::Error::new(format!("the catalog cannot be written: {error}"), "report it").because(error)
        })
    }

    /// Returns a stream by its namespace and name.
    pub(crate) fn find(&self, namespace: Option<&str>, name: &str) -> Option<&ConfiguredStream> {
        self.streams.iter().find(|stream| stream.name == name && stream.namespace.as_deref() == namespace)
    }

    /// Returns what a stream is called: by its name, and by its namespace too if another stream has the same name.
    pub(crate) fn title(&self, stream: &ConfiguredStream) -> String {
        let same = self.streams.iter().filter(|other| other.name == stream.name).count();
        match &stream.namespace {
            Some(namespace) if same > 1 => format!("{namespace}_{}", stream.name),
            _ => stream.name.clone(),
        }
    }
}

fn configure(stream: &RawValue, described: Described, choice: &Choice) -> ConfiguredStream {
    let modes = described.supported_sync_modes.unwrap_or_default();
    let key = choice.keys.get(&described.name).map(|key| key.iter().map(|name| vec![name.clone()]).collect());
    let key: Vec<Vec<String>> = key.or(described.source_defined_primary_key).unwrap_or_default();
    let cursor = choice.cursors.get(&described.name).cloned().or(described.default_cursor_field).unwrap_or_default();
    let has_cursor = described.source_defined_cursor == Some(true) || !cursor.is_empty();
    let goes_on = modes.iter().any(|mode| mode.eq_ignore_ascii_case("incremental")) && has_cursor && !key.is_empty();
    ConfiguredStream {
        described: stream.to_owned(),
        name: described.name,
        namespace: described.namespace.filter(|namespace| !namespace.is_empty()),
        schema: described.json_schema,
        key,
        cursor,
        is_whole: !goes_on,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_goes_on_if_it_can_and_has_a_key() {
        let streams = [
            r#""name":"both","supported_sync_modes":["full_refresh","incremental"],"source_defined_cursor":true,"source_defined_primary_key":[["id"]]"#,
            r#""name":"no_key","supported_sync_modes":["incremental"],"source_defined_cursor":true"#,
            r#""name":"whole","supported_sync_modes":["full_refresh"],"source_defined_primary_key":[["id"]]"#,
            r#""name":"no_cursor","supported_sync_modes":["incremental"],"source_defined_primary_key":[["id"]]"#,
        ];
        let catalog = format!(
            "{{\"streams\":[{}]}}",
            streams.map(|stream| format!("{{{stream},\"json_schema\":{{\"max\":12345678901234567890123}}}}")).join(",")
        );
        let (none, cursors) = (BTreeMap::new(), BTreeMap::from([("no_cursor".to_owned(), vec!["at".to_owned()])]));
        let whole = |cursors| {
            let choice = Choice { streams: &[], keys: &none, cursors };
            let catalog = ConfiguredCatalog::choose(&catalog, &choice).expect("it is one");
            assert!(catalog.text().expect("JSON").contains("12345678901234567890123"), "digits stay");
            catalog.streams.iter().map(|stream| stream.is_whole).collect::<Vec<_>>()
        };
        assert_eq!(whole(&none), [false, true, true, true]);
        assert_eq!(whole(&cursors), [false, true, true, false]);
        let choice = Choice { streams: &["x".to_owned()], keys: &none, cursors: &none };
        let error = ConfiguredCatalog::choose(&catalog, &choice).expect_err("there is none");
        assert_eq!(error, "there is no stream `x`; there are: both, no_key, whole, no_cursor");
    }

    #[test]
    fn two_streams_of_one_name_are_told_apart_by_their_namespaces() {
        let catalog =
            r#"{"streams":[{"name":"a","namespace":"x"},{"name":"a","namespace":"y"},{"name":"b","namespace":"y"}]}"#;
        let none = BTreeMap::new();
        let choice = Choice { streams: &[], keys: &none, cursors: &none };
        let catalog = ConfiguredCatalog::choose(catalog, &choice).expect("it is one");
        let titles: Vec<String> = catalog.streams.iter().map(|stream| catalog.title(stream)).collect();
        assert_eq!(titles, ["x_a", "y_a", "b"]);
    }
}
