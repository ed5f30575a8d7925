//! Singer taps: programs that write the rows of a system to their standard output, as messages of JSON.
//!
//! `catalog` asks for the streams and selects some, `messages` understands the lines, `versions` decides when rows that were
//! not named are deleted, `position` is the checkpoint.

mod catalog;
mod messages;
mod batch;
mod versions;
mod position;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::line_protocol::follow;
use crate::process::{PrivateFolder, Program, Running, Secrets};
use crate::sink::{Checkpoint, Sink};

use catalog::Choice;
use messages::Messages;
use position::Position;

/// How a tap is run.
#[derive(Clone, Debug)]
pub struct SingerConfig {
    /// The program.
    pub program: Program,
    /// Its configuration, which it finds in a file that only this user can read. Its secrets are in no message.
    pub config: Value,
    /// A catalog, used as it is. Without one the tap is asked for it, and streams are selected.
    pub catalog: Option<PathBuf>,
    /// Whether the tap can be asked for its catalog. If not, and there is none, it runs without.
    pub can_discover: bool,
    /// Whether the tap expects its catalog behind `--properties`, as old ones do.
    pub has_properties: bool,
    /// The streams that are wanted, by their name or their `tap_stream_id`; empty is all. A tap may send others, which are
    /// kept too.
    pub streams: Vec<String>,
    /// What is written into the catalog for a stream, such as `replication-method` and `replication-key`; `*` is all streams.
    pub metadata: BTreeMap<String, Map<String, Value>>,
    /// The columns that no two rows have in common, by stream, where the tap is wrong about them or says nothing.
    pub keys: BTreeMap<String, Vec<String>>,
}

/// Reads all that a tap gives, from the last checkpoint on.
///
/// The sink is given a checkpoint for each STATE that the tap writes, and one at the end. An error leaves what was given before
/// it: rows behind the last checkpoint come once more in the next run.
pub async fn read_singer(
    config: &SingerConfig,
    checkpoint: Option<&Checkpoint>,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let position = Position::read(checkpoint)?;
    let folder = PrivateFolder::new()?;
    let mut secrets = config.program.secrets();
    secrets.add_config(&config.config);
    let mut arguments: Vec<OsString> =
        vec!["--config".into(), folder.write("config.json", &config.config.to_string())?.into()];
    if let Some(path) = catalog_file(config, &arguments, &folder, &secrets, sink).await? {
        arguments.extend([if config.has_properties { "--properties" } else { "--catalog" }.into(), path.into()]);
    }
    if let Some(state) = position.state() {
        arguments.extend(["--state".into(), folder.write("state.json", state)?.into()]);
    }
    let running = config.program.start(&arguments, &secrets)?;
    let mut messages = Messages::new(config.keys.clone(), position, secrets);
    let outcome = hear(running, &mut messages, sink).await;
    messages.notes(sink);
    outcome
}

/// Returns the file with the catalog: the given one, or what the tap says with streams selected.
async fn catalog_file(
    config: &SingerConfig,
    arguments: &[OsString],
    folder: &PrivateFolder,
    secrets: &Secrets,
    sink: &mut dyn Sink,
) -> Result<Option<PathBuf>, Error> {
    if let Some(path) = &config.catalog {
        if !path.is_file() {
            let what = format!("there is no catalog `{}`", path.display());
            return Err(Error::new(what, "write the tap's `--discover` there, or leave out `catalog`"));
        }
        return Ok(Some(path.clone()));
    }
    if !config.can_discover {
        return Ok(None);
    }
    let name = config.program.name();
    sink.progress(&format!("asking `{name}` for its streams"));
    let arguments = [arguments, &["--discover".into()]].concat();
    let discovered = config.program.document(&arguments, secrets, sink).await?;
    if let Some(failure) = discovered.failure {
        return Err(failure);
    }
    let choice = Choice { streams: &config.streams, metadata: &config.metadata };
    let catalog = catalog::select(&discovered.text, &choice).map_err(|reason| {
        let way_out = "give a catalog by `catalog`, or correct `tables`";
        Error::new(format!("the catalog of `{name}` cannot be used: {reason}"), way_out)
    })?;
    folder.write("catalog.json", &catalog).map(Some)
}

/// Hears a tap until it has ended.
async fn hear(mut running: Running, messages: &mut Messages, sink: &mut dyn Sink) -> Result<(), Error> {
    let cut = follow(&mut running, messages, sink).await?;
    running.finish(sink).await?;
    match cut {
        Some(cut) => Err(cut),
        None => messages.finish(sink),
    }
}
