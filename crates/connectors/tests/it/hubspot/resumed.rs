//! Runs that die at any request, and go on.

use std::collections::BTreeMap;
use std::sync::Mutex;

use std::time::Duration;

use plumb_connectors::HubspotConfig;
use proptest::prelude::*;
use serde_json::json;

use super::stub::Portal;
use super::{contacts, named, portal, run};
use crate::crm::{Kept, Stub, StubResponse, VirtualClock};
use crate::support::Cells;

/// A portal with all that happens, and the story of its changes between two runs.
async fn story() -> (Stub<Portal>, std::sync::Arc<VirtualClock>, HubspotConfig) {
    let (stub, clock) = portal(230).await;
    stub.system().archive("contacts", 17);
    stub.system().companies = [(1, vec![11, 12, 13])].into();
    clock.advance(Duration::from_secs(3_600));
    let mut config = contacts(&stub.url);
    config.objects[0].history = named(&["budget"]);
    config.objects[0].associations = vec!["companies".into()];
    (stub, clock, config)
}

fn change(stub: &Stub<Portal>, clock: &VirtualClock) {
    clock.wait_until("2026-03-02T12:00:00Z");
    let mut portal = stub.system();
    for id in 40..200 {
        portal.set("contacts", id, "budget", "2000");
    }
    portal.merge("contacts", 3, 4);
    portal.merge("contacts", 5, 3);
    portal.archive("contacts", 6);
    drop(portal);
    clock.advance(Duration::from_secs(3_600));
}

/// Reads twice, with changes between, and dies at some requests of either.
async fn read_dying_at(deaths: &[Vec<u32>; 2]) -> Kept {
    let (stub, clock, config) = story().await;
    let mut kept = Kept::default();
    for (round, deaths) in deaths.iter().enumerate() {
        if round == 1 {
            change(&stub, &clock);
        }
        let mut left = deaths.clone();
        loop {
            let death = left.pop();
            let mut requests = 0;
            stub.system().on_request = Some(Box::new(move |_, _| {
                requests += 1;
                (Some(requests) == death)
                    .then(|| StubResponse::new(400, json!({ "message": "the test ends this run" })))
            }));
            let result;
            (kept, result) = run(&config, &clock, kept).await;
            if result.is_ok() {
                break;
            }
        }
    }
    kept
}

/// Returns the rows of the two runs without any death, which are read once.
async fn undisturbed() -> BTreeMap<String, BTreeMap<String, Cells>> {
    static TABLES: Mutex<Option<BTreeMap<String, BTreeMap<String, Cells>>>> = Mutex::new(None);
    if let Some(tables) = TABLES.lock().expect("no panic before").clone() {
        return tables;
    }
    let tables = read_dying_at(&[vec![], vec![]]).await.tables().clone();
    TABLES.lock().expect("no panic before").insert(tables).clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_run_that_dies_at_any_request_loses_and_doubles_nothing(
        first in proptest::collection::vec(1_u32..16, 0..4),
        second in proptest::collection::vec(1_u32..16, 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (undisturbed, resumed) = runtime.block_on(async { (undisturbed().await, read_dying_at(&[first, second]).await) });
        prop_assert!(undisturbed == *resumed.tables());
    }
}
