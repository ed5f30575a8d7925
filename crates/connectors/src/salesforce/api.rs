//! Calls of Salesforce's API, its sessions, and its limit of requests a day.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::Error;
use crate::http::{Answer, Client, Clock, Lane, Request, Secret, ask_token, checked_base, host};
use crate::salesforce::config::{SalesforceAuth, SalesforceConfig, VERSION};
use crate::salesforce::refusal;
use crate::sink::Sink;

/// The time from one request to the next. Salesforce limits the requests of a day, and those of over 20 seconds at a time.
const INTERVALS: [Duration; 2] = [Duration::from_millis(20); 2];

/// Salesforce, as one of its users.
pub(crate) struct Api<'a> {
    pub(crate) client: Client<'a>,
    config: &'a SalesforceConfig,
    session: Mutex<Session>,
}

/// What changes while Salesforce is read.
#[derive(Default)]
struct Session {
    /// The address of the data and the access token, once there are any.
    open: Option<(String, Secret)>,
    /// A newer refresh token than the configured one.
    refresh_token: Option<Secret>,
    /// How many requests of the last 24 hours were used, and how many there are.
    usage: Option<(u64, u64)>,
}

impl<'a> Api<'a> {
    pub(crate) fn new(config: &'a SalesforceConfig, clock: &'a dyn Clock) -> Result<Api<'a>, Error> {
        let mut session = Session::default();
        let (address, secrets) = match &config.auth {
            SalesforceAuth::Token { instance_url, access_token } => {
                session.open = Some((checked_base(instance_url)?, access_token.clone()));
                (instance_url, vec![access_token.clone()])
            }
            SalesforceAuth::ClientCredentials { login_url, client_secret, .. } => {
                (login_url, vec![client_secret.clone()])
            }
            SalesforceAuth::RefreshToken { login_url, client_secret, refresh_token, .. } => {
                let secrets = client_secret.iter().chain([refresh_token]).cloned().collect();
                (login_url, secrets)
            }
        };
        let client = Client::new(clock, &checked_base(address)?, INTERVALS, secrets);
        Ok(Api { client, config, session: Mutex::new(session) })
    }

    /// Asks for something: a path behind the version, with its query, or one that an answer has named. The answer may be a
    /// refusal.
    pub(crate) async fn ask(&self, what: &str, path: &str) -> Result<Answer, Error> {
        self.check_usage()?;
        let (base, token) = match self.open() {
            Some(open) => open,
            None => self.renew().await?,
        };
        let mut answer = self.client.send(&request(what, &base, path)?, Some(&token)).await?;
        if answer.status == 401 && !matches!(self.config.auth, SalesforceAuth::Token { .. }) {
            let (base, token) = self.renew().await?;
            answer = self.client.send(&request(what, &base, path)?, Some(&token)).await?;
        }
        if let Some(usage) = answer.headers.get("sforce-limit-info").and_then(|text| usage(text)) {
            self.session().usage = Some(usage);
        }
        Ok(answer)
    }

    /// The same, and a refusal is an error.
    pub(crate) async fn get(&self, what: &str, path: &str) -> Result<Answer, Error> {
        let answer = self.ask(what, path).await?;
        if answer.is_success() { Ok(answer) } else { Err(refusal::error(self, what, &answer)) }
    }

    /// Says that the configured refresh token was replaced: nobody keeps the new one.
    pub(crate) fn say_rotation(&self, sink: &mut dyn Sink) {
        if self.session().refresh_token.is_some() {
            let what = "Salesforce gave a new refresh token, which only this run knows; the configured one may be refused next time".to_owned();
            let way_out =
                "switch off refresh token rotation in the connected app, or use client credentials".to_owned();
            sink.note("", None, 1, what, way_out);
        }
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Option<(String, Secret)> {
        self.session().open.clone()
    }

    /// Refuses to go on once too many of the day's requests are used.
    fn check_usage(&self) -> Result<(), Error> {
        let Some((used, all)) = self.session().usage else { return Ok(()) };
        let share_max = self.config.api_share_max;
        if (used as f64) < all as f64 * share_max {
            return Ok(());
        }
        let what = format!(
            "{used} of the organisation's {all} requests of 24 hours are used, which is our limit of {:.0} %",
            share_max * 100.0
        );
        Err(Error::transient(what, "a later run goes on from here; raise the share if nobody else needs the rest"))
    }

    /// Fetches a new access token.
    async fn renew(&self) -> Result<(String, Secret), Error> {
        let newer = self.session().refresh_token.clone();
        let (login_url, form) = match &self.config.auth {
            SalesforceAuth::Token { .. } => return Err(Error::new("there is no token", "give one")),
            SalesforceAuth::ClientCredentials { login_url, client_id, client_secret } => {
                let form = vec![
                    ("grant_type", "client_credentials"),
                    ("client_id", client_id),
                    ("client_secret", client_secret.expose()),
                ];
                (login_url, form)
            }
            SalesforceAuth::RefreshToken { login_url, client_id, client_secret, refresh_token } => {
                let refresh_token = newer.as_ref().unwrap_or(refresh_token).expose();
                let mut form = vec![
                    ("grant_type", "refresh_token"),
                    ("client_id", client_id.as_str()),
                    ("refresh_token", refresh_token),
                ];
                form.extend(client_secret.iter().map(|secret| ("client_secret", secret.expose())));
                (login_url, form)
            }
        };
        let url = format!("{}/services/oauth2/token", checked_base(login_url)?);
        let way_out =
            "look at the consumer key and secret of the connected app, and at the flow and the user that it allows";
        let answer = ask_token(&self.client, url, &form, way_out).await?;
        let instance_url = answer.instance_url.as_deref().unwrap_or(login_url);
        let open = (checked_base(instance_url)?, answer.access_token);
        let mut session = self.session();
        session.open = Some(open.clone());
        if let (SalesforceAuth::RefreshToken { refresh_token, .. }, Some(given)) =
            (&self.config.auth, answer.refresh_token)
            && given != *refresh_token
        {
            session.refresh_token = Some(given);
        }
        Ok(open)
    }
}

/// Returns a request. A path that an answer has named must be one of the same host.
fn request(what: &str, base: &str, path: &str) -> Result<Request, Error> {
    let url = match path.strip_prefix("/services/") {
        Some(_) => format!("{base}{path}"),
        None if path.contains("://") || path.starts_with("//") => {
            let what =
                format!("Salesforce continues {what} on the host `{}`, which the token is not sent to", host(path));
            return Err(Error::new(what, "write the address of your organisation, https://COMPANY.my.salesforce.com"));
        }
        None => format!("{base}/services/data/{VERSION}/{path}"),
    };
    Ok(Request { what: what.into(), url, body: None, lane: Lane::Common })
}

/// Reads `api-usage=18/5000`.
fn usage(text: &str) -> Option<(u64, u64)> {
    let part = text.split([';', ',']).find_map(|part| part.trim().strip_prefix("api-usage="))?;
    let (used, all) = part.split_once('/')?;
    let all = all.parse().ok().filter(|all| *all > 0)?;
    Some((used.parse().ok()?, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_read_beside_that_of_the_app() {
        assert_eq!(usage("api-usage=18/5000"), Some((18, 5000)));
        assert_eq!(usage("per-app-api-usage=17/250(appName=x), api-usage=25/5000"), Some((25, 5000)));
        assert_eq!(usage("api-usage=1/0"), None);
        assert_eq!(usage("else"), None);
    }

    #[test]
    fn a_page_is_not_read_on_another_host() {
        assert!(request("x", "https://a.example", "https://b.example/services/data").is_err());
        assert!(request("x", "https://a.example", "//b.example/").is_err());
        let request = request("x", "https://a.example", "/services/data/v61.0/query/01g").expect("same host");
        assert_eq!(request.url, "https://a.example/services/data/v61.0/query/01g");
    }
}
