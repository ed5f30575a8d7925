//! What of Salesforce is read, as whom, and by which version of its API.

use chrono::TimeDelta;

use crate::http::Secret;
use crate::selection::Selection;

/// The version of the API, whose answers the code was written for.
pub(super) const VERSION: &str = "v61.0";

/// How far each run looks back behind the last one. `SystemModstamp` is written when a transaction begins to change a
/// record, and the record is seen when it ends: seconds mostly, and never more than the ten minutes that Salesforce gives
/// a transaction.
pub(super) const LOOK_BACK: TimeDelta = TimeDelta::minutes(10);

/// What of Salesforce is read, and as whom.
#[derive(Clone, Debug)]
pub struct SalesforceConfig {
    /// Who reads.
    pub auth: SalesforceAuth,
    /// The objects, in the order in which they are read.
    pub objects: Vec<SalesforceObject>,
    /// The share of the organisation's requests of a day after which we stop, from 0 to 1: others need the rest.
    pub api_share_max: f64,
    /// Whether all records are read again, so that those are found that were deleted longer ago than Salesforce tells.
    pub is_full: bool,
}

/// Who reads Salesforce.
#[derive(Clone, Debug)]
pub enum SalesforceAuth {
    /// An access token, which lasts as long as its session.
    Token {
        /// `https://COMPANY.my.salesforce.com`
        instance_url: String,
        /// The token.
        access_token: Secret,
    },
    /// A connected app that runs as a user of its own.
    ClientCredentials {
        /// `https://COMPANY.my.salesforce.com`
        login_url: String,
        /// The app's consumer key.
        client_id: String,
        /// The app's consumer secret.
        client_secret: Secret,
    },
    /// A connected app that a user has allowed in.
    RefreshToken {
        /// `https://login.salesforce.com`, or the company's own.
        login_url: String,
        /// The app's consumer key.
        client_id: String,
        /// The app's consumer secret, if it has one.
        client_secret: Option<Secret>,
        /// What the user's permission gave.
        refresh_token: Secret,
    },
}

/// An object of Salesforce.
#[derive(Clone, Debug)]
pub struct SalesforceObject {
    /// Its API name: `Lead`, `Opportunity`, `Visit__c`.
    pub name: String,
    /// The fields that are columns. `Id`, `IsDeleted`, `MasterRecordId` and the date of the last change always are.
    pub fields: Selection,
    /// Whether the history of its fields is read, from the object that keeps it: `LeadHistory`.
    pub history: bool,
}
