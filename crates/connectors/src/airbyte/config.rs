//! How a source is run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::process::Program;

/// How a source is run.
#[derive(Clone, Debug)]
pub struct AirbyteConfig {
    /// The program.
    pub program: Program,
    /// Its configuration, which it finds in a file that only this user can read. Its secrets are in no message.
    pub config: Value,
    /// A configured catalog, used as it is. Without one the source is asked for its streams.
    pub catalog: Option<PathBuf>,
    /// The streams that are wanted, by their name; empty is all.
    pub streams: Vec<String>,
    /// The columns that no two rows have in common, by stream, where the source is wrong about them or says nothing.
    pub keys: BTreeMap<String, Vec<String>>,
    /// The field by which a stream is read from where it was left, where the source leaves the choice to its user.
    pub cursors: BTreeMap<String, Vec<String>>,
    /// Whether a state is refused that counts more rows than have arrived. If not, it is said and the state is kept.
    pub has_strict_counts: bool,
}
