//! The webhooks of `plumb.toml`, with their secrets out of the environment.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, ensure};

use super::environment::with_environment;
use super::webhook_config::{HubspotConfig, SegmentConfig, WebhookConfigs};

/// A secret, which no log shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

/// A webhook: who may post, and what its messages become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Webhook {
    pub(crate) secret: Secret,
    /// A message's key, with names of its values in braces.
    pub(crate) lead_key: String,
    /// Kinds of events by the sender's names.
    pub(crate) kinds: BTreeMap<String, String>,
    /// Fields by the sender's names.
    pub(crate) fields: BTreeMap<String, String>,
    /// Whether people whom no source knows become leads.
    pub(crate) creates_leads: bool,
    /// Whose changes are passed over.
    pub(crate) own_sources: Vec<String>,
}

/// The webhooks that are configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Webhooks {
    pub(crate) segment: Option<Webhook>,
    pub(crate) hubspot: Option<Webhook>,
    /// Where callers outside reach the server, without a slash at its end.
    pub(crate) public_url: Option<String>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

impl Webhooks {
    /// Reads the webhooks; a secret that is not in the environment is an error that shows none.
    pub(super) fn read(
        config: &WebhookConfigs,
        public_url: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Webhooks> {
        let WebhookConfigs { segment, hubspot } = config.clone();
        let segment = segment.map(|SegmentConfig { secret, lead_key, kinds, fields, creates_leads }| {
            let secret = read_secret("segment", &secret, &variable)?;
            Ok::<_, anyhow::Error>(Webhook { secret, lead_key, kinds, fields, creates_leads, own_sources: Vec::new() })
        });
        let hubspot = hubspot.map(|HubspotConfig { secret, lead_key, kinds, fields, own_sources }| {
            let secret = read_secret("hubspot", &secret, &variable)?;
            ensure!(
                public_url.is_some(),
                "key `webhook.hubspot` needs `public_url` beside it, above all tables: HubSpot signs the address that it \
                 calls, such as `https://leads.example.com`"
            );
            Ok(Webhook { secret, lead_key, kinds, fields, creates_leads: true, own_sources })
        });
        let public_url = public_url.map(|url| url.trim_end_matches('/').to_owned());
        Ok(Webhooks { segment: segment.transpose()?, hubspot: hubspot.transpose()?, public_url })
    }
}

fn read_secret(name: &str, text: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<Secret> {
    ensure!(
        text.starts_with("${") && text.ends_with('}'),
        "key `webhook.{name}.secret` has the secret itself: expected `${{NAME}}`, the name of an environment variable"
    );
    let secret = with_environment(text, variable).with_context(|| format!("key `webhook.{name}.secret`"))?;
    ensure!(!secret.trim().is_empty(), "key `webhook.{name}.secret`: the environment variable is empty");
    Ok(Secret(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secret: &str, public_url: Option<&str>, expected: Result<(), &str>) {
        let hubspot = HubspotConfig {
            secret: secret.to_owned(),
            lead_key: "hubspot:{objectId}".to_owned(),
            kinds: BTreeMap::new(),
            fields: BTreeMap::new(),
            own_sources: Vec::new(),
        };
        let config = WebhookConfigs { segment: None, hubspot: Some(hubspot) };
        let variable = |name: &str| match name {
            "HUBSPOT_SECRET" => Some("xyzzy".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        match (Webhooks::read(&config, public_url, variable), expected) {
            (Ok(webhooks), Ok(())) => assert!(!format!("{webhooks:?}").contains("xyzzy"), "{webhooks:?}"),
            (Err(error), Err(expected)) => {
                let text = format!("{error:#}");
                assert!(text.contains(expected) && !text.contains("xyzzy"), "{text}");
            }
            (found, expected) => panic!("{found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn secrets_are_in_the_environment_and_nowhere_else() {
        let url = Some("https://leads.example.com/");
        check("${HUBSPOT_SECRET}", url, Ok(()));
        check("${HUBSPOT_SECRET}", None, Err("needs `public_url`"));
        check("xyzzy", url, Err("has the secret itself: expected `${NAME}`"));
        check("${EMPTY}", url, Err("is empty"));
        check("${NOBODY}", url, Err("environment variable `NOBODY` is not set"));
    }
}
