//! Records by `queryAll`, which has those in the recycle bin too.

use chrono::{DateTime, SecondsFormat};
use serde::Deserialize;

use crate::error::Error;
use crate::http::{encoded, named_time};
use crate::json_text::text_of;
use crate::salesforce::api::Api;
use crate::salesforce::layout::Layout;
use crate::salesforce::position::{Place, Positions, Step};
use crate::salesforce::refusal::{self, Refusal};
use crate::salesforce::writer::{Record, Writer};

/// The longest query, as an address has it: Salesforce takes addresses of 16,384 bytes with the host.
const QUERY_BYTES_MAX: usize = 15_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    records: Vec<Record>,
    #[serde(default)]
    next_records_url: Option<String>,
}

/// Reads the records that an object's position asks for. Each page ends with a checkpoint.
pub(crate) async fn read(
    api: &Api<'_>,
    layout: &Layout,
    positions: &mut Positions,
    writer: &mut Writer<'_>,
) -> Result<(), Error> {
    let what = format!("`{}`", layout.object.name);
    let mut next_url: Option<String> = None;
    loop {
        let Step::Query { from, until, after, deleted_since } = positions.objects[&layout.object.name].step.clone()
        else {
            return Ok(());
        };
        let path = match &next_url {
            Some(url) => url.clone(),
            None => query(layout, from, until, after.as_ref())?,
        };
        let answer = api.ask(&what, &path).await?;
        if !answer.is_success() {
            // The answer's remaining pages are kept for some time only. The place from which to go on is ours.
            if next_url.take().is_some() && Refusal::of(&answer).error_code == "INVALID_QUERY_LOCATOR" {
                continue;
            }
            return Err(refusal::error(api, &what, &answer));
        }
        let page: Page = answer.json(&what)?;
        for record in &page.records {
            writer.record(record)?;
        }
        let after = last_place(layout, &page.records, until)?.or(after);
        next_url = page.next_records_url;
        let step = match next_url {
            Some(_) => Step::Query { from, until, after, deleted_since },
            None => Step::Deleted { since: deleted_since, from: until },
        };
        positions.set(&layout.object.name, step);
        writer.sink.checkpoint(positions.written()?)?;
        writer.tell();
    }
}

/// Returns the path of a query for what was changed in a span of time, after a record's place.
///
/// The order is that of the date and then of the id, and a query goes on after both: records of the same date are neither
/// lost nor read for ever.
fn query(layout: &Layout, from: Option<i64>, until: i64, after: Option<&Place>) -> Result<String, Error> {
    let modified = layout.modified;
    let mut conditions = vec![format!("{modified} < {}", literal(until))];
    match (after, from) {
        (Some(Place { at, id }), _) => {
            let at = literal(*at);
            conditions.push(format!("({modified} > {at} OR ({modified} = {at} AND Id > '{id}'))"));
        }
        (None, Some(from)) => conditions.push(format!("{modified} >= {}", literal(from))),
        (None, None) => {}
    }
    let fields = layout.fields.join(",");
    let query = format!(
        "SELECT {fields} FROM {} WHERE {} ORDER BY {modified}, Id",
        layout.object.name,
        conditions.join(" AND ")
    );
    let query = encoded(&query);
    if query.len() > QUERY_BYTES_MAX {
        let what = format!(
            "`{}` has {} fields, whose names make a query of {} bytes: expected at most {QUERY_BYTES_MAX}",
            layout.object.name,
            layout.fields.len(),
            query.len()
        );
        return Err(Error::new(what, "name the fields that you need"));
    }
    Ok(format!("queryAll?q={query}"))
}

/// Writes a time as a query has it.
fn literal(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Returns the place of the last record. One that was changed since the query began has a later date than the query asks
/// for, and no place in its order: the next run reads it.
fn last_place(layout: &Layout, records: &[Record], until: i64) -> Result<Option<Place>, Error> {
    for record in records.iter().rev() {
        let text = |name: &str| record.get(name).and_then(|value| text_of(value));
        let at = text(layout.modified).as_deref().and_then(named_time).map(|time| time.timestamp_millis());
        let id = text("Id").filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let (Some(at), Some(id)) = (at, id) else {
            let what = format!("a record of `{}` has no readable `Id` or `{}`", layout.object.name, layout.modified);
            return Err(Error::new(what, "look at the user's rights to both fields"));
        };
        if at < until {
            return Ok(Some(Place { at, id }));
        }
    }
    Ok(None)
}
