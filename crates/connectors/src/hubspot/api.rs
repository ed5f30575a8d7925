//! Calls of HubSpot's API, and what its refusals mean.

use std::sync::Mutex;

use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::http::{Answer, Client, Clock, Lane, Request, Secret, ask_token, checked_base};
use crate::hubspot::config::{HubspotAuth, HubspotConfig, INTERVALS};

/// HubSpot, as one of its users.
pub(crate) struct Api<'a> {
    pub(crate) client: Client<'a>,
    pub(crate) base: String,
    auth: &'a HubspotAuth,
    token: Mutex<Option<Secret>>,
}

/// A refusal, as HubSpot writes it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    message: String,
    category: String,
    errors: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    message: String,
    context: Value,
}

impl<'a> Api<'a> {
    pub(crate) fn new(config: &'a HubspotConfig, clock: &'a dyn Clock) -> Result<Api<'a>, Error> {
        let base = checked_base(&config.base_url)?;
        let (token, secrets) = match &config.auth {
            HubspotAuth::Token(token) => (Some(token.clone()), vec![token.clone()]),
            HubspotAuth::RefreshToken { client_secret, refresh_token, .. } => {
                (None, vec![client_secret.clone(), refresh_token.clone()])
            }
        };
        let client = Client::new(clock, &base, INTERVALS, secrets);
        Ok(Api { client, base, auth: &config.auth, token: Mutex::new(token) })
    }

    /// Asks for something: a path with its query.
    pub(crate) async fn get(&self, what: &str, path: &str) -> Result<Answer, Error> {
        let url = format!("{}{path}", self.base);
        self.call(Request { what: what.into(), url, body: None, lane: Lane::Common }).await
    }

    /// Asks for something by a body.
    pub(crate) async fn post(&self, what: &str, path: &str, body: &Value, lane: Lane) -> Result<Answer, Error> {
        let url = format!("{}{path}", self.base);
        self.call(Request { what: what.into(), url, body: Some(("application/json", body.to_string())), lane }).await
    }

    /// Sends a request; once more with a new token if the token has expired.
    async fn call(&self, request: Request) -> Result<Answer, Error> {
        let token = match self.token() {
            Some(token) => token,
            None => self.renew().await?,
        };
        let mut answer = self.client.send(&request, Some(&token)).await?;
        if answer.status == 401 && matches!(self.auth, HubspotAuth::RefreshToken { .. }) {
            let token = self.renew().await?;
            answer = self.client.send(&request, Some(&token)).await?;
        }
        if answer.is_success() { Ok(answer) } else { Err(self.refused(&request, &answer)) }
    }

    fn token(&self) -> Option<Secret> {
        self.token.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Fetches a new access token.
    async fn renew(&self) -> Result<Secret, Error> {
        let HubspotAuth::RefreshToken { client_id, client_secret, refresh_token } = self.auth else {
            return Err(Error::new("there is no token", "give one"));
        };
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client_id),
            ("client_secret", client_secret.expose()),
            ("refresh_token", refresh_token.expose()),
        ];
        let way_out = "look at the client ID and secret of the app, and install it once more for a new refresh token";
        let answer = ask_token(&self.client, format!("{}/oauth/v1/token", self.base), &form, way_out).await?;
        *self.token.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(answer.access_token.clone());
        Ok(answer.access_token)
    }

    /// Returns the error of an answer that is no success.
    fn refused(&self, request: &Request, answer: &Answer) -> Error {
        let refusal: Refusal = serde_json::from_str(&answer.body).unwrap_or_default();
        let said = said(&refusal);
        let said = if said.is_empty() { answer.body.clone() } else { said };
        let said = self.client.redacted(&said);
        let what = format!("HubSpot refuses {} (status {}): {said}", request.what, answer.status);
        match answer.status {
            300..=399 => Error::new(
                format!(
                    "HubSpot answers the request for {} with another address, which the token is not sent to",
                    request.what
                ),
                "look at `base_url`: it is https://api.hubapi.com",
            ),
            401 => Error::new(
                what,
                "look at the token: was it copied whole, was it replaced, is the private app still there?",
            ),
            403 => Error::new(
                what,
                "give the private app the scope that is named (Settings, Integrations, Private Apps, Scopes)",
            ),
            404 => Error::new(
                what,
                "look at the name of the object: the API's names are plural, and those of one's own are like 2-1234567",
            ),
            _ => Error::new(what, "look at what HubSpot says; the last good rows stay"),
        }
    }
}

/// Returns what HubSpot says, with the scopes that it names.
fn said(refusal: &Refusal) -> String {
    let mut said = refusal.message.clone();
    if !refusal.category.is_empty() {
        said.push_str(&format!(" [{}]", refusal.category));
    }
    for detail in &refusal.errors {
        said.push_str(&format!(" {}", detail.message));
        let scopes = detail.context.get("requiredGranularScopes").or_else(|| detail.context.get("requiredScopes"));
        for scope in scopes.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            said.push_str(&format!(" `{scope}`"));
        }
    }
    said
}
