//! What Salesforce says when it refuses something.

use serde::Deserialize;

use crate::error::Error;
use crate::http::Answer;
use crate::salesforce::api::Api;

/// A refusal: the first of the list that Salesforce writes.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) error_code: String,
}

impl Refusal {
    pub(crate) fn of(answer: &Answer) -> Refusal {
        let refusals: Vec<Refusal> = serde_json::from_str(&answer.body).unwrap_or_default();
        refusals.into_iter().next().unwrap_or_default()
    }
}

/// Returns the error of an answer that is no success.
pub(crate) fn error(api: &Api<'_>, what: &str, answer: &Answer) -> Error {
    let Refusal { message, error_code } = Refusal::of(answer);
    let said = if message.is_empty() { answer.body.clone() } else { format!("{message} [{error_code}]") };
    let said = api.client.redacted(&said);
    let refused = format!("Salesforce refuses {what} (status {}): {said}", answer.status);
    match (answer.status, error_code.as_str()) {
        (_, "REQUEST_LIMIT_EXCEEDED") => Error::transient(
            refused,
            "the organisation's requests of 24 hours are used up; a later run goes on from here",
        ),
        (300..=399, _) => Error::new(
            format!("Salesforce answers the request for {what} with another address, which the token is not sent to"),
            "write the address of your organisation, https://COMPANY.my.salesforce.com",
        ),
        (401, _) => Error::new(
            refused,
            "the session has ended or the token is wrong; client credentials or a refresh token renew themselves",
        ),
        (_, "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED") => Error::new(
            refused,
            "give the user the permission `API Enabled`; Professional Edition needs the API as an extra",
        ),
        (403, _) => {
            Error::new(refused, "give the user `Read` and `View All` on the object, and the app the scope `api`")
        }
        (404, _) | (_, "INVALID_TYPE") => Error::new(
            refused,
            "look at the object's API name (Setup, Object Manager) and at the user's permission to read it; a history exists once field history tracking is on",
        ),
        (414 | 431, _) => Error::new(refused, "name the fields that you need: all of them make too long an address"),
        (_, "INVALID_FIELD") => Error::new(refused, "the field was taken away while it was read, or hidden: run again"),
        _ => Error::new(refused, "look at what Salesforce says; the last good rows stay"),
    }
}
