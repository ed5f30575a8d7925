//! What changes between runs and within them.

use std::time::Duration;

use plumb_connectors::Selection;
use serde_json::{Value, json};

use super::{HOUR, id, leads, organisation, read};
use crate::crm::Kept;
use crate::support::text;

#[tokio::test]
async fn cells_are_what_salesforce_wrote() {
    let (stub, clock) = organisation(1).await;
    let revenue: Value = serde_json::from_str("12345678901.25").expect("a number");
    stub.system().set("Lead", &id(0), "AnnualRevenue", revenue);
    stub.system().set("Lead", &id(0), "ConvertedDate", json!("2026-03-01"));
    stub.system().set("Lead", &id(0), "Street", json!("Main Road 1\r\nGate 2"));
    clock.advance(HOUR);
    let kept = read(&leads(&stub.url), &clock, Kept::default()).await;
    let lead = &kept.tables()["lead"][&id(0)];
    let cells =
        ["AnnualRevenue", "ConvertedDate", "Street", "IsDeleted", "SystemModstamp"].map(|name| text(&lead[name]));
    assert_eq!(
        cells,
        ["12345678901.25", "2026-03-01", "Main Road 1\r\nGate 2", "false", "2026-03-01T13:00:01.000+0000"]
    );
    let columns: Vec<_> = kept.collected.streams["lead"].columns.iter().map(|column| column.name.as_str()).collect();
    assert!(!columns.contains(&"Address"), "{columns:?}");
    let notes = &kept.collected.notes;
    assert!(notes.iter().any(|(_, count, what)| *count == 1 && what.contains("`Formula__c`")), "{notes:?}");
}

#[tokio::test]
async fn equal_dates_at_the_ends_of_pages_lose_nothing() {
    let (stub, clock) = organisation(0).await;
    for number in 0..1_000 {
        stub.system().set("Lead", &id(number), "Email", json!("import@example.com"));
    }
    clock.advance(HOUR);
    // Each page's locator has expired before it is used.
    stub.system().on_request = Some(Box::new(|organisation, asked| {
        if asked.path.contains("/query/") {
            organisation.expire_locators();
        }
        None
    }));
    let kept = read(&leads(&stub.url), &clock, Kept::default()).await;
    assert_eq!(kept.tables()["lead"].len(), 1_000);
    assert_eq!(kept.collected.rows.len(), 1_000, "and none is read twice");
}

#[tokio::test]
async fn a_change_between_pages_loses_neither_it_nor_others() {
    let (stub, clock) = organisation(1_000).await;
    let mut pages = 0;
    stub.system().on_request = Some(Box::new(move |organisation, asked| {
        if asked.path.contains("/query/") {
            pages += 1;
            // One that was read, and the last one of the page that is given now: it has a later date than its place.
            for number in [pages, 199 + 200 * pages] {
                organisation.set("Lead", &id(number), "Email", json!("changed@example.com"));
            }
            if pages == 2 {
                organisation.expire_locators();
            }
        }
        None
    }));
    let config = leads(&stub.url);
    let kept = read(&config, &clock, Kept::default()).await;
    stub.system().on_request = None;
    clock.advance(HOUR);
    let kept = read(&config, &clock, kept).await;
    let changed = kept.collected.column("lead", "Email").iter().filter(|email| *email == "changed@example.com").count();
    let expected =
        stub.system().objects["Lead"].values().filter(|lead| lead.fields["Email"] == "changed@example.com").count();
    assert!(expected >= 6);
    assert_eq!((kept.tables()["lead"].len(), changed), (1_000, expected));
}

#[tokio::test]
async fn merges_are_a_stream_and_their_losers_deleted() {
    let (stub, clock) = organisation(4).await;
    let config = leads(&stub.url);
    let kept = read(&config, &clock, Kept::default()).await;
    for (loser, winner) in [(1, 0), (0, 2)] {
        stub.system().set("Lead", &id(loser), "MasterRecordId", json!(id(winner)));
        stub.system().delete("Lead", &id(loser));
    }
    clock.advance(HOUR);
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.collected.column("lead", "Id"), [id(2), id(3)]);
    let merges = &kept.tables()["lead_merges"];
    let expected = [format!("{}|{}", id(0), id(1)), format!("{}|{}", id(2), id(0))];
    assert_eq!(merges.keys().cloned().collect::<Vec<_>>(), expected);
    let deleted: Vec<_> = kept.collected.rows.iter().filter(|(_, _, row)| row.is_deleted).collect();
    assert_eq!(deleted.len(), 2, "getDeleted tells them too, without their cells");
    assert!(deleted.iter().all(|(_, cells, _)| cells.contains_key("Email")));
}

#[tokio::test]
async fn deletes_that_were_purged_are_heard_in_parts() {
    let (stub, clock) = organisation(200).await;
    let config = leads(&stub.url);
    let kept = read(&config, &clock, Kept::default()).await;
    clock.advance(HOUR);
    for number in 0..120 {
        stub.system().purge("Lead", &id(number));
        clock.advance(Duration::from_secs(60));
    }
    clock.advance(HOUR);
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.tables()["lead"].len(), 80);
    let notes = &kept.collected.notes;
    assert!(notes.iter().all(|(_, _, what)| !what.contains("cannot be heard of")), "{notes:?}");
}

#[tokio::test]
async fn deletes_of_longer_ago_than_salesforce_tells_are_said_and_found_in_full() {
    let (stub, clock) = organisation(3).await;
    let mut config = leads(&stub.url);
    let kept = read(&config, &clock, Kept::default()).await;
    stub.system().purge("Lead", &id(1));
    clock.advance(HOUR * 24 * 20);
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.tables()["lead"].len(), 3);
    assert!(
        kept.collected.notes.iter().any(|(_, _, what)| what.contains("cannot be heard of")),
        "{:?}",
        kept.collected.notes
    );
    config.is_full = true;
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.collected.column("lead", "Id"), [id(0), id(2)]);
}

#[tokio::test]
async fn the_history_of_fields_is_a_stream() {
    let (stub, clock) = organisation(1).await;
    for (number, status) in ["Open", "Working"].into_iter().enumerate() {
        let history = format!("0178c{number:010}AAA");
        for (field, value) in [("LeadId", id(0)), ("Field", "Status".into()), ("NewValue", status.into())] {
            stub.system().set("LeadHistory", &history, field, json!(value));
        }
    }
    clock.advance(HOUR);
    let mut config = leads(&stub.url);
    config.objects[0].history = true;
    config.objects[0].fields = Selection::Named(vec!["Email".into()]);
    let kept = read(&config, &clock, Kept::default()).await;
    assert_eq!(kept.collected.column("lead_history", "NewValue"), ["Open", "Working"]);
    assert_eq!(kept.collected.column("lead_history", "LeadId"), [id(0), id(0)]);
}
