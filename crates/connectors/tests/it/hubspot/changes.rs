//! What changes between runs and within them.

use std::time::Duration;

use plumb_connectors::{HubspotObject, Selection};

use super::{contacts, named, portal, read};
use crate::crm::Kept;
use crate::support::text;

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn more_changes_than_search_can_give_are_all_read() {
    let (stub, clock) = portal(25_000).await;
    clock.advance(HOUR);
    let config = contacts(&stub.url);
    let kept = read(&config, &clock, Kept::default()).await;
    assert_eq!(kept.tables()["contacts"].len(), 25_000);
    clock.advance(HOUR);
    // An import: 12,000 records get the same millisecond, which is more than search gives at all.
    for id in 10_001..=22_000 {
        stub.system().set("contacts", id, "budget", "2000");
    }
    clock.advance(HOUR);
    let before = stub.system().requests;
    let kept = read(&config, &clock, kept).await;
    let budgets = kept.collected.column("contacts", "budget");
    assert_eq!(budgets.iter().filter(|budget| *budget == "2000").count(), 12_000);
    assert_eq!(budgets.len(), 25_000);
    let requests = stub.system().requests - before;
    assert!(requests < 300, "12,000 changes took {requests} requests: all would take 250 and more");
    assert_eq!(stub.system().too_fast, 0);
}

#[tokio::test]
async fn a_change_during_the_search_loses_no_other_one() {
    let (stub, clock) = portal(300).await;
    clock.advance(HOUR);
    let config = contacts(&stub.url);
    let kept = read(&config, &clock, Kept::default()).await;
    clock.advance(HOUR);
    for id in 1..=300 {
        stub.system().set("contacts", id, "budget", "2000");
        clock.advance(Duration::from_millis(10));
    }
    clock.advance(HOUR);
    // After each search the records that it gave first change once more, and so leave their places in the order.
    let mut next = 1;
    stub.system().on_request = Some(Box::new(move |portal, asked| {
        if asked.path.ends_with("/batch/read") {
            for id in next..next + 10 {
                portal.set("contacts", id, "email", "changed@example.com");
            }
            next += 10;
        }
        None
    }));
    let kept = read(&config, &clock, kept).await;
    assert!(kept.collected.column("contacts", "budget").iter().all(|budget| budget == "2000"));
    stub.system().on_request = None;
    clock.advance(HOUR);
    let kept = read(&config, &clock, kept).await;
    let changed = stub.system().objects["contacts"].values().filter(|record| record.values["email"].len() > 1).count();
    let read =
        kept.collected.column("contacts", "email").iter().filter(|email| *email == "changed@example.com").count();
    assert_eq!(read, changed);
}

#[tokio::test]
async fn records_of_one_date_at_the_end_of_a_page_are_all_read() {
    let (stub, clock) = portal(300).await;
    clock.advance(HOUR);
    let config = contacts(&stub.url);
    let kept = read(&config, &clock, Kept::default()).await;
    clock.advance(HOUR);
    // Three of each millisecond: a page of 100 ends within such a group.
    for id in 1..=300 {
        stub.system().set("contacts", id, "budget", "2000");
        if id % 3 == 0 {
            clock.advance(Duration::from_millis(10));
        }
    }
    clock.advance(HOUR);
    let kept = read(&config, &clock, kept).await;
    assert!(kept.collected.column("contacts", "budget").iter().all(|budget| budget == "2000"));
}

#[tokio::test]
async fn a_change_that_search_finds_late_is_read_by_the_next_run() {
    let (stub, clock) = portal(3).await;
    clock.advance(HOUR);
    let config = contacts(&stub.url);
    let kept = read(&config, &clock, Kept::default()).await;
    clock.advance(HOUR);
    stub.system().set("contacts", 2, "budget", "");
    stub.system().index_delay = 60_000;
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.collected.column("contacts", "budget"), ["1000", "1000", "1000"]);
    clock.advance(HOUR);
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.collected.column("contacts", "budget"), ["1000", "NULL", "1000"]);
}

#[tokio::test]
async fn chains_of_merges_end_the_merged_rows_and_keep_their_history() {
    let (stub, clock) = portal(4).await;
    clock.advance(HOUR);
    let mut config = contacts(&stub.url);
    config.objects[0].history = named(&["budget"]);
    let kept = read(&config, &clock, Kept::default()).await;
    stub.system().merge("contacts", 1, 2);
    clock.advance(HOUR);
    stub.system().merge("contacts", 3, 1);
    clock.advance(HOUR);
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.collected.column("contacts", "id"), ["3", "4"]);
    assert_eq!(kept.tables()["contact_merges"].keys().collect::<Vec<_>>(), ["3|1", "3|2"]);
    let owners = kept.collected.column("contacts_history", "contact_id");
    assert_eq!(owners, ["1", "2", "3", "4"]);
    let deleted: Vec<_> = kept
        .collected
        .rows
        .iter()
        .filter(|(_, _, row)| row.is_deleted)
        .map(|(_, cells, _)| text(&cells["id"]))
        .collect();
    assert_eq!(deleted, ["1", "2"]);
}

#[tokio::test]
async fn archived_records_are_deleted_rows_with_their_cells_once() {
    let (stub, clock) = portal(3).await;
    stub.system().archive("contacts", 1);
    clock.advance(HOUR);
    let config = contacts(&stub.url);
    let kept = read(&config, &clock, Kept::default()).await;
    stub.system().archive("contacts", 3);
    clock.advance(HOUR);
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.collected.column("contacts", "id"), ["2"]);
    let rows: Vec<_> =
        kept.collected.rows.iter().filter(|(_, _, row)| row.is_deleted).map(|(_, cells, _)| cells.clone()).collect();
    assert_eq!(rows.len(), 1, "the first one was told by the first run");
    assert_eq!((text(&rows[0]["id"]), text(&rows[0]["budget"])), ("3".into(), "1000".into()));
    assert!(rows[0].contains_key("_archived_at"));
}

#[tokio::test]
async fn history_is_a_stream_and_calculated_properties_have_none() {
    let (stub, clock) = portal(60).await;
    stub.system().set("contacts", 7, "budget", "");
    clock.advance(HOUR);
    let mut config = contacts(&stub.url);
    config.objects[0].history = named(&["budget", "days_open"]);
    let kept = read(&config, &clock, Kept::default()).await;
    let history = &kept.tables()["contacts_history"];
    assert_eq!(history.len(), 61);
    let emptied = history.values().find(|cells| !cells.contains_key("value")).expect("an emptied value");
    assert_eq!(text(&emptied["contact_id"]), "7");
    assert_eq!(text(&emptied["timestamp"]), "2026-03-01T12:01:00.000Z");
    assert_eq!((text(&emptied["source"]), text(&emptied["source_id"])), ("CRM_UI".into(), "userId:7".into()));
    assert!(kept.collected.notes.iter().any(|(_, _, what)| what.contains("`days_open`")), "{:?}", kept.collected.notes);
    // The same history once more is the same rows.
    clock.advance(HOUR);
    config.objects[0].history = Selection::All;
    let kept = read(&config, &clock, kept).await;
    let of_budget =
        kept.collected.column("contacts_history", "property").iter().filter(|name| *name == "budget").count();
    assert_eq!(of_budget, 61);
}

#[tokio::test]
async fn associations_that_end_leave_their_row() {
    let (stub, clock) = portal(3).await;
    stub.system().companies = [(1, vec![11, 12, 13, 14, 15]), (2, vec![11])].into();
    clock.advance(HOUR);
    let mut config = contacts(&stub.url);
    config.objects[0].associations = vec!["companies".into()];
    let kept = read(&config, &clock, Kept::default()).await;
    assert_eq!(kept.collected.column("contacts_associations", "to_ids"), ["11;12;13;14;15", "11", "NULL"]);
    stub.system().companies.remove(&2);
    stub.system().set("contacts", 2, "budget", "5");
    clock.advance(HOUR);
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.collected.column("contacts_associations", "to_ids"), ["11;12;13;14;15", "NULL", "NULL"]);
}

#[tokio::test]
async fn a_full_run_finds_what_is_gone_for_good() {
    let (stub, clock) = portal(3).await;
    clock.advance(HOUR);
    let mut config = contacts(&stub.url);
    let kept = read(&config, &clock, Kept::default()).await;
    stub.system().objects.get_mut("contacts").expect("contacts").remove(&2);
    clock.advance(HOUR);
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.collected.column("contacts", "id"), ["1", "2", "3"]);
    config.is_full = true;
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.collected.column("contacts", "id"), ["1", "3"]);
}

#[tokio::test]
async fn a_property_that_is_asked_for_later_is_read_of_all_records() {
    let (stub, clock) = portal(3).await;
    clock.advance(HOUR);
    let mut config = contacts(&stub.url);
    config.objects[0].properties = named(&["email"]);
    let kept = read(&config, &clock, Kept::default()).await;
    clock.advance(HOUR);
    config.objects[0].properties = named(&["email", "budget"]);
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.collected.column("contacts", "budget"), ["1000"; 3]);
    assert!(kept.collected.notes.iter().any(|(_, _, what)| what.contains("from its beginning")));
}

#[tokio::test]
async fn many_properties_and_other_objects_are_read() {
    let (stub, clock) = portal(120).await;
    let names: Vec<&'static str> =
        (0..900).map(|number| &*Box::leak(format!("property_{number}").into_boxed_str())).collect();
    stub.system().properties.extend(names.iter().map(|name| (*name, false)));
    stub.system().set("contacts", 5, "property_899", "last");
    stub.system().set("calls", 9, "email", "call");
    clock.advance(HOUR);
    let mut config = contacts(&stub.url);
    config.objects[0].properties = Selection::All;
    config.objects.push(HubspotObject { name: "calls".into(), ..config.objects[0].clone() });
    let kept = read(&config, &clock, Kept::default()).await;
    assert_eq!(kept.tables()["contacts"].len(), 120);
    assert_eq!(text(&kept.tables()["contacts"]["5"]["property_899"]), "last");
    assert_eq!(kept.collected.column("calls", "email"), ["call"]);
}
