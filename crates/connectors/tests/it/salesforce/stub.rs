//! Salesforce as its public documentation describes it, with its limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::DateTime;
use serde_json::{Map, Value, json};

use crate::crm::{StubRequest, StubResponse, System, VirtualClock, form};

/// A record: its fields but for the dates of its change, and whether it is in the recycle bin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) fields: Map<String, Value>,
    pub(crate) modified_at: i64,
    pub(crate) is_deleted: bool,
}

/// What happens at a request: it may change the organisation, and may answer in its place.
pub(crate) type Event = Box<dyn FnMut(&mut Organisation, &StubRequest) -> Option<StubResponse> + Send>;

/// An organisation.
pub(crate) struct Organisation {
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) objects: BTreeMap<String, BTreeMap<String, Record>>,
    /// The fields that the user sees: object, name, type, and the compound field that it is part of.
    pub(crate) fields: Vec<(&'static str, &'static str, &'static str, Option<&'static str>)>,
    /// Deletes that were taken out of the recycle bin: object, id, time.
    purged: Vec<(String, String, i64)>,
    /// Answers whose further pages are still to be fetched: the object, the fields, and the ids.
    locators: BTreeMap<String, (String, Vec<String>, Vec<String>)>,
    pub(crate) page_rows: usize,
    pub(crate) token: String,
    pub(crate) tokens_given: u32,
    pub(crate) usage: (u64, u64),
    pub(crate) on_request: Option<Event>,
    pub(crate) requests: u32,
}

impl Organisation {
    pub(crate) fn new(clock: Arc<VirtualClock>) -> Organisation {
        let lead = |name, kind| ("Lead", name, kind, None);
        let history = |name, kind| ("LeadHistory", name, kind, None);
        let fields = vec![
            lead("Id", "id"),
            lead("IsDeleted", "boolean"),
            lead("MasterRecordId", "reference"),
            lead("Email", "email"),
            lead("AnnualRevenue", "currency"),
            lead("Address", "address"),
            lead("Formula__c", "double"),
            ("Lead", "Street", "textarea", Some("Address")),
            lead("ConvertedDate", "date"),
            lead("SystemModstamp", "datetime"),
            history("Id", "id"),
            history("LeadId", "reference"),
            history("Field", "picklist"),
            history("NewValue", "anyType"),
            history("CreatedDate", "datetime"),
        ];
        Organisation {
            clock,
            objects: [("Lead".to_owned(), BTreeMap::new()), ("LeadHistory".to_owned(), BTreeMap::new())].into(),
            fields,
            purged: Vec::new(),
            locators: BTreeMap::new(),
            page_rows: 200,
            token: "session-secret-0".into(),
            tokens_given: 0,
            usage: (10, 15_000),
            on_request: None,
            requests: 0,
        }
    }

    /// Sets a field of a record, which may be new.
    pub(crate) fn set(&mut self, object: &str, id: &str, field: &str, value: Value) {
        let now = self.clock.millis();
        let record = self.objects.entry(object.into()).or_default().entry(id.into()).or_default();
        record.fields.insert(field.into(), value);
        record.modified_at = now;
    }

    pub(crate) fn delete(&mut self, object: &str, id: &str) {
        let now = self.clock.millis();
        let record = self.objects.get_mut(object).and_then(|records| records.get_mut(id)).expect("a record");
        (record.is_deleted, record.modified_at) = (true, now);
    }

    /// Takes a record out of the recycle bin, too.
    pub(crate) fn purge(&mut self, object: &str, id: &str) {
        let now = self.clock.millis();
        self.objects.get_mut(object).expect("an object").remove(id);
        self.purged.push((object.into(), id.into(), now));
    }

    fn describe(&self, object: &str) -> StubResponse {
        let fields = self.fields.iter().filter(|(of, ..)| *of == object);
        let fields: Vec<_> = fields
            .map(|(_, name, kind, part_of)| json!({ "name": name, "type": kind, "compoundFieldName": part_of, "calculated": name.starts_with("Formula") }))
            .collect();
        StubResponse::new(
            200,
            json!({ "name": object, "queryable": true, "replicateable": object == "Lead", "fields": fields }),
        )
    }

    fn query(&mut self, request: &StubRequest) -> StubResponse {
        let query = &request.query["q"];
        let rest = query.strip_prefix("SELECT ").expect("a query");
        let (fields, rest) = rest.split_once(" FROM ").expect("an object");
        let (object, rest) = rest.split_once(" WHERE ").expect("conditions");
        let (conditions, order) = rest.split_once(" ORDER BY ").expect("an order");
        let known = |name: &str| self.fields.iter().any(|(of, there, ..)| *of == object && *there == name);
        if let Some(name) = fields.split(',').find(|name| !known(name)) {
            return refusal(400, "INVALID_FIELD", &format!("No such column '{name}' on entity '{object}'"));
        }
        assert_eq!(order.split_once(", ").map(|(_, id)| id), Some("Id"), "the order leaves nothing open");
        let records = self.objects.get(object).into_iter().flatten();
        let mut found: Vec<_> = records.filter(|(id, record)| holds(conditions, id, record)).collect();
        found.sort_by_key(|(id, record)| (record.modified_at, (*id).clone()));
        let ids = found.into_iter().map(|(id, _)| id.clone()).collect();
        self.page(object.to_owned(), fields.split(',').map(str::to_owned).collect(), ids)
    }

    fn page(&mut self, object: String, fields: Vec<String>, mut ids: Vec<String>) -> StubResponse {
        let rest = ids.split_off(ids.len().min(self.page_rows));
        let records: Vec<_> =
            ids.iter().filter_map(|id| Some(self.give(&object, &fields, id, self.objects[&object].get(id)?))).collect();
        let mut body = json!({ "totalSize": ids.len() + rest.len(), "done": rest.is_empty(), "records": records });
        if !rest.is_empty() {
            let locator = format!("01g{}", self.requests);
            body["nextRecordsUrl"] = json!(format!("/services/data/v61.0/query/{locator}"));
            self.locators.insert(locator, (object, fields, rest));
        }
        StubResponse::new(200, body)
    }

    fn give(&self, object: &str, fields: &[String], id: &str, record: &Record) -> Value {
        let mut given = Map::new();
        given.insert("attributes".into(), json!({ "type": object, "url": "x" }));
        for name in fields {
            let value = match name.as_str() {
                "Id" => json!(id),
                "IsDeleted" => json!(record.is_deleted),
                "SystemModstamp" | "CreatedDate" => json!(stamp(record.modified_at)),
                name => record.fields.get(name).cloned().unwrap_or(Value::Null),
            };
            given.insert(name.clone(), value);
        }
        Value::Object(given)
    }

    fn deleted(&self, object: &str, request: &StubRequest) -> StubResponse {
        let time = |name: &str| {
            DateTime::parse_from_rfc3339(&request.query[name]).expect("a time").timestamp_millis() / 60_000 * 60_000
        };
        let (start, end, now) = (time("start"), time("end"), self.clock.millis());
        if start < now - 15 * 86_400_000 || end <= start {
            return refusal(400, "INVALID_REPLICATION_DATE", "The startdate cannot be more than 15 days ago");
        }
        // The seconds of the end do not count, and what came in them is not covered.
        let records = self.objects[object]
            .iter()
            .filter(|(_, record)| record.is_deleted)
            .map(|(id, record)| (id.clone(), record.modified_at));
        let purged = self.purged.iter().filter(|(of, ..)| of == object).map(|(_, id, at)| (id.clone(), *at));
        let found: Vec<_> = records.chain(purged).filter(|(_, at)| (start..end).contains(at)).collect();
        if found.len() > 50 {
            return refusal(400, "EXCEEDED_ID_LIMIT", "too many ids");
        }
        let deleted: Vec<_> = found.iter().map(|(id, at)| json!({ "id": id, "deletedDate": stamp(*at) })).collect();
        StubResponse::new(
            200,
            json!({ "deletedRecords": deleted, "earliestDateAvailable": stamp(0), "latestDateCovered": stamp(end) }),
        )
    }

    fn give_token(&mut self, request: &StubRequest) -> StubResponse {
        let fields = form(&request.body);
        if fields["client_secret"] != "consumer-secret" {
            return StubResponse::new(
                400,
                json!({ "error": "invalid_client", "error_description": format!("invalid {}", fields["client_secret"]) }),
            );
        }
        self.tokens_given += 1;
        self.token = format!("session-secret-{}", self.tokens_given);
        StubResponse::new(200, json!({ "access_token": self.token, "token_type": "Bearer" }))
    }
}

impl System for Organisation {
    fn clock(&self) -> Arc<VirtualClock> {
        self.clock.clone()
    }

    fn answer(&mut self, request: &StubRequest) -> StubResponse {
        self.requests += 1;
        if let Some(mut event) = self.on_request.take() {
            let told = event(self, request);
            self.on_request.get_or_insert(event);
            if let Some(told) = told {
                return told;
            }
        }
        if request.path == "/services/oauth2/token" {
            return self.give_token(request);
        }
        if request.token.as_ref() != Some(&self.token) {
            return refusal(401, "INVALID_SESSION_ID", "Session expired or invalid");
        }
        let path = request.path.strip_prefix("/services/data/v61.0/").expect("the version");
        let parts: Vec<_> = path.trim_end_matches('/').split('/').collect();
        let mut told = match parts[..] {
            ["sobjects", object, _] if !self.objects.contains_key(object) => {
                refusal(404, "NOT_FOUND", "The requested resource does not exist")
            }
            ["sobjects", object, "describe"] => self.describe(object),
            ["sobjects", object, "deleted"] => self.deleted(object, request),
            ["queryAll"] => self.query(request),
            ["query", locator] => match self.locators.remove(locator) {
                Some((object, fields, ids)) => self.page(object, fields, ids),
                None => refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
            },
            _ => refusal(404, "NOT_FOUND", "The requested resource does not exist"),
        };
        self.usage.0 += 1;
        told.headers.push(("sforce-limit-info", format!("api-usage={}/{}", self.usage.0, self.usage.1)));
        told
    }
}

impl Organisation {
    /// Ends all answers that have further pages.
    pub(crate) fn expire_locators(&mut self) {
        self.locators.clear();
    }
}

/// Whether the conditions of a query hold: the few forms that a connector writes.
fn holds(conditions: &str, id: &str, record: &Record) -> bool {
    let compare = |condition: &str| {
        let parts: Vec<_> = condition.split(' ').collect();
        let [name, operator, value] = parts[..] else { panic!("the stub cannot read `{condition}`") };
        let order = match name {
            "Id" => id.cmp(value.trim_matches('\'')),
            "SystemModstamp" | "CreatedDate" => {
                record.modified_at.cmp(&DateTime::parse_from_rfc3339(value).expect("a time").timestamp_millis())
            }
            other => panic!("the stub has no condition on {other}"),
        };
        match operator {
            "<" => order.is_lt(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            "=" => order.is_eq(),
            other => panic!("the stub has no operator {other}"),
        }
    };
    if let Some((first, either)) = conditions.split_once(" AND (") {
        let (later, same) = either.trim_end_matches(')').split_once(" OR (").expect("two forms");
        return compare(first) && (compare(later) || same.split(" AND ").all(compare));
    }
    conditions.split(" AND ").all(compare)
}

pub(crate) fn refusal(status: u16, code: &str, message: &str) -> StubResponse {
    StubResponse::new(status, json!([{ "message": message, "errorCode": code }]))
}

fn stamp(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).expect("a time").format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}
