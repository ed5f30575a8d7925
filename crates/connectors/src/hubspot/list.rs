//! All records, or all archived ones, in the order of their ids: a change between two pages moves none of them.

use crate::error::Error;
use crate::http::{encoded, named_time};
use crate::hubspot::api::Api;
use crate::hubspot::associations;
use crate::hubspot::config::LOOK_BACK;
use crate::hubspot::layout::Layout;
use crate::hubspot::position::Step;
use crate::hubspot::records::{Page, Record, read_records};
use crate::hubspot::writer::Writer;

/// The longest address that names properties. Servers and proxies between take 8,192 bytes.
const URL_BYTES_MAX: usize = 6_000;

/// Reads one page, and returns what comes next.
pub(crate) async fn read_page(
    api: &Api<'_>,
    layout: &Layout,
    step: &Step,
    writer: &mut Writer<'_>,
) -> Result<Step, Error> {
    match step {
        Step::List { after, started_at, archived_since } => {
            let (records, next) = list(api, layout, after.as_deref(), false).await?;
            for record in &records {
                writer.record(record)?;
            }
            associations::read(api, layout, &records, writer).await?;
            Ok(match next {
                Some(after) => {
                    Step::List { after: Some(after), started_at: *started_at, archived_since: *archived_since }
                }
                None => Step::search(*started_at, api.client.server_now().timestamp_millis(), *archived_since),
            })
        }
        Step::Archived { after, started_at, from, archived_since } => {
            let (records, next) = list(api, layout, after.as_deref(), true).await?;
            for record in records.iter().filter(|record| is_new(record, *archived_since)) {
                writer.record(record)?;
            }
            Ok(match next {
                Some(after) => Step::Archived {
                    after: Some(after),
                    started_at: *started_at,
                    from: *from,
                    archived_since: *archived_since,
                },
                None => Step::Done { from: *from, archived_since: started_at - LOOK_BACK.num_milliseconds() },
            })
        }
        other => Ok(other.clone()),
    }
}

/// Whether a record was archived since a time. One that does not say when counts.
fn is_new(record: &Record, archived_since: Option<i64>) -> bool {
    let archived_at = record.archived_at.as_deref().and_then(named_time);
    archived_at.zip(archived_since).is_none_or(|(at, since)| at.timestamp_millis() >= since)
}

/// Reads a page of records whole. With too many properties for an address it reads their ids, and then them.
async fn list(
    api: &Api<'_>,
    layout: &Layout,
    after: Option<&str>,
    is_archived: bool,
) -> Result<(Vec<Record>, Option<String>), Error> {
    let what = format!("{}`{}`", if is_archived { "archived " } else { "" }, layout.object.name);
    let mut path =
        format!("/crm/v3/objects/{}?limit={}&archived={is_archived}", encoded(&layout.object.name), layout.page_rows());
    if let Some(after) = after {
        path.push_str(&format!("&after={}", encoded(after)));
    }
    let mut columns = format!("&properties={}", encoded(&layout.properties.join(",")));
    if !layout.history.is_empty() {
        columns.push_str(&format!("&propertiesWithHistory={}", encoded(&layout.history.join(","))));
    }
    if path.len() + columns.len() <= URL_BYTES_MAX {
        let page: Page = api.get(&what, &(path + &columns)).await?.json(&what)?;
        let after = page.after();
        return Ok((page.results, after));
    }
    let page: Page = api.get(&what, &path).await?.json(&what)?;
    let ids: Vec<_> = page.results.iter().map(|record| record.id.clone()).collect();
    let mut records = read_records(api, layout, &ids, is_archived).await?;
    // The list says when a record was archived; whether reading by ids does, its documentation leaves open.
    for record in &mut records {
        if let Some(listed) = page.results.iter().find(|listed| listed.id == record.id) {
            record.archived = listed.archived || is_archived;
            record.archived_at = record.archived_at.take().or_else(|| listed.archived_at.clone());
        }
    }
    Ok((records, page.after()))
}
