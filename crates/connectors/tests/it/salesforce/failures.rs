//! Refusals, sessions, limits, and secrets.

use plumb_connectors::{SalesforceAuth, Secret, Selection};
use serde_json::json;

use super::stub::refusal;
use super::{leads, organisation, read, run};
use crate::crm::{Kept, StubResponse};

#[tokio::test]
async fn a_session_that_ends_is_renewed() {
    let (stub, clock) = organisation(900).await;
    stub.system().on_request = Some(Box::new(|organisation, request| {
        if organisation.requests % 4 == 0 && request.path.contains("/query") {
            organisation.token = "ended".into();
        }
        None
    }));
    let kept = read(&leads(&stub.url), &clock, Kept::default()).await;
    assert_eq!(kept.tables()["lead"].len(), 900);
    assert!(stub.system().tokens_given > 1);
}

#[tokio::test]
async fn a_session_of_a_plain_token_is_not() {
    let (stub, clock) = organisation(1).await;
    let mut config = leads(&stub.url);
    config.auth =
        SalesforceAuth::Token { instance_url: stub.url.clone(), access_token: Secret::new("session-secret-9") };
    let error = run(&config, &clock, Kept::default()).await.1.expect_err("ended");
    assert!(!error.is_transient && error.to_string().contains("INVALID_SESSION_ID"), "{error}");
    assert_eq!(stub.system().requests, 1);
}

#[tokio::test]
async fn the_share_of_requests_is_not_passed_and_the_next_run_goes_on() {
    let (stub, clock) = organisation(1_000).await;
    stub.system().usage = (0, 10);
    let mut config = leads(&stub.url);
    config.api_share_max = 0.4;
    let (kept, result) = run(&config, &clock, Kept::default()).await;
    let error = result.expect_err("limited");
    assert!(error.is_transient && error.to_string().contains("4 of the organisation's 10 requests"), "{error}");
    let read_before = kept.tables()["lead"].len();
    assert_eq!(read_before, 600);
    stub.system().usage = (0, 15_000);
    let kept = read(&config, &clock, kept).await;
    assert_eq!(kept.tables()["lead"].len(), 1_000);
}

#[tokio::test]
async fn storms_of_refusals_are_waited_out() {
    let (stub, clock) = organisation(900).await;
    let mut requests = 0;
    stub.system().on_request = Some(Box::new(move |_, _| {
        requests += 1;
        (requests % 5 != 0).then(|| refusal(503, "SERVER_UNAVAILABLE", "too busy"))
    }));
    let kept = read(&leads(&stub.url), &clock, Kept::default()).await;
    assert_eq!(kept.tables()["lead"].len(), 900);
}

#[tokio::test]
async fn fields_that_the_user_does_not_see_are_named() {
    let (stub, clock) = organisation(1).await;
    let mut config = leads(&stub.url);
    config.objects[0].fields = Selection::Named(vec!["Email".into(), "Salary__c".into(), "Address".into()]);
    let error = run(&config, &clock, Kept::default()).await.1.expect_err("no field").to_string();
    assert!(error.contains("`Salary__c`") && error.contains("its parts `Street`"), "{error}");
    config.objects[0].name = "Lamp__c".into();
    let error = run(&config, &clock, Kept::default()).await.1.expect_err("no object").to_string();
    assert!(error.contains("`Lamp__c`") && error.contains("404"), "{error}");
}

#[tokio::test]
async fn a_missing_permission_is_no_transient_error() {
    let (stub, clock) = organisation(1).await;
    stub.system().on_request = Some(Box::new(|_, request| {
        request
            .path
            .contains("sobjects")
            .then(|| refusal(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."))
    }));
    let error = run(&leads(&stub.url), &clock, Kept::default()).await.1.expect_err("refused");
    assert!(!error.is_transient && error.to_string().contains("API Enabled"), "{error}");
}

#[tokio::test]
async fn tokens_do_not_leave_for_other_hosts() {
    let (stub, clock) = organisation(1).await;
    stub.system().on_request = Some(Box::new(|_, request| {
        let body = json!({ "records": [], "done": false, "nextRecordsUrl": "https://elsewhere.example/services/data/v61.0/query/1" });
        request.path.ends_with("queryAll").then(|| StubResponse::new(200, body))
    }));
    let error = run(&leads(&stub.url), &clock, Kept::default()).await.1.expect_err("refused").to_string();
    assert!(error.contains("`elsewhere.example`"), "{error}");
    stub.system().on_request = Some(Box::new(|_, request| {
        let body = json!({ "access_token": "x", "instance_url": "http://elsewhere.example" });
        request.path.contains("oauth2").then(|| StubResponse::new(200, body))
    }));
    let error = run(&leads(&stub.url), &clock, Kept::default()).await.1.expect_err("refused").to_string();
    assert!(error.contains("without encryption"), "{error}");
}

#[tokio::test]
async fn no_secret_is_in_anything_that_is_said() {
    let (stub, clock) = organisation(3).await;
    let mut config = leads(&stub.url);
    let client_credentials = config.auth.clone();
    let mut said = String::new();
    for status in [400, 401, 403, 404, 500] {
        // A server that repeats what it was sent; at some, after it has given a token.
        for gives_token in [true, false] {
            stub.system().on_request = Some(Box::new(move |_, request| {
                let message = format!("you sent {} and {}", request.token.clone().unwrap_or_default(), request.body);
                let told = refusal(status, "ECHO", &message);
                (!gives_token || !request.path.contains("oauth2")).then_some(told)
            }));
            let refresh = SalesforceAuth::RefreshToken {
                login_url: stub.url.clone(),
                client_id: "consumer-key".into(),
                client_secret: Some(Secret::new("consumer-secret")),
                refresh_token: Secret::new("refresh-secret"),
            };
            for auth in [client_credentials.clone(), refresh] {
                config.auth = auth;
                let (kept, result) = run(&config, &clock, Kept::default()).await;
                let error = result.expect_err("refused");
                said.push_str(&format!("{config:?} {error} {error:?} {}", kept.said()));
            }
        }
    }
    assert!(said.contains("***"));
    for secret in ["session-secret", "consumer-secret", "refresh-secret"] {
        assert!(!said.contains(secret), "{secret} is in {said}");
    }
}
