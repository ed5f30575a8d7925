//! The keys of webhooks in `plumb.toml`. The comments are their documentation, as those in `config`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// The programs that post events to `plumb serve` as they happen.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookConfigs {
    /// Segment's webhook destination, and RudderStack's.
    pub(super) segment: Option<SegmentConfig>,
    /// HubSpot's webhooks of contacts.
    pub(super) hubspot: Option<HubspotConfig>,
}

/// Segment's webhook destination, and RudderStack's.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SegmentConfig {
    /// The secret that both sides share, as `${NAME}`, the value of an environment variable.
    pub(super) secret: String,
    /// The key of a message's lead. Names in braces stand for its values, as in `segment:{userId}` or
    /// `email:{context.traits.email}`.
    #[serde(default = "segment_key")]
    pub(super) lead_key: String,
    /// Kinds of events by the names of `track` calls; others keep their name.
    #[serde(default)]
    pub(super) kinds: BTreeMap<String, String>,
    /// Fields of leads, or attributes of events, by the names of traits and properties; others keep their name.
    #[serde(default)]
    pub(super) fields: BTreeMap<String, String>,
    /// Whether `identify` makes a lead of somebody whom no source knows, created at the time of the call unless a trait
    /// `createdAt` says when.
    #[serde(default)]
    pub(super) creates_leads: bool,
}

/// HubSpot's webhooks of contacts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HubspotConfig {
    /// The client secret of the app, as `${NAME}`, the value of an environment variable. `public_url` is needed too.
    pub(super) secret: String,
    /// The key of a contact's lead. Names in braces stand for values of the notice, as in `hubspot:{objectId}`.
    #[serde(default = "hubspot_key")]
    pub(super) lead_key: String,
    /// Kinds of events by HubSpot's names of changes, as `contact.associationChange`; others keep that name.
    #[serde(default)]
    pub(super) kinds: BTreeMap<String, String>,
    /// Fields of leads by the names of properties; others keep their name.
    #[serde(default)]
    pub(super) fields: BTreeMap<String, String>,
    /// Changes by these are passed over: a `sourceId` or a `changeSource` of notices, such as that of the program that writes
    /// scores back.
    #[serde(default)]
    pub(super) own_sources: Vec<String>,
}

fn segment_key() -> String {
    "segment:{userId}".to_owned()
}

fn hubspot_key() -> String {
    "hubspot:{objectId}".to_owned()
}
