//! What a connector of a CRM is told: as whom it reads, and which objects.

use plumb_connectors::{
    Error, HubspotAuth, HubspotConfig, HubspotObject, SalesforceAuth, SalesforceConfig, SalesforceObject, Selection,
};

use super::source::{ApiObject, Source};

/// The address of HubSpot's API.
const HUBSPOT: &str = "https://api.hubapi.com";

/// The share of a Salesforce organisation's requests of a day after which a run stops: others need the rest.
const API_SHARE_MAX: f64 = 0.9;

/// Returns how HubSpot is read.
pub(super) fn hubspot(source: &Source) -> Result<HubspotConfig, Error> {
    let api = &source.api;
    let auth = match (&api.token, &api.client_id, &api.client_secret, &api.refresh_token) {
        (Some(token), None, None, None) => HubspotAuth::Token(token.clone()),
        (None, Some(client_id), Some(client_secret), Some(refresh_token)) => HubspotAuth::RefreshToken {
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
            refresh_token: refresh_token.clone(),
        },
        _ => return Err(credentials("`token` of a private app, or `client_id`, `client_secret` and `refresh_token`")),
    };
    let object = |name: &String, of_object: &ApiObject| HubspotObject {
        name: name.clone(),
        properties: selection(of_object),
        history: Selection::Named(of_object.history.clone()),
        associations: of_object.associations.clone(),
    };
    Ok(HubspotConfig {
        base_url: if source.url.is_empty() { HUBSPOT.to_owned() } else { source.url.clone() },
        auth,
        objects: objects(source, &["contacts"]).iter().map(|(name, of_object)| object(name, of_object)).collect(),
        is_full: !source.compare_keys.is_empty(),
    })
}

/// Returns how Salesforce is read.
pub(super) fn salesforce(source: &Source) -> Result<SalesforceConfig, Error> {
    let (api, url) = (&source.api, source.url.clone());
    let auth = match (&api.token, &api.client_id, &api.client_secret, &api.refresh_token) {
        (Some(token), None, None, None) => SalesforceAuth::Token { instance_url: url, access_token: token.clone() },
        (None, Some(client_id), Some(client_secret), None) => SalesforceAuth::ClientCredentials {
            login_url: url,
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
        },
        (None, Some(client_id), client_secret, Some(refresh_token)) => SalesforceAuth::RefreshToken {
            login_url: url,
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
            refresh_token: refresh_token.clone(),
        },
        _ => {
            return Err(credentials(
                "`client_id` and `client_secret`, with or without a `refresh_token`, or a `token`",
            ));
        }
    };
    let object = |name: &String, of_object: &ApiObject| SalesforceObject {
        name: name.clone(),
        fields: selection(of_object),
        history: !of_object.history.is_empty(),
    };
    Ok(SalesforceConfig {
        auth,
        objects: objects(source, &["Lead"]).iter().map(|(name, of_object)| object(name, of_object)).collect(),
        api_share_max: API_SHARE_MAX,
        is_full: !source.compare_keys.is_empty(),
    })
}

/// Returns the objects that are read: those of the source, or else these.
fn objects(source: &Source, default: &[&str]) -> Vec<(String, ApiObject)> {
    if source.api.objects.is_empty() {
        return default.iter().map(|name| ((*name).to_owned(), ApiObject::default())).collect();
    }
    source.api.objects.clone().into_iter().collect()
}

fn selection(of_object: &ApiObject) -> Selection {
    of_object.fields.clone().map_or(Selection::All, Selection::Named)
}

fn credentials(expected: &str) -> Error {
    Error::new(
        "it does not say as whom it is read",
        format!("set {expected}, each as the name of an environment variable, such as `token = \"${{CRM_TOKEN}}\"`"),
    )
}
