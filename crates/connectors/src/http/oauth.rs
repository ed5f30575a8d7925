//! Access tokens by OAuth 2.

use serde::Deserialize;

use crate::error::Error;
use crate::http::{Client, Lane, Request, Secret, encoded};

/// What a token endpoint gives.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenAnswer {
    pub(crate) access_token: Secret,
    /// A new refresh token, where the system changes it at each use.
    #[serde(default)]
    pub(crate) refresh_token: Option<Secret>,
    /// Salesforce: where the data are.
    #[serde(default)]
    pub(crate) instance_url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
    message: String,
}

/// Asks for an access token with the fields of a form. `way_out` is for a refusal.
pub(crate) async fn ask_token(
    client: &Client<'_>,
    url: String,
    form: &[(&str, &str)],
    way_out: &str,
) -> Result<TokenAnswer, Error> {
    let fields: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let body = Some(("application/x-www-form-urlencoded", fields.join("&")));
    let request = Request { what: "access token".into(), url, body, lane: Lane::Common };
    let answer = client.send(&request, None).await?;
    if !answer.is_success() {
        let refusal: Refusal = serde_json::from_str(&answer.body).unwrap_or_default();
        let said = client.redacted(&format!("{} {} {}", refusal.error, refusal.error_description, refusal.message));
        let what = format!("no access token: `{}` (status {})", said.trim(), answer.status);
        return Err(Error::new(what, way_out));
    }
    // The parser's error could repeat a part of the answer.
    let token: TokenAnswer = serde_json::from_str(&answer.body).map_err(|_| {
        Error::new("the answer to the request for an access token has none", "look at the address of the login")
    })?;
    client.hide(token.access_token.clone());
    if let Some(refresh_token) = &token.refresh_token {
        client.hide(refresh_token.clone());
    }
    Ok(token)
}
