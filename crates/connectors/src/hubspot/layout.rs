//! What an object has, and the streams that it becomes.

use serde::Deserialize;

use crate::error::Error;
use crate::http::encoded;
use crate::hubspot::api::Api;
use crate::hubspot::config::HubspotObject;
use crate::selection::Selection;
use crate::sink::Sink;
use crate::stream::{Column, Stream};

/// The property that lists what a record has taken over.
pub(crate) const MERGED_IDS: &str = "hs_merged_object_ids";

/// The same of contacts with the times of the merges, "id:milliseconds;…", which goes on listing the older ones of a chain.
pub(crate) const MERGED_AT: &str = "hs_calculated_merged_vids";

/// An object and what is read of it.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) object: HubspotObject,
    /// The name of its stream.
    pub(crate) stream: String,
    /// The name of one record: `contact`.
    pub(crate) one: String,
    /// The properties that are columns.
    pub(crate) properties: Vec<String>,
    /// The properties whose history is read.
    pub(crate) history: Vec<String>,
    /// The property that dates the last change.
    pub(crate) modified: &'static str,
}

#[derive(Deserialize)]
struct Definitions {
    results: Vec<Definition>,
}

#[derive(Deserialize)]
struct Definition {
    name: String,
    #[serde(default)]
    calculated: bool,
}

impl Layout {
    /// Asks HubSpot for an object's properties, and chooses among them. One that is named and not there is an error.
    pub(crate) async fn find(api: &Api<'_>, object: &HubspotObject, sink: &mut dyn Sink) -> Result<Layout, Error> {
        let what = format!("the properties of `{}`", object.name);
        let answer = api.get(&what, &format!("/crm/v3/properties/{}", encoded(&object.name))).await?;
        let definitions = answer.json::<Definitions>(&what)?.results;
        let names: Vec<_> = definitions.iter().map(|definition| definition.name.clone()).collect();
        let (mut properties, missing) = object.properties.chosen(&names);
        let dated: Vec<_> = definitions
            .iter()
            .filter(|definition| !definition.calculated)
            .map(|definition| definition.name.clone())
            .collect();
        let (history, undated) = object.history.chosen(&dated);
        let missing: Vec<_> = missing
            .iter()
            .chain(undated.iter().filter(|name| !names.contains(name)))
            .map(|name| format!("`{name}`"))
            .collect();
        if !missing.is_empty() {
            let what = format!(
                "HubSpot's `{}` have no property {}, or do not show it to this token",
                object.name,
                missing.join(", ")
            );
            return Err(Error::new(
                what,
                "take the internal name from Settings, Properties; properties that are marked as sensitive need scopes of their own",
            ));
        }
        for name in undated {
            let what = format!(
                "`{name}` is calculated by HubSpot: its history has the times of calculations, not of changes, and is left out"
            );
            sink.note(
                &object.name,
                Some(&name),
                1,
                what,
                "ask for the history of the properties that it is calculated from".into(),
            );
        }
        let modified = if object.name == "contacts" { "lastmodifieddate" } else { "hs_lastmodifieddate" };
        for name in [modified, "createdate", "hs_createdate", MERGED_IDS, MERGED_AT] {
            if names.iter().any(|there| there == name) && !properties.iter().any(|there| there == name) {
                properties.push(name.to_owned());
            }
        }
        let stream = object.name.replace('-', "_");
        Ok(Layout { object: object.clone(), one: one_of(&stream), stream, properties, history, modified })
    }

    /// Returns the streams of the object.
    pub(crate) fn streams(&self, is_whole: bool) -> Vec<Stream> {
        let id = format!("{}_id", self.one);
        let mut columns = vec![Column::text("id")];
        columns
            .extend(self.properties.iter().map(|name| Column::text(if name == "id" { "property_id" } else { name })));
        columns.push(Column::text("_archived_at"));
        let mut streams = vec![Stream { name: self.stream.clone(), columns, key: vec!["id".into()], is_whole }];
        if self.has_merges() {
            streams.push(stream(self.merges(), &[&id, "merged_id", "merged_at"], 2));
        }
        if self.has_history() {
            let columns = [&id, "property", "timestamp", "value", "source", "source_id"];
            streams.push(stream(self.history_stream(), &columns, 3));
        }
        if !self.object.associations.is_empty() {
            streams.push(stream(self.associations(), &[&id, "to_object", "to_ids", "details"], 2));
        }
        streams
    }

    pub(crate) fn has_merges(&self) -> bool {
        self.properties.iter().any(|name| name == MERGED_IDS)
    }

    pub(crate) fn has_history(&self) -> bool {
        self.object.history != Selection::Named(Vec::new())
    }

    pub(crate) fn merges(&self) -> String {
        format!("{}_merges", self.one)
    }

    pub(crate) fn history_stream(&self) -> String {
        format!("{}_history", self.stream)
    }

    pub(crate) fn associations(&self) -> String {
        format!("{}_associations", self.stream)
    }

    /// How many records HubSpot gives at once: half as many with their history.
    pub(crate) fn page_rows(&self) -> usize {
        if self.history.is_empty() { 100 } else { 50 }
    }
}

/// Returns a stream of texts whose first columns are its key.
fn stream(name: String, columns: &[&str], key_columns: usize) -> Stream {
    let key = columns[..key_columns].iter().map(|name| (*name).to_owned()).collect();
    Stream { name, columns: columns.iter().map(|name| Column::text(*name)).collect(), key, is_whole: false }
}

/// Returns the name of one of many.
fn one_of(stream: &str) -> String {
    match stream.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => stream.strip_suffix('s').unwrap_or(stream).to_owned(),
    }
}
