//! Airbyte sources: scripts of our own, and a manifest of our own for Airbyte's own program.

mod stub;
mod scripts;
mod declarative;

use std::time::Duration;

use plumb_connectors::{AirbyteConfig, Error, Program, read_airbyte};
use serde_json::json;

use crate::support::Collected;

/// Returns a source that is a program.
pub(crate) fn source<const N: usize>(command: [&str; N]) -> AirbyteConfig {
    let limit = Duration::from_secs(120);
    let command = command.map(str::to_owned).into();
    AirbyteConfig {
        program: Program {
            folder: None,
            command,
            last_arguments: vec![],
            environment: [].into(),
            idle_timeout: limit,
            time_limit: limit,
        },
        config: json!({}),
        catalog: None,
        streams: vec![],
        keys: [].into(),
        cursors: [].into(),
        has_strict_counts: true,
    }
}

/// Runs a source from the last checkpoint on.
pub(crate) async fn read(config: &AirbyteConfig, sink: &mut Collected) -> Result<(), Error> {
    let checkpoint = sink.checkpoints.last().cloned();
    read_airbyte(config, checkpoint.as_ref(), sink).await
}
