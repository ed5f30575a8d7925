//! Runs that die at any request, and go on.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::json;

use super::stub::{Organisation, refusal};
use super::{HOUR, id, leads, organisation, run};
use crate::crm::{Kept, Stub, VirtualClock};
use crate::support::Cells;

fn change(stub: &Stub<Organisation>, clock: &VirtualClock) {
    clock.wait_until("2026-03-02T12:00:00Z");
    let mut organisation = stub.system();
    for number in 100..800 {
        organisation.set("Lead", &id(number), "Email", json!("changed@example.com"));
    }
    organisation.set("Lead", &id(1), "MasterRecordId", json!(id(2)));
    organisation.delete("Lead", &id(1));
    organisation.purge("Lead", &id(3));
    drop(organisation);
    clock.advance(HOUR);
}

/// Reads twice, with changes between, and dies at some requests of either.
async fn read_dying_at(deaths: &[Vec<u32>; 2]) -> Kept {
    let (stub, clock) = organisation(900).await;
    let mut config = leads(&stub.url);
    config.objects[0].history = true;
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
                (Some(requests) == death).then(|| refusal(400, "TEST", "the test ends this run"))
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
        first in proptest::collection::vec(1_u32..12, 0..4),
        second in proptest::collection::vec(1_u32..12, 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (undisturbed, resumed) =
            runtime.block_on(async { (undisturbed().await, read_dying_at(&[first, second]).await) });
        prop_assert!(undisturbed == *resumed.tables());
    }
}
