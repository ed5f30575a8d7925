//! Records as HubSpot gives them, many at once.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::http::{Lane, encoded};
use crate::hubspot::api::Api;
use crate::hubspot::layout::Layout;
use crate::json_text::text_of;

/// A page of records.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    pub(crate) results: Vec<Record>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Debug, Deserialize)]
struct Paging {
    #[serde(default)]
    next: Option<Next>,
}

#[derive(Debug, Deserialize)]
struct Next {
    after: String,
}

/// A record.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, Box<RawValue>>,
    #[serde(default)]
    pub(crate) properties_with_history: Option<BTreeMap<String, Vec<Version>>>,
    #[serde(default)]
    pub(crate) updated_at: Option<String>,
    #[serde(default)]
    pub(crate) archived: bool,
    #[serde(default)]
    pub(crate) archived_at: Option<String>,
}

/// One value that a property has had.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    #[serde(default)]
    pub(crate) value: Option<Box<RawValue>>,
    pub(crate) timestamp: String,
    #[serde(default)]
    pub(crate) source_type: Option<String>,
    #[serde(default)]
    pub(crate) source_id: Option<String>,
}

impl Page {
    /// Returns what the next page comes after.
    pub(crate) fn after(&self) -> Option<String> {
        self.paging.as_ref()?.next.as_ref().map(|next| next.after.clone())
    }
}

impl Record {
    /// Returns the text of a property, if it has a value.
    pub(crate) fn property(&self, name: &str) -> Option<String> {
        self.properties.get(name).and_then(|value| text_of(value))
    }
}

/// Reads records by their ids, with all that the layout asks for. An id that is no longer there is left out, and one that
/// was merged gives the record that has taken it over.
pub(crate) async fn read_records(
    api: &Api<'_>,
    layout: &Layout,
    ids: &[String],
    is_archived: bool,
) -> Result<Vec<Record>, Error> {
    let what = format!("`{}`", layout.object.name);
    let path = format!("/crm/v3/objects/{}/batch/read?archived={is_archived}", encoded(&layout.object.name));
    let mut records = Vec::new();
    for ids in ids.chunks(layout.page_rows()) {
        let inputs: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
        let mut body = json!({ "inputs": inputs, "properties": layout.properties });
        if !layout.history.is_empty() {
            body["propertiesWithHistory"] = json!(layout.history);
        }
        let page: Page = api.post(&what, &path, &body, Lane::Common).await?.json(&what)?;
        records.extend(page.results);
    }
    Ok(records)
}
