//! What of HubSpot is read, as whom, and at which rate.

use std::time::Duration;

use chrono::TimeDelta;

use crate::http::Secret;
use crate::selection::Selection;

/// How far each search looks back behind the last one. HubSpot's search finds a change "a few moments" after it was made.
pub(super) const LOOK_BACK: TimeDelta = TimeDelta::minutes(15);

/// The time from one request to the next: 9 a second, and 4 searches a second. An account without any extra may send 100 in
/// 10 seconds.
pub(super) const INTERVALS: [Duration; 2] = [Duration::from_millis(112), Duration::from_millis(251)];

/// What of HubSpot is read, and as whom.
#[derive(Clone, Debug)]
pub struct HubspotConfig {
    /// `https://api.hubapi.com`, or a stub on this machine.
    pub base_url: String,
    /// Who reads.
    pub auth: HubspotAuth,
    /// The objects, in the order in which they are read.
    pub objects: Vec<HubspotObject>,
    /// Whether all records are read again, so that those are found that are gone for good, and associations that were
    /// changed without their record.
    pub is_full: bool,
}

/// Who reads HubSpot.
#[derive(Clone, Debug)]
pub enum HubspotAuth {
    /// The access token of a private app.
    Token(Secret),
    /// An OAuth app that was installed, whose access tokens last half an hour.
    RefreshToken {
        /// The app's client ID.
        client_id: String,
        /// The app's client secret.
        client_secret: Secret,
        /// What the installation gave.
        refresh_token: Secret,
    },
}

/// An object of HubSpot.
#[derive(Clone, Debug)]
pub struct HubspotObject {
    /// Its name in the API: `contacts`, `companies`, `deals`, `calls`, `emails`, `meetings`, `notes`, `tasks`, or `2-123` of
    /// one's own.
    pub name: String,
    /// The properties that are columns. The dates of creation and change and the merged ids always are.
    pub properties: Selection,
    /// The properties whose history is read.
    pub history: Selection,
    /// The objects whose associations with this one are read.
    pub associations: Vec<String>,
}
