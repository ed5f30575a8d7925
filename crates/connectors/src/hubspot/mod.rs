//! HubSpot by its API, version 3: records, the history of their properties, merges, associations, and what was archived.
//!
//! Each object is read in steps, and each page of a step ends with a checkpoint. The first run lists all records. Every run
//! then searches for those that were changed, and lists the archived ones.

mod api;
mod associations;
mod config;
mod layout;
mod list;
mod position;
mod records;
mod search;
mod writer;

use crate::error::Error;
use crate::http::Clock;
use crate::sink::{Checkpoint, Sink};

use api::Api;
pub use config::{HubspotAuth, HubspotConfig, HubspotObject};
use layout::Layout;
use position::{Position, Positions, Step};
use writer::Writer;

/// Reads what is new in HubSpot since a checkpoint; all, without one.
///
/// An error that is transient leaves the last checkpoint good: the next run goes on there.
pub async fn read_hubspot(
    config: &HubspotConfig,
    clock: &dyn Clock,
    checkpoint: Option<&Checkpoint>,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let api = Api::new(config, clock)?;
    let mut positions = Positions::read(checkpoint)?;
    for object in &config.objects {
        let layout = Layout::find(&api, object, sink).await?;
        let (position, is_fresh) = start(&api, config, object, &positions, sink);
        positions.objects.insert(object.name.clone(), position);
        let is_whole = config.is_full && is_fresh;
        if config.is_full && !is_fresh {
            let what = format!(
                "`{}` goes on from a full run that was interrupted: records that are gone for good are not looked for",
                layout.stream
            );
            sink.note(&layout.stream, None, 1, what, "run it in full once more after this one".into());
        }
        for stream in layout.streams(is_whole) {
            sink.begin(&stream)?;
        }
        let mut writer = Writer::new(&layout, sink);
        read_object(&api, &layout, &mut positions, &mut writer).await?;
        writer.say_same_times();
        if is_whole {
            writer.sink.delete_unheard(&layout.stream)?;
            writer.sink.checkpoint(positions.written()?)?;
        }
    }
    Ok(())
}

/// Returns where an object is read on from, and whether that is its very beginning.
fn start(
    api: &Api<'_>,
    config: &HubspotConfig,
    object: &HubspotObject,
    positions: &Positions,
    sink: &mut dyn Sink,
) -> (Position, bool) {
    let fields = position::FieldsRead::of(object);
    let started_at = api.client.server_now().timestamp_millis();
    let Some(known) = positions.objects.get(&object.name) else {
        return (Position { fields, step: Step::list(started_at, None) }, true);
    };
    let archived_since = known.step.archived_since();
    if !known.fields.covers(&fields) {
        let what = format!("`{}` is read from its beginning: more is asked of it than before", object.name);
        sink.note(&object.name, None, 1, what, "nothing is to be done; rows that are known stay".into());
        return (Position { fields, step: Step::list(started_at, None) }, true);
    }
    if config.is_full && !matches!(known.step, Step::List { .. }) {
        return (Position { fields, step: Step::list(started_at, archived_since) }, true);
    }
    (Position { fields, step: known.step.clone().resumed(api.client.server_now().timestamp_millis()) }, false)
}

/// Reads an object step by step. Each step ends with a checkpoint that names the next one.
async fn read_object(
    api: &Api<'_>,
    layout: &Layout,
    positions: &mut Positions,
    writer: &mut Writer<'_>,
) -> Result<(), Error> {
    loop {
        let step = positions.objects[&layout.object.name].step.clone();
        let next = match &step {
            Step::List { .. } | Step::Archived { .. } => list::read_page(api, layout, &step, writer).await?,
            Step::Search { .. } => search::read_page(api, layout, &step, writer).await?,
            Step::Done { .. } => return Ok(()),
        };
        if let Some(position) = positions.objects.get_mut(&layout.object.name) {
            position.step = next;
        }
        writer.sink.checkpoint(positions.written()?)?;
        writer.tell();
    }
}
