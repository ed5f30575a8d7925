//! Deletes that `queryAll` no longer has: records that were taken out of the recycle bin too.

use chrono::{DateTime, SecondsFormat, TimeDelta};
use serde::Deserialize;

use crate::error::Error;
use crate::http::{encoded, named_time};
use crate::salesforce::api::Api;
use crate::salesforce::config::LOOK_BACK;
use crate::salesforce::layout::Layout;
use crate::salesforce::position::{Positions, Step};
use crate::salesforce::refusal::{self, Refusal};
use crate::salesforce::writer::Writer;

/// How far back Salesforce tells deletes: 15 days, less some minutes for the way.
const REACH: TimeDelta = TimeDelta::minutes(15 * 24 * 60 - 5);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deletes {
    deleted_records: Vec<Deleted>,
    #[serde(default)]
    earliest_date_available: Option<String>,
    latest_date_covered: String,
}

#[derive(Deserialize)]
struct Deleted {
    id: String,
}

/// Reads the deletes since an object's position, and ends it.
pub(crate) async fn read(
    api: &Api<'_>,
    layout: &Layout,
    positions: &mut Positions,
    writer: &mut Writer<'_>,
) -> Result<(), Error> {
    let Step::Deleted { since, from } = positions.objects[&layout.object.name].step else { return Ok(()) };
    let now = api.client.server_now().timestamp_millis();
    let deleted_since = if layout.has_deletes { read_span(api, layout, since, now, writer).await? } else { now };
    positions.set(&layout.object.name, Step::Done { from, deleted_since });
    writer.sink.checkpoint(positions.written()?)
}

/// Reads the deletes from one time until another in parts that Salesforce can give, and returns until when it knew them.
async fn read_span(
    api: &Api<'_>,
    layout: &Layout,
    since: i64,
    now: i64,
    writer: &mut Writer<'_>,
) -> Result<i64, Error> {
    let reach = now - REACH.num_milliseconds();
    if since < reach {
        say_gap(layout, since, reach, writer);
    }
    let what = format!("the deletes of `{}`", layout.object.name);
    let mut start = (since - LOOK_BACK.num_milliseconds()).max(reach);
    let mut end = now;
    loop {
        let path = format!(
            "sobjects/{}/deleted/?start={}&end={}",
            encoded(&layout.object.name),
            encoded(&minute(start)),
            encoded(&minute(end))
        );
        let answer = api.ask(&what, &path).await?;
        if !answer.is_success() {
            let half = (end - start) / 2;
            if Refusal::of(&answer).error_code == "EXCEEDED_ID_LIMIT" && half >= 60_000 {
                end = start + half;
                continue;
            }
            return Err(refusal::error(api, &what, &answer));
        }
        let deletes: Deletes = answer.json(&what)?;
        for deleted in &deletes.deleted_records {
            writer.deleted(&deleted.id)?;
        }
        let earliest =
            deletes.earliest_date_available.as_deref().and_then(named_time).map(|time| time.timestamp_millis());
        if let Some(earliest) = earliest.filter(|earliest| *earliest > since.max(reach)) {
            say_gap(layout, since, earliest, writer);
        }
        if end >= now {
            let covered = named_time(&deletes.latest_date_covered).map(|time| time.timestamp_millis());
            return Ok(covered.unwrap_or(since).min(now).max(since));
        }
        (start, end) = (end, now);
    }
}

/// Says that Salesforce does not tell the deletes of a span any more.
fn say_gap(layout: &Layout, since: i64, until: i64, writer: &mut Writer<'_>) {
    let what = format!(
        "records of `{}` that were deleted between {} and {}, and whose recycle bin was emptied, cannot be heard of",
        layout.object.name,
        minute(since),
        minute(until)
    );
    writer.sink.note(&layout.stream, None, 1, what, "run the source in full once: it finds what is gone".into());
}

/// Writes a time as an address has it. Salesforce does not look at its seconds.
fn minute(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, false)
}
