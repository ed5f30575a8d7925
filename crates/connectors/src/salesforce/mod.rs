//! Salesforce by its REST API: records by `queryAll`, deletes, merges, and the history of fields.
//!
//! Each object is read from where the last run ended up to a moment that is fixed when the object begins, in the order of
//! its dates of change and ids. Each page ends with a checkpoint. Deletes that `queryAll` no longer has come from
//! `getDeleted`.

mod api;
mod config;
mod deleted;
mod layout;
mod position;
mod query;
mod refusal;
mod writer;

use crate::error::Error;
use crate::http::Clock;
use crate::selection::Selection;
use crate::sink::{Checkpoint, Sink};

use api::Api;
pub use config::{SalesforceAuth, SalesforceConfig, SalesforceObject};
use layout::Layout;
use position::{Position, Positions, Step};
use writer::Writer;

/// Reads what is new in Salesforce since a checkpoint; all, without one.
///
/// An error that is transient leaves the last checkpoint good: the next run goes on there.
pub async fn read_salesforce(
    config: &SalesforceConfig,
    clock: &dyn Clock,
    checkpoint: Option<&Checkpoint>,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let api = Api::new(config, clock)?;
    let mut positions = Positions::read(checkpoint)?;
    for object in with_histories(&config.objects) {
        let layout = Layout::find(&api, &object, sink).await?;
        let (position, is_fresh) = start(&api, config, &object, &positions, sink);
        positions.objects.insert(object.name.clone(), position);
        let is_whole = config.is_full && is_fresh;
        for stream in layout.streams(is_whole) {
            sink.begin(&stream)?;
        }
        let mut writer = Writer::new(&layout, sink);
        query::read(&api, &layout, &mut positions, &mut writer).await?;
        deleted::read(&api, &layout, &mut positions, &mut writer).await?;
        if is_whole {
            writer.sink.delete_unheard(&layout.stream)?;
            writer.sink.checkpoint(positions.written()?)?;
        }
    }
    api.say_rotation(sink);
    Ok(())
}

/// Returns the objects, and behind each the one that keeps its history if that is asked for.
fn with_histories(objects: &[SalesforceObject]) -> Vec<SalesforceObject> {
    let mut all = Vec::new();
    for object in objects {
        all.push(object.clone());
        if object.history {
            let name = history_of(&object.name);
            all.push(SalesforceObject { name, fields: Selection::All, history: false });
        }
    }
    all
}

/// Returns the name of the object that keeps an object's history.
fn history_of(name: &str) -> String {
    match (name, name.strip_suffix("__c")) {
        ("Opportunity", _) => "OpportunityFieldHistory".into(),
        (_, Some(stem)) => format!("{stem}__History"),
        (_, None) => format!("{name}History"),
    }
}

/// Returns where an object is read on from, and whether that is its very beginning.
fn start(
    api: &Api<'_>,
    config: &SalesforceConfig,
    object: &SalesforceObject,
    positions: &Positions,
    sink: &mut dyn Sink,
) -> (Position, bool) {
    let fields = object.fields.clone();
    let now = api.client.server_now().timestamp_millis();
    let Some(known) = positions.objects.get(&object.name) else {
        return (Position { fields, step: Step::all(now, now) }, true);
    };
    let deleted_since = known.step.deleted_since();
    if !known.fields.covers(&fields) {
        let what = format!("`{}` is read from its beginning: more is asked of it than before", object.name);
        sink.note(&object.name, None, 1, what, "nothing is to be done; rows that are known stay".into());
        return (Position { fields, step: Step::all(now, deleted_since) }, true);
    }
    let is_first_interrupted = matches!(known.step, Step::Query { from: None, .. });
    if config.is_full && !is_first_interrupted {
        return (Position { fields, step: Step::all(now, deleted_since) }, true);
    }
    if config.is_full {
        let what = format!(
            "`{}` goes on from a full run that was interrupted: records that are gone for good are not looked for",
            object.name
        );
        sink.note(&object.name, None, 1, what, "run it in full once more after this one".into());
    }
    (Position { fields, step: known.step.clone().resumed(now) }, false)
}
