//! Records that were changed, by HubSpot's search.
//!
//! Search numbers its pages by offset and stops at 10,000: a record that is changed between two pages moves to the end, and
//! the next page begins one record too late. So each page is a search of its own for what comes after the last one's time,
//! and offsets are never used. Where one time has more records than a page, as after an import, they are read by their ids.

use serde_json::{Value, json};

use crate::error::Error;
use crate::http::{Lane, encoded, named_time};
use crate::hubspot::api::Api;
use crate::hubspot::associations;
use crate::hubspot::config::LOOK_BACK;
use crate::hubspot::layout::Layout;
use crate::hubspot::position::Step;
use crate::hubspot::records::{Page, Record, read_records};
use crate::hubspot::writer::Writer;

/// How many records a search gives.
const ROWS: usize = 100;

/// Reads one page, and returns what comes next.
pub(crate) async fn read_page(
    api: &Api<'_>,
    layout: &Layout,
    step: &Step,
    writer: &mut Writer<'_>,
) -> Result<Step, Error> {
    let Step::Search { from, after_id, until, archived_since } = step else { return Ok(step.clone()) };
    let body = body(layout, *from, after_id.as_deref(), *until);
    let what = format!("changed `{}`", layout.object.name);
    let path = format!("/crm/v3/objects/{}/search", encoded(&layout.object.name));
    let page: Page = api.post(&what, &path, &body, Lane::Search).await?.json(&what)?;
    let ids: Vec<_> = page.results.iter().map(|record| record.id.clone()).collect();
    // What search gives may be older than the record.
    let records = read_records(api, layout, &ids, false).await?;
    for record in &records {
        writer.record(record)?;
    }
    associations::read(api, layout, &records, writer).await?;
    let search = |from, after_id| Step::Search { from, after_id, until: *until, archived_since: *archived_since };
    if page.results.len() < ROWS {
        if after_id.is_some() {
            return Ok(search(from + 1, None));
        }
        let started_at = api.client.server_now().timestamp_millis();
        let next_from = until - LOOK_BACK.num_milliseconds();
        return Ok(Step::Archived { after: None, started_at, from: next_from, archived_since: *archived_since });
    }
    if after_id.is_some() {
        return Ok(search(*from, ids.last().cloned()));
    }
    let first = modified_at(layout, page.results.first())?;
    let last = modified_at(layout, page.results.last())?;
    if last < *from || first > last {
        let what = format!("HubSpot's search for {what} is not in the order that was asked for");
        return Err(Error::transient(what, "try again; the last good rows stay"));
    }
    // A page of one time: all its records by their ids, from the first one on.
    Ok(if last == *from || first == last { search(last, Some("0".into())) } else { search(last, None) })
}

/// Returns a search for what was changed from one time to another, or at exactly one time after an id.
fn body(layout: &Layout, from: i64, after_id: Option<&str>, until: i64) -> Value {
    let filter = |name: &str, operator: &str, value: String| json!({ "propertyName": name, "operator": operator, "value": value });
    let (filters, sorted_by) = match after_id {
        None => {
            let since = filter(layout.modified, "GTE", from.to_string());
            ([since, filter(layout.modified, "LTE", until.to_string())], layout.modified)
        }
        Some(id) => {
            let at = filter(layout.modified, "EQ", from.to_string());
            ([at, filter("hs_object_id", "GT", id.to_owned())], "hs_object_id")
        }
    };
    json!({
        "filterGroups": [{ "filters": filters }],
        "sorts": [{ "propertyName": sorted_by, "direction": "ASCENDING" }],
        "properties": [layout.modified],
        "limit": ROWS,
    })
}

/// Returns when a record was changed, as the search knows it.
fn modified_at(layout: &Layout, record: Option<&Record>) -> Result<i64, Error> {
    let text = record.and_then(|record| record.property(layout.modified).or_else(|| record.updated_at.clone()));
    let time = text.as_deref().and_then(named_time).map(|time| time.timestamp_millis());
    time.ok_or_else(|| {
        let what = format!(
            "a record of `{}` has no readable `{}`: `{}`",
            layout.object.name,
            layout.modified,
            text.unwrap_or_default()
        );
        Error::new(what, "read the object in full")
    })
}
