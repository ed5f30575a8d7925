//! HubSpot as its public documentation describes it, with its limits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::search;
use crate::crm::{StubRequest, StubResponse, System, VirtualClock, form};

/// A record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// Values of properties, oldest first, each with its time.
    pub(crate) values: BTreeMap<String, Vec<(i64, String)>>,
    pub(crate) modified_at: i64,
    pub(crate) archived_at: Option<i64>,
}

/// What happens at a request: it may change the portal, and may answer in its place.
pub(crate) type Event = Box<dyn FnMut(&mut Portal, &StubRequest) -> Option<StubResponse> + Send>;

/// A portal.
pub(crate) struct Portal {
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) objects: BTreeMap<String, BTreeMap<u64, Record>>,
    /// The properties of each object, and which are calculated.
    pub(crate) properties: Vec<(&'static str, bool)>,
    merged_into: BTreeMap<u64, u64>,
    /// Contact to companies.
    pub(crate) companies: BTreeMap<u64, Vec<u64>>,
    /// How long a change takes until search finds it, in milliseconds.
    pub(crate) index_delay: i64,
    /// The access token, and until when it counts.
    pub(crate) token: (String, i64),
    pub(crate) tokens_given: u32,
    pub(crate) on_request: Option<Event>,
    pub(crate) requests: u32,
    pub(crate) too_fast: u32,
    recent: VecDeque<i64>,
    recent_searches: VecDeque<i64>,
}

impl Portal {
    pub(crate) fn new(clock: Arc<VirtualClock>) -> Portal {
        let properties =
            ["email", "budget", "createdate", "lastmodifieddate", "hs_lastmodifieddate", "hs_merged_object_ids"];
        let mut properties: Vec<_> = properties.map(|name| (name, false)).into();
        properties.push(("days_open", true));
        Portal {
            clock,
            objects: BTreeMap::new(),
            properties,
            merged_into: BTreeMap::new(),
            companies: BTreeMap::new(),
            index_delay: 3_000,
            token: ("pat-secret-1".into(), i64::MAX),
            tokens_given: 0,
            on_request: None,
            requests: 0,
            too_fast: 0,
            recent: VecDeque::new(),
            recent_searches: VecDeque::new(),
        }
    }

    /// Sets a property of a record, which may be new.
    pub(crate) fn set(&mut self, object: &str, id: u64, property: &str, value: &str) {
        let now = self.clock.millis();
        let record = self.objects.entry(object.into()).or_default().entry(id).or_default();
        record.values.entry(property.into()).or_default().push((now, value.into()));
        record.modified_at = now;
    }

    pub(crate) fn archive(&mut self, object: &str, id: u64) {
        let now = self.clock.millis();
        self.objects.get_mut(object).and_then(|records| records.get_mut(&id)).expect("a record").archived_at =
            Some(now);
    }

    /// Merges a record into another one. The winner takes over what the other one had taken over.
    pub(crate) fn merge(&mut self, object: &str, winner: u64, loser: u64) {
        let newest = |record: &Record| {
            record.values.get("hs_merged_object_ids").and_then(|values| values.last()).map(|(_, ids)| ids.clone())
        };
        let records = &self.objects[object];
        let ids = [newest(&records[&winner]), newest(&records[&loser]), Some(loser.to_string())];
        let ids: Vec<_> = ids.into_iter().flatten().filter(|ids| !ids.is_empty()).collect();
        self.set(object, winner, "hs_merged_object_ids", &ids.join(";"));
        self.objects.get_mut(object).expect("the object").remove(&loser);
        self.merged_into.insert(loser, winner);
    }

    pub(crate) fn give(&self, id: u64, record: &Record, properties: &[String], history: &[String]) -> Value {
        let newest = |name: &String| match name.as_str() {
            "hs_object_id" => json!(id.to_string()),
            "lastmodifieddate" | "hs_lastmodifieddate" => json!(iso(record.modified_at)),
            "days_open" => json!(self.clock.millis().to_string()),
            name => {
                record.values.get(name).and_then(|values| values.last()).map_or(Value::Null, |(_, value)| json!(value))
            }
        };
        let properties: BTreeMap<_, _> = properties.iter().map(|name| (name.clone(), newest(name))).collect();
        let mut given = json!({
            "id": id.to_string(), "properties": properties, "createdAt": iso(0), "updatedAt": iso(record.modified_at),
            "archived": record.archived_at.is_some(),
        });
        if let Some(at) = record.archived_at {
            given["archivedAt"] = json!(iso(at));
        }
        if !history.is_empty() {
            let versions = |name: &String| -> Vec<Value> {
                let values = record.values.get(name).into_iter().flatten().rev();
                let version = |(at, value): &(i64, String)| json!({ "value": value, "timestamp": iso(*at), "sourceType": "CRM_UI", "sourceId": "userId:7" });
                values.map(version).collect()
            };
            let history: BTreeMap<_, _> = history.iter().map(|name| (name.clone(), versions(name))).collect();
            given["propertiesWithHistory"] = json!(history);
        }
        given
    }

    fn list(&self, object: &str, request: &StubRequest) -> StubResponse {
        let names = |name: &str| {
            request.query.get(name).map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default()
        };
        let (properties, history): (Vec<_>, Vec<_>) = (names("properties"), names("propertiesWithHistory"));
        let limit: usize = request.query["limit"].parse().expect("a number");
        if limit > if history.is_empty() { 100 } else { 50 } || request.url_bytes > 8_192 {
            return refusal(400, "limit or address too long", "VALIDATION_ERROR");
        }
        let after: u64 = request.query.get("after").map_or(0, |after| after.parse().expect("an id"));
        let is_archived = request.query["archived"] == "true";
        let records = self.objects.get(object).into_iter().flatten();
        let mut records = records.filter(|(id, record)| **id > after && record.archived_at.is_some() == is_archived);
        let page: Vec<_> = records.by_ref().take(limit).collect();
        let results: Vec<_> = page.iter().map(|(id, record)| self.give(**id, record, &properties, &history)).collect();
        let mut body = json!({ "results": results });
        if let (Some((last, _)), Some(_)) = (page.last(), records.next()) {
            body["paging"] = json!({ "next": { "after": last.to_string(), "link": "https://elsewhere.example/" } });
        }
        StubResponse::new(200, body)
    }

    fn batch(&self, object: &str, request: &StubRequest) -> StubResponse {
        let body = request.json();
        let (properties, history) = (texts(&body["properties"]), texts(&body["propertiesWithHistory"]));
        let inputs = body["inputs"].as_array().expect("a list");
        if inputs.is_empty() && request.query.is_empty() || inputs.len() > if history.is_empty() { 100 } else { 50 } {
            return refusal(400, "too many or no inputs", "VALIDATION_ERROR");
        }
        let mut results = Vec::new();
        for input in inputs {
            let mut id: u64 = input["id"].as_str().expect("a text").parse().expect("an id");
            while let Some(winner) = self.merged_into.get(&id) {
                id = *winner;
            }
            if let Some(record) = self.objects.get(object).and_then(|records| records.get(&id))
                && record.archived_at.is_some() == (request.query["archived"] == "true")
            {
                results.push(self.give(id, record, &properties, &history));
            }
        }
        let status = if results.len() < inputs.len() { 207 } else { 200 };
        StubResponse::new(status, json!({ "status": "COMPLETE", "results": results }))
    }

    fn associations(&self, request: &StubRequest) -> StubResponse {
        let body = request.json();
        let mut results = Vec::new();
        for input in body["inputs"].as_array().expect("a list") {
            let id: u64 = input["id"].as_str().expect("a text").parse().expect("an id");
            let start: usize = input["after"].as_str().map_or(0, |after| after.parse().expect("a number"));
            let Some(companies) = self.companies.get(&id) else { continue };
            let types = json!([{ "category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary" }]);
            let to: Vec<_> = companies
                .iter()
                .skip(start)
                .take(2)
                .map(|id| json!({ "toObjectId": id, "associationTypes": types }))
                .collect();
            let mut result = json!({ "from": { "id": id.to_string() }, "to": to });
            if companies.len() > start + 2 {
                result["paging"] = json!({ "next": { "after": (start + 2).to_string() } });
            }
            results.push(result);
        }
        StubResponse::new(207, json!({ "status": "COMPLETE", "results": results }))
    }

    /// Refuses who is faster than 100 requests in 10 seconds, or 4 searches in one.
    fn limit(&mut self, is_search: bool) -> Option<StubResponse> {
        let now = self.clock.millis();
        self.recent.push_back(now);
        self.recent.retain(|at| *at > now - 10_000);
        if is_search {
            self.recent_searches.push_back(now);
            self.recent_searches.retain(|at| *at > now - 1_000);
        }
        if self.recent.len() <= 100 && self.recent_searches.len() <= 4 {
            return None;
        }
        self.too_fast += 1;
        Some(StubResponse {
            headers: vec![("retry-after", "10".into())],
            ..refusal(429, "You have reached your ten_secondly_rolling limit.", "RATE_LIMITS")
        })
    }

    fn give_token(&mut self, request: &StubRequest) -> StubResponse {
        let fields = form(&request.body);
        if fields["refresh_token"] != "refresh-secret" || fields["client_secret"] != "client-secret" {
            return refusal(
                400,
                &format!("missing or invalid refresh token {}", fields["refresh_token"]),
                "BAD_REFRESH_TOKEN",
            );
        }
        self.tokens_given += 1;
        self.token = (format!("access-secret-{}", self.tokens_given), self.clock.millis() + 1_800_000);
        StubResponse::new(
            200,
            json!({ "access_token": self.token.0, "refresh_token": "refresh-secret", "expires_in": 1800 }),
        )
    }
}

impl System for Portal {
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
        if request.path == "/oauth/v1/token" {
            return self.give_token(request);
        }
        if request.token.as_ref() != Some(&self.token.0) || self.clock.millis() > self.token.1 {
            return refusal(401, "The OAuth token used to make this call expired", "EXPIRED_AUTHENTICATION");
        }
        let parts: Vec<_> = request.path.trim_start_matches('/').split('/').collect();
        if let Some(told) = self.limit(parts.last() == Some(&"search")) {
            return told;
        }
        match parts[..] {
            ["crm", "v3", "properties", object] if self.objects.contains_key(object) => {
                let definition = |(name, calculated): &(&str, bool)| json!({ "name": name, "type": "string", "calculated": calculated });
                StubResponse::new(200, json!({ "results": self.properties.iter().map(definition).collect::<Vec<_>>() }))
            }
            ["crm", "v3", "objects", object] if !request.is_post => self.list(object, request),
            ["crm", "v3", "objects", object, "batch", "read"] => self.batch(object, request),
            ["crm", "v3", "objects", object, "search"] => search::search(self, object, request),
            ["crm", "v4", "associations", "contacts", "companies", "batch", "read"] => self.associations(request),
            _ => refusal(404, "Unable to infer object type", "OBJECT_NOT_FOUND"),
        }
    }
}

pub(crate) fn refusal(status: u16, message: &str, category: &str) -> StubResponse {
    StubResponse::new(
        status,
        json!({ "status": "error", "message": message, "category": category, "correlationId": "c" }),
    )
}

pub(crate) fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn iso(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).expect("a time").to_rfc3339_opts(SecondsFormat::Millis, true)
}
