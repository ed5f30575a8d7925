//! The stub's search.

use serde_json::{Value, json};

use super::stub::{Portal, Record, refusal, texts};
use crate::crm::{StubRequest, StubResponse};

/// Searches as HubSpot does: what it knows of a while ago, in pages by offset, and never beyond 10,000.
pub(crate) fn search(portal: &Portal, object: &str, request: &StubRequest) -> StubResponse {
    let body = request.json();
    let (limit, offset) = (
        body["limit"].as_u64().expect("a limit"),
        body["after"].as_str().map_or(0, |after| after.parse().expect("an offset")),
    );
    if limit > 200 || limit + offset > 10_000 || body["sorts"].as_array().is_none_or(|sorts| sorts.len() != 1) {
        return refusal(400, "more than 10000 results, or sorts", "VALIDATION_ERROR");
    }
    let newest = portal.clock.millis() - portal.index_delay;
    let modified = if object == "contacts" { "lastmodifieddate" } else { "hs_lastmodifieddate" };
    let value = |name: &str, id: u64, record: &Record| match name {
        "hs_object_id" => i64::try_from(id).expect("small"),
        name if name == modified => record.modified_at,
        other => panic!("the stub cannot search by {other}"),
    };
    let holds = |filter: &Value, id: u64, record: &Record| {
        let value = value(filter["propertyName"].as_str().expect("a name"), id, record);
        let other: i64 = filter["value"].as_str().expect("a text").parse().expect("a number");
        match filter["operator"].as_str().expect("an operator") {
            "GTE" => value >= other,
            "LTE" => value <= other,
            "EQ" => value == other,
            "GT" => value > other,
            other => panic!("the stub has no operator {other}"),
        }
    };
    let filters = body["filterGroups"][0]["filters"].as_array().expect("filters").clone();
    let records = portal.objects.get(object).into_iter().flatten();
    let mut found: Vec<_> = records
        .filter(|(_, record)| record.archived_at.is_none() && record.modified_at <= newest)
        .filter(|(id, record)| filters.iter().all(|filter| holds(filter, **id, record)))
        .collect();
    let sort = body["sorts"][0]["propertyName"].as_str().expect("a name");
    // Records of the same value come in no order that anybody has promised.
    found.sort_by_key(|(id, record)| (value(sort, **id, record), (**id).wrapping_mul(0x9E37_79B9_7F4A_7C15)));
    let properties = texts(&body["properties"]);
    let page = found.iter().skip(usize::try_from(offset).expect("small")).take(usize::try_from(limit).expect("small"));
    let results: Vec<_> = page.map(|(id, record)| portal.give(**id, record, &properties, &[])).collect();
    StubResponse::new(200, json!({ "total": found.len(), "results": results }))
}
