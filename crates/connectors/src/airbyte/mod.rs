//! Airbyte sources: programs that speak version 0.3 of Airbyte's protocol.
//!
//! `catalog` decides how each stream is read, `messages` understands the lines, `failure` what a source says of its errors,
//! `position` is the checkpoint.

mod config;
mod catalog;
mod messages;
mod source_stream;
mod failure;
mod position;
#[cfg(test)]
mod tests;

use std::ffi::OsString;

use crate::error::Error;
use crate::line_protocol::follow;
use crate::process::{PrivateFolder, Running, Secrets};
use crate::records::{self, Message, Object};
use crate::sink::{Checkpoint, Sink};

pub use config::AirbyteConfig;

use catalog::{Choice, ConfiguredCatalog};
use failure::Failure;
use messages::Messages;
use position::Position;

/// Reads all that a source gives, from the last checkpoint on.
///
/// The sink is given a checkpoint for each STATE that the source writes, each configuration that it wants kept, and one at the
/// end. A checkpoint may hold that configuration with its tokens: it has to be kept where only this user can read it. An error
/// leaves what was given before it: rows behind the last checkpoint come once more in the next run.
pub async fn read_airbyte(
    config: &AirbyteConfig,
    checkpoint: Option<&Checkpoint>,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let mut session = Session::new(config, checkpoint)?;
    let catalog = session.catalog(sink).await?;
    let state = session.position.state_file(&catalog);
    let mut arguments = session.arguments("read")?;
    arguments.extend(["--catalog".into(), session.folder.write("catalog.json", &catalog.text()?)?.into()]);
    if let Some(state) = state {
        arguments.extend(["--state".into(), session.folder.write("state.json", &state)?.into()]);
    }
    let running = config.program.start(&arguments, &session.secrets)?;
    let mut messages = Messages::new(config, &catalog, session.position, session.secrets);
    let outcome = hear(running, &mut messages, sink).await;
    messages.notes(sink);
    outcome
}

/// Has a source try its configuration, and returns why it cannot be used.
pub async fn check_airbyte(
    config: &AirbyteConfig,
    checkpoint: Option<&Checkpoint>,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let mut session = Session::new(config, checkpoint)?;
    let answer = session.ask("check", "CONNECTION_STATUS", "connectionStatus", sink).await?;
    let status: Object = serde_json::from_str(&answer).unwrap_or_default();
    if status.text("status").is_some_and(|status| status == "SUCCEEDED") {
        return Ok(());
    }
    let reason = session.secrets.mask(&status.text("message").unwrap_or("it does not say why".into()));
    let what = format!("`{}` cannot use its configuration: {reason}", config.program.name());
    Err(Error::new(what, "correct its `config`"))
}

/// What the programs of one reading share.
struct Session<'a> {
    config: &'a AirbyteConfig,
    position: Position,
    folder: PrivateFolder,
    secrets: Secrets,
}

impl Session<'_> {
    fn new<'a>(config: &'a AirbyteConfig, checkpoint: Option<&Checkpoint>) -> Result<Session<'a>, Error> {
        let mut position = Position::read(checkpoint)?;
        position.expect_config(&config.config);
        let mut secrets = config.program.secrets();
        secrets.add_config(&config.config);
        if let Some(text) = position.config() {
            secrets.add_config(&serde_json::from_str(text).unwrap_or_default());
        }
        Ok(Session { config, position, folder: PrivateFolder::new()?, secrets })
    }

    /// Returns the arguments of a command: the configuration is the last that the source has written, else the given one.
    fn arguments(&self, command: &str) -> Result<Vec<OsString>, Error> {
        let text = self.position.config().map_or_else(|| self.config.config.to_string(), str::to_owned);
        Ok(vec![command.into(), "--config".into(), self.folder.write("config.json", &text)?.into()])
    }

    /// Returns how each stream is read.
    async fn catalog(&mut self, sink: &mut dyn Sink) -> Result<ConfiguredCatalog, Error> {
        let config = self.config;
        let unusable = |reason: String| {
            let what = format!("the catalog of `{}` cannot be used: {reason}", config.program.name());
            Error::new(what, "give a configured catalog by `catalog`, or correct `tables`")
        };
        if let Some(path) = &config.catalog {
            let text = std::fs::read_to_string(path)
                .map_err(|error| unusable(format!("cannot read `{}`: {error}", path.display())))?;
            return ConfiguredCatalog::read(&text).map_err(unusable);
        }
        sink.progress(&format!("asking `{}` for its streams", config.program.name()));
        let discovered = self.ask("discover", "CATALOG", "catalog", sink).await?;
        let choice = Choice { streams: &config.streams, keys: &config.keys, cursors: &config.cursors };
        ConfiguredCatalog::choose(&discovered, &choice).map_err(unusable)
    }

    /// Runs a command, and returns the field of its one message of a type.
    async fn ask(&mut self, command: &str, kind: &str, field: &str, sink: &mut dyn Sink) -> Result<String, Error> {
        let arguments = self.arguments(command)?;
        let document = self.config.program.document(&arguments, &self.secrets, sink).await?;
        let (mut answer, mut failure) = (None, Failure::default());
        for line in document.text.split(|byte| *byte == b'\n') {
            let Message::Object(text) = records::parse(line) else { continue };
            let object: Object = serde_json::from_str(&text).unwrap_or_default();
            match object.text("type").unwrap_or_default().to_ascii_uppercase() {
                name if name == kind => answer = object.get(field).map(|value| value.get().to_owned()),
                name if name == "TRACE" => failure.add(&object),
                name if name == "LOG" => {
                    messages::log_line(&object, &self.secrets).iter().for_each(|line| sink.progress(line));
                }
                name if name == "CONTROL" => {
                    if let Some(new) = messages::new_config(&object) {
                        self.secrets.add_config(&serde_json::from_str(new.get()).unwrap_or_default());
                        self.position.set_config(new.get());
                        sink.checkpoint(self.position.checkpoint())?;
                    }
                }
                _ => {}
            }
        }
        let name = self.config.program.name();
        if let Some(error) = failure.error(&name, document.failure, &self.secrets) {
            return Err(error);
        }
        answer.ok_or_else(|| Error::new(format!("`{name} {command}` gave no {kind}"), "is it a source of Airbyte's?"))
    }
}

/// Hears a source until it has ended.
async fn hear(mut running: Running, messages: &mut Messages<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
    let cut = follow(&mut running, messages, sink).await?;
    let exit = running.finish(sink).await.err().or(cut);
    messages.finish(exit, sink)
}
