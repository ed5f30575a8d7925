//! HubSpot beside a stub of it.

mod changes;
mod failures;
mod resumed;
mod search;
mod stub;

use std::sync::Arc;

use plumb_connectors::{Error, HubspotAuth, HubspotConfig, HubspotObject, Secret, Selection, read_hubspot};

use crate::crm::{Kept, Stub, VirtualClock, movable};
use stub::Portal;

fn named(names: &[&str]) -> Selection {
    Selection::Named(names.iter().map(|name| (*name).to_owned()).collect())
}

/// Contacts with their e-mail address and budget.
fn contacts(url: &str) -> HubspotConfig {
    let contacts = HubspotObject {
        name: "contacts".into(),
        properties: named(&["email", "budget"]),
        history: named(&[]),
        associations: Vec::new(),
    };
    HubspotConfig {
        base_url: url.into(),
        auth: HubspotAuth::Token(Secret::new("pat-secret-1")),
        objects: vec![contacts],
        is_full: false,
    }
}

/// A portal at noon with some contacts, each made a second after the other.
async fn portal(contacts: u64) -> (Stub<Portal>, Arc<VirtualClock>) {
    let clock = VirtualClock::at("2026-03-01T12:00:00Z");
    let mut portal = Portal::new(clock.clone());
    portal.objects.insert("contacts".into(), Default::default());
    for id in 1..=contacts {
        portal.set("contacts", id, "email", &format!("{id}@example.com"));
        portal.set("contacts", id, "budget", "1000");
        clock.advance(std::time::Duration::from_secs(1));
    }
    (Stub::start(portal).await, clock)
}

/// Runs once more on what is kept.
async fn run(config: &HubspotConfig, clock: &VirtualClock, kept: Kept) -> (Kept, Result<(), Error>) {
    let checkpoint = kept.last_checkpoint();
    let mut kept = kept.next_run();
    let result = movable(read_hubspot(config, clock, checkpoint.as_ref(), &mut kept)).await;
    (kept, result)
}

/// Runs once more, without any fault.
async fn read(config: &HubspotConfig, clock: &VirtualClock, kept: Kept) -> Kept {
    let (kept, result) = run(config, clock, kept).await;
    result.expect("read");
    kept
}
