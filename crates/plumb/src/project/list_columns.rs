//! What the list of leads shows, as `plumb.toml` has it.

use schemars::JsonSchema;
use serde::Deserialize;

/// What the list of leads shows of each beside its score. `plumb score` stores it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListColumns {
    /// The field that has a lead's name; `name` by default. A lead without one is listed by its id.
    pub(crate) name: Option<String>,
    /// The fields, in their order; by default the first three that `sources/lead.sql` has.
    pub(crate) columns: Option<Vec<String>>,
}
