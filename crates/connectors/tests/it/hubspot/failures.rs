//! Refusals, storms, and secrets.

use std::time::Duration;

use plumb_connectors::{HubspotAuth, Secret};
use serde_json::json;

use super::stub::refusal;
use super::{contacts, named, portal, read, run};
use crate::crm::{Kept, StubResponse};

fn oauth() -> HubspotAuth {
    HubspotAuth::RefreshToken {
        client_id: "client".into(),
        client_secret: Secret::new("client-secret"),
        refresh_token: Secret::new("refresh-secret"),
    }
}

#[tokio::test]
async fn storms_of_refusals_are_waited_out() {
    let (stub, clock) = portal(500).await;
    let config = contacts(&stub.url);
    let mut requests = 0;
    stub.system().on_request = Some(Box::new(move |_, _| {
        requests += 1;
        match requests % 7 {
            0 => Some(StubResponse {
                headers: vec![("retry-after", "11".into())],
                ..refusal(429, "slow down", "RATE_LIMITS")
            }),
            1..4 => Some(StubResponse::new(503, json!("overloaded"))),
            _ => None,
        }
    }));
    let started_at = clock.millis();
    let kept = read(&config, &clock, Kept::default()).await;
    assert_eq!(kept.tables()["contacts"].len(), 500);
    assert!(clock.millis() - started_at > 11_000, "the pause that was request for is made");
}

#[tokio::test]
async fn a_system_that_stays_away_is_a_transient_error() {
    let (stub, clock) = portal(1).await;
    let config = contacts(&stub.url);
    stub.system().on_request = Some(Box::new(|_, _| Some(StubResponse::new(503, json!("overloaded")))));
    let (_, result) = run(&config, &clock, Kept::default()).await;
    let error = result.expect_err("away");
    assert!(error.is_transient, "{error}");
    assert_eq!(stub.system().requests, 8, "it is not request for ever");
}

#[tokio::test]
async fn a_limit_of_the_day_is_not_waited_for() {
    let (stub, clock) = portal(1).await;
    let config = contacts(&stub.url);
    let body = json!({ "status": "error", "message": "You have reached your daily limit.", "policyName": "DAILY" });
    stub.system().on_request = Some(Box::new(move |_, _| Some(StubResponse::new(429, body.clone()))));
    let error = run(&config, &clock, Kept::default()).await.1.expect_err("limited");
    assert!(error.is_transient && error.to_string().contains("daily limit"), "{error}");
    assert_eq!(stub.system().requests, 1);
}

#[tokio::test]
async fn tokens_that_expire_are_renewed() {
    let (stub, clock) = portal(350).await;
    let mut config = contacts(&stub.url);
    config.auth = oauth();
    stub.system().token = ("nobody's".into(), 0);
    stub.system().on_request = Some(Box::new(|portal, request| {
        if !request.path.starts_with("/oauth") {
            portal.clock.advance(Duration::from_secs(700));
        }
        None
    }));
    let kept = read(&config, &clock, Kept::default()).await;
    assert_eq!(kept.tables()["contacts"].len(), 350);
    assert!(stub.system().tokens_given > 1);
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let (stub, clock) = portal(1).await;
    let config = contacts(&stub.url);
    let body = json!({
        "status": "error", "message": "This app hasn't been granted all required scopes", "category": "MISSING_SCOPES",
        "errors": [{ "message": "One or more of the following scopes are required.",
                     "context": { "requiredGranularScopes": ["crm.objects.contacts.read"] } }],
    });
    stub.system().on_request = Some(Box::new(move |_, _| Some(StubResponse::new(403, body.clone()))));
    let error = run(&config, &clock, Kept::default()).await.1.expect_err("refused").to_string();
    assert!(error.contains("`crm.objects.contacts.read`"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let (stub, clock) = portal(1).await;
    let mut config = contacts(&stub.url);
    config.objects[0].properties = named(&["email", "shoe_size"]);
    let error = run(&config, &clock, Kept::default()).await.1.expect_err("no property").to_string();
    assert!(error.contains("`shoe_size`") && !error.contains("`email`"), "{error}");
    config.objects[0].name = "lamps".into();
    let error = run(&config, &clock, Kept::default()).await.1.expect_err("no object").to_string();
    assert!(error.contains("`lamps`") && error.contains("404"), "{error}");
}

#[tokio::test]
async fn a_redirect_gets_no_token() {
    let (stub, clock) = portal(1).await;
    let config = contacts(&stub.url);
    let location = format!("{}/elsewhere", stub.url);
    stub.system().on_request = Some(Box::new(move |_, _| {
        Some(StubResponse { headers: vec![("location", location.clone())], ..StubResponse::new(302, json!({})) })
    }));
    let error = run(&config, &clock, Kept::default()).await.1.expect_err("refused").to_string();
    assert!(error.contains("another address"), "{error}");
    assert_eq!(stub.system().requests, 1);
}

#[tokio::test]
async fn no_secret_is_in_anything_that_is_said() {
    let (stub, clock) = portal(3).await;
    let mut config = contacts(&stub.url);
    let mut said = format!("{config:?}");
    // A server that repeats what it was sent.
    for status in [400, 401, 403, 404, 500] {
        stub.system().on_request = Some(Box::new(move |_, request| {
            let message = format!("you sent {} and {}", request.token.clone().unwrap_or_default(), request.body);
            Some(refusal(status, &message, "ECHO"))
        }));
        for auth in [HubspotAuth::Token(Secret::new("pat-secret-1")), oauth()] {
            config.auth = auth;
            let (kept, result) = run(&config, &clock, Kept::default()).await;
            let error = result.expect_err("refused");
            said.push_str(&format!("{config:?} {error} {error:?} {}", kept.said()));
        }
    }
    stub.system().on_request = None;
    config.auth = HubspotAuth::Token(Secret::new("pat-secret-1\n"));
    let error = run(&config, &clock, Kept::default()).await.1.expect_err("no header");
    said.push_str(&format!("{error} {error:?}"));
    assert!(said.contains("***"));
    for secret in ["pat-secret", "client-secret", "refresh-secret", "access-secret"] {
        assert!(!said.contains(secret), "{secret} is in {said}");
    }
}
