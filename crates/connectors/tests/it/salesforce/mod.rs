//! Salesforce beside a stub of it.

mod changes;
mod failures;
mod resumed;
mod stub;

use std::sync::Arc;
use std::time::Duration;

use plumb_connectors::{Error, SalesforceAuth, SalesforceConfig, SalesforceObject, Secret, Selection, read_salesforce};
use serde_json::json;

use crate::crm::{Kept, Stub, VirtualClock, movable};
use stub::Organisation;

const HOUR: Duration = Duration::from_secs(3_600);

/// Leads with all their fields.
fn leads(url: &str) -> SalesforceConfig {
    SalesforceConfig {
        auth: SalesforceAuth::ClientCredentials {
            login_url: url.into(),
            client_id: "consumer-key".into(),
            client_secret: Secret::new("consumer-secret"),
        },
        objects: vec![SalesforceObject { name: "Lead".into(), fields: Selection::All, history: false }],
        api_share_max: 0.9,
        is_full: false,
    }
}

/// Returns an id of 18 characters.
fn id(number: u32) -> String {
    format!("00Q5g{number:010}EAA")
}

/// An organisation at noon with some leads, each made a second after the other, and an hour later.
async fn organisation(leads: u32) -> (Stub<Organisation>, Arc<VirtualClock>) {
    let clock = VirtualClock::at("2026-03-01T12:00:00Z");
    let mut organisation = Organisation::new(clock.clone());
    for number in 0..leads {
        organisation.set("Lead", &id(number), "Email", json!(format!("{number}@example.com")));
        clock.advance(Duration::from_secs(1));
    }
    clock.advance(HOUR);
    (Stub::start(organisation).await, clock)
}

/// Runs once more on what is kept.
async fn run(config: &SalesforceConfig, clock: &VirtualClock, kept: Kept) -> (Kept, Result<(), Error>) {
    let checkpoint = kept.last_checkpoint();
    let mut kept = kept.next_run();
    let result = movable(read_salesforce(config, clock, checkpoint.as_ref(), &mut kept)).await;
    (kept, result)
}

/// Runs once more, without any fault.
async fn read(config: &SalesforceConfig, clock: &VirtualClock, kept: Kept) -> Kept {
    let (kept, result) = run(config, clock, kept).await;
    result.expect("read");
    kept
}
