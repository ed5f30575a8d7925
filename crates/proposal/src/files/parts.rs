//! All that was proposed, for those who write it.

use crate::choices::SourceSpec;
use crate::events::Events;
use crate::features::Features;
use crate::fields::Fields;
use crate::tables::Found;
use crate::targets::Target;

/// All that was proposed.
pub(crate) struct Parts<'a> {
    pub(crate) found: &'a Found<'a>,
    pub(crate) fields: &'a Fields,
    pub(crate) events: &'a [Events],
    pub(crate) targets: &'a [Target],
    pub(crate) features: &'a Features,
    pub(crate) sources: &'a [SourceSpec],
    /// The time at which exports end, if they do.
    pub(crate) as_of: Option<String>,
}
