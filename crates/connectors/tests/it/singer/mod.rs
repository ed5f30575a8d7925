//! Taps: programs of our own that do as they should or do not, and those of others.

mod protocol;
mod misbehaviour;
mod interrupted;
mod conformance;
mod tap_jsonl;
mod tap_postgres;

use std::path::Path;
use std::time::Duration;

use plumb_connectors::{Error, Program, SingerConfig, read_singer};
use serde_json::json;

use crate::support::Collected;

/// Returns a tap that is a script of the shell. Its arguments are those of a tap: `$1` is `--config`.
pub(crate) fn script(text: &str) -> SingerConfig {
    SingerConfig { can_discover: false, ..tap(["sh", "-c", text, "tap"]) }
}

/// Returns a tap that is a program.
pub(crate) fn tap<const N: usize>(command: [&str; N]) -> SingerConfig {
    let limit = Duration::from_secs(120);
    let command = command.map(str::to_owned).into();
    SingerConfig {
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
        can_discover: true,
        has_properties: false,
        streams: vec![],
        metadata: [].into(),
        keys: [].into(),
    }
}

/// Returns a tap that is in a virtual environment of Python.
pub(crate) fn installed(folder: &Path, program: &str) -> SingerConfig {
    tap([folder.join(program).to_str().expect("a path of text")])
}

/// Runs a tap from the last checkpoint on.
pub(crate) async fn read(config: &SingerConfig, sink: &mut Collected) -> Result<(), Error> {
    let checkpoint = sink.checkpoints.last().cloned();
    read_singer(config, checkpoint.as_ref(), sink).await
}

/// Returns what a tap gives that ends well.
pub(crate) async fn read_all(config: &SingerConfig) -> Collected {
    let mut sink = Collected::default();
    read(config, &mut sink).await.expect("the tap ends well");
    sink
}
