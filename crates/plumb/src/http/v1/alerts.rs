//! `POST /v1/alerts/{alert_id}`: what becomes of an alert. `GET /v1/watch` lists them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use plumb_lead::AlertState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::errors::{Busy, Failed, Refused, TooLarge};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::json;
use crate::http::middleware::body::Body;
use crate::lifecycle::alerts::{self, AlertChange};

/// The longest body.
const BODY_BYTES_MAX: usize = 4 << 10;

/// The longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 200;

/// What is said of an alert.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertRequest {
    /// What becomes of it.
    state: RequestedState,
    /// Until when it is muted; expected with `muted` and only there.
    #[schema(nullable = false)]
    muted_until: Option<DateTime<Utc>>,
    /// Who says so.
    #[schema(max_length = 200, nullable = false)]
    by: Option<String>,
}

/// A state that a person can give an alert.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RequestedState {
    /// It is to be told again.
    Open,
    /// Somebody knows.
    Acknowledged,
    /// Nobody wants to hear of it for a time.
    Muted,
}

/// An alert with its new state.
#[derive(Serialize, ToSchema)]
pub(super) struct AlertReceipt {
    /// Its id.
    id: String,
    /// Its state.
    state: &'static str,
}

/// Acknowledge, mute or open an alert
#[utoipa::path(
    post, path = "/v1/alerts/{alert_id}", operation_id = "changeAlert",
    params(("alert_id" = String, Path, description = "The `id` of an alert of `GET /v1/watch`.")),
    request_body(content = AlertRequest, example = json!({ "state": "acknowledged", "by": "ada" })),
    responses(
        (status = 200, description = "Its state is changed.", body = AlertReceipt),
        (status = 413, response = TooLarge),
        (status = "4XX", response = Refused),
        (status = 503, response = Busy),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Path(alert_id): Path<String>,
    body: Body,
) -> Result<Json<AlertReceipt>, Error> {
    if body.bytes.len() > BODY_BYTES_MAX {
        return Err(Error::too_large(BODY_BYTES_MAX));
    }
    let request: AlertRequest = json::read_body(&body.headers, &body.bytes)?;
    let by = request.by.unwrap_or_default();
    if by.chars().count() > NAME_CHARS_MAX {
        return Err(Error::field("by", &format!("is too long: expected at most {NAME_CHARS_MAX} characters")));
    }
    let change = change(request.state, request.muted_until, Utc::now())?;
    let store = app.engine.store();
    let known = alerts::find(store, &alert_id).await?.filter(|alert| alert.id == alert_id);
    let Some(known) = known else { return Err(Error::unknown_alert(&alert_id)) };
    if matches!(known.alert.state, AlertState::Resolved | AlertState::Retired) {
        let problem = format!("cannot be changed: the alert is {}, which is history", known.alert.state.word());
        return Err(Error::field("state", &problem));
    }
    let changed = alerts::change(store, &alert_id, change, &by).await?;
    Ok(Json(AlertReceipt { id: changed.id, state: changed.alert.state.word() }))
}

fn change(state: RequestedState, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<AlertChange, Error> {
    match (state, until) {
        (RequestedState::Open, None) => Ok(AlertChange::Open),
        (RequestedState::Acknowledged, None) => Ok(AlertChange::Acknowledge),
        (RequestedState::Muted, Some(until)) if until > now => Ok(AlertChange::MuteUntil(until)),
        (RequestedState::Muted, _) => Err(Error::field("muted_until", "is missing or over: expected a time to come")),
        (_, Some(_)) => Err(Error::field("muted_until", "is for the state `muted`: leave it out")),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn only_a_mute_has_an_end_and_it_is_to_come() {
        let now = Utc::now();
        let later = now + TimeDelta::days(1);
        assert!(
            matches!(change(RequestedState::Muted, Some(later), now), Ok(AlertChange::MuteUntil(until)) if until == later)
        );
        for (state, until) in [
            (RequestedState::Muted, None),
            (RequestedState::Muted, Some(now)),
            (RequestedState::Open, Some(later)),
            (RequestedState::Acknowledged, Some(later)),
        ] {
            assert!(change(state, until, now).is_err(), "{state:?} {until:?}");
        }
    }
}
