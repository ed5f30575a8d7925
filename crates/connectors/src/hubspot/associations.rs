//! Which records of other objects a record belongs to. All of them are one row, so that one that ends leaves it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::cell::Cell;
use crate::error::Error;
use crate::http::{Lane, encoded};
use crate::hubspot::api::Api;
use crate::hubspot::layout::Layout;
use crate::hubspot::records::Record;
use crate::hubspot::writer::Writer;
use crate::json_text::text_of;

#[derive(Deserialize)]
struct Page {
    results: Vec<From>,
}

#[derive(Deserialize)]
struct From {
    from: Id,
    to: Vec<To>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct To {
    to_object_id: Box<serde_json::value::RawValue>,
    #[serde(default)]
    association_types: Vec<Value>,
}

#[derive(Deserialize)]
struct Paging {
    #[serde(default)]
    next: Option<Next>,
}

#[derive(Deserialize)]
struct Next {
    after: String,
}

/// Reads the associations of records that are there.
pub(crate) async fn read(
    api: &Api<'_>,
    layout: &Layout,
    records: &[Record],
    writer: &mut Writer<'_>,
) -> Result<(), Error> {
    if records.is_empty() {
        return Ok(());
    }
    for object in &layout.object.associations {
        let mut found: BTreeMap<&str, BTreeMap<String, Vec<Value>>> =
            records.iter().map(|record| (record.id.as_str(), BTreeMap::new())).collect();
        let mut inputs: Vec<_> = records.iter().map(|record| json!({ "id": record.id })).collect();
        while !inputs.is_empty() {
            inputs = read_page(api, layout, object, &inputs, &mut found).await?;
        }
        for (id, to) in found {
            let to_ids: Vec<_> = to.keys().cloned().collect();
            let details: Vec<_> = to.iter().map(|(id, types)| json!({ "id": id, "types": types })).collect();
            let (ids, details) = if to_ids.is_empty() {
                (Cell::Null, Cell::Null)
            } else {
                (Cell::Text(to_ids.join(";")), Cell::Text(Value::from(details).to_string()))
            };
            writer.other_row(
                &layout.associations(),
                vec![Cell::Text(id.into()), Cell::Text(object.clone()), ids, details],
            )?;
        }
    }
    Ok(())
}

/// Reads a page, and returns what to ask for next: the records that have more.
async fn read_page(
    api: &Api<'_>,
    layout: &Layout,
    object: &str,
    inputs: &[Value],
    found: &mut BTreeMap<&str, BTreeMap<String, Vec<Value>>>,
) -> Result<Vec<Value>, Error> {
    let what = format!("associations of `{}` with `{object}`", layout.object.name);
    let path = format!("/crm/v4/associations/{}/{}/batch/read", encoded(&layout.object.name), encoded(object));
    let page: Page = api.post(&what, &path, &json!({ "inputs": inputs }), Lane::Common).await?.json(&what)?;
    let mut more = Vec::new();
    for result in page.results {
        let Some(known) = found.get_mut(result.from.id.as_str()) else { continue };
        for to in result.to {
            if let Some(id) = text_of(&to.to_object_id) {
                known.entry(id).or_default().extend(to.association_types);
            }
        }
        if let Some(next) = result.paging.and_then(|paging| paging.next) {
            more.push(json!({ "id": result.from.id, "after": next.after }));
        }
    }
    Ok(more)
}
