//! One request after the other, each at its time, and again if it fails for a while.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ureq::http;

use crate::error::Error;
use crate::http::address::is_loopback;
use crate::http::{Answer, Clock, Secret, encoded, excerpt, host};

/// How often a request is sent before we give up for this run. With the growing pauses that is about two minutes.
const TRIES_MAX: u32 = 8;

/// The longest pause between two tries, and the longest that a server may ask for. Who asks for more is asked again by the
/// next run.
const PAUSE_MAX: Duration = Duration::from_secs(120);

/// How long a request may take from its start to the last byte of the answer.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(180);

/// How long a server may say nothing at all after a request.
const FIRST_BYTE_TIME_MAX: Duration = Duration::from_secs(90);

/// The longest answer, in bytes: 100 records of a thousand properties of some kilobytes fit.
const BODY_BYTES_MAX: u64 = 256 << 20;

/// Requests that share a rate limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lane {
    /// All that has no limit of its own.
    Common,
    /// Search, which counts also as common.
    Search,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    /// What it asks for, for messages: `the contacts`.
    pub(crate) what: String,
    pub(crate) url: String,
    /// The type of the body and the body, which makes it a POST.
    pub(crate) body: Option<(&'static str, String)>,
    pub(crate) lane: Lane,
}

/// A client of one system.
pub(crate) struct Client<'a> {
    pub(crate) clock: &'a dyn Clock,
    agent: ureq::Agent,
    /// The shortest time from one request to the next: of all, and of searches.
    intervals: [Duration; 2],
    next_at: Mutex<[DateTime<Utc>; 2]>,
    secrets: Mutex<Vec<Secret>>,
    server_now: Mutex<Option<DateTime<Utc>>>,
}

impl<'a> Client<'a> {
    /// Returns a client of the system at an address that was checked. Messages never have one of the secrets.
    pub(crate) fn new(
        clock: &'a dyn Clock,
        address: &str,
        intervals: [Duration; 2],
        secrets: Vec<Secret>,
    ) -> Client<'a> {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(FIRST_BYTE_TIME_MAX))
            .timeout_global(Some(REQUEST_TIME_MAX));
        // A proxy of the environment leads out of this machine.
        let config = if is_loopback(address) { config.proxy(None) } else { config };
        Client {
            clock,
            agent: config.build().into(),
            intervals,
            next_at: Mutex::new([DateTime::UNIX_EPOCH; 2]),
            secrets: Mutex::new(secrets),
            server_now: Mutex::new(None),
        }
    }

    /// Adds a secret that came up meanwhile.
    pub(crate) fn hide(&self, secret: Secret) {
        locked(&self.secrets).push(secret);
    }

    /// Returns the text without any of the secrets, cut to a length that a message may have.
    pub(crate) fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in locked(&self.secrets).iter().filter(|secret| !secret.expose().is_empty()) {
            text = text.replace(secret.expose(), "***").replace(&encoded(secret.expose()), "***");
        }
        excerpt(&text)
    }

    /// Returns the time by the server's clock if it has told it, and never more than ours by it.
    pub(crate) fn server_now(&self) -> DateTime<Utc> {
        locked(&self.server_now).unwrap_or_else(|| self.clock.now())
    }

    /// Sends a request until it has an answer that is not "later": 429 and 5xx are tried again, others are given back.
    pub(crate) async fn send(&self, request: &Request, token: Option<&Secret>) -> Result<Answer, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            self.wait_turn(request.lane).await;
            let (why, asked) = match self.send_once(request, token).await? {
                Ok(answer) if !is_later(answer.status) => return Ok(answer),
                Ok(answer) => {
                    let why = format!("status {}: {}", answer.status, self.redacted(&answer.body));
                    (why, answer.retry_after(self.clock.now()))
                }
                Err(why) => (why, None),
            };
            let pause = asked.unwrap_or_else(|| pause_after(tries));
            if tries == TRIES_MAX || pause > PAUSE_MAX || why.contains("\"DAILY\"") {
                let asked = asked.map_or(String::new(), |pause| format!(", and asks us to wait {} s", pause.as_secs()));
                let what = format!("{} gave no {} in {tries} tries{asked}: {why}", host(&request.url), request.what);
                return Err(Error::transient(
                    what,
                    "the next run goes on from here; nothing that was read is read again",
                ));
            }
            self.clock.pause(pause).await;
        }
    }

    /// Waits until the rate limits let the next request go.
    async fn wait_turn(&self, lane: Lane) {
        let now = self.clock.now();
        let turn = {
            let mut next_at = locked(&self.next_at);
            let turn = now.max(next_at[0]).max(if lane == Lane::Search { next_at[1] } else { next_at[0] });
            next_at[0] = later(turn, self.intervals[0]);
            if lane == Lane::Search {
                next_at[1] = later(turn, self.intervals[1]);
            }
            turn
        };
        if let Ok(pause) = (turn - now).to_std()
            && !pause.is_zero()
        {
            self.clock.pause(pause).await;
        }
    }

    /// Sends a request once. The inner error is one of the network, and may go away.
    async fn send_once(&self, request: &Request, token: Option<&Secret>) -> Result<Result<Answer, String>, Error> {
        let mut builder = http::Request::builder().uri(&request.url).header("accept", "application/json");
        if let Some(token) = token {
            builder = builder.header("authorization", format!("Bearer {}", token.expose()));
        }
        builder = match &request.body {
            Some((kind, _)) => builder.method("POST").header("content-type", *kind),
            None => builder.method("GET"),
        };
        let body = request.body.as_ref().map(|(_, body)| body.clone());
        // The error may have the header, and with it the token.
        let built = builder.body(body.unwrap_or_default()).map_err(|_| {
            let what = format!(
                "the token, or a name in the request for {}, has a character that no header may have",
                request.what
            );
            Error::new(what, "copy the token once more, without quotes and line ends")
        })?;
        let agent = self.agent.clone();
        let answered = tokio::task::spawn_blocking(move || run(&agent, built)).await;
        let answered = answered.map_err(|error| {
            Error::transient(format!("the request for {} was stopped", request.what), "try again").because(error)
        })?;
        if let Ok(answer) = &answered
            && let Some(date) = answer.date()
        {
            *locked(&self.server_now) = Some(date);
        }
        Ok(answered.map_err(|why| self.redacted(&why)))
    }
}

/// Sends a request on this thread.
fn run(agent: &ureq::Agent, request: http::Request<String>) -> Result<Answer, String> {
    let answered = if request.method() == "GET" { agent.run(request.map(|_| ())) } else { agent.run(request) };
    let mut response = answered.map_err(|error| error.to_string())?;
    let headers = response.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let headers = headers.collect();
    let status = response.status().as_u16();
    let read =
        response.body_mut().with_config().limit(BODY_BYTES_MAX).read_to_vec().map_err(|error| error.to_string())?;
    let body = String::from_utf8(read).map_err(|error| error.to_string())?;
    Ok(Answer { status, headers, body })
}

/// Whether the same request may succeed later. 423 and 477 are HubSpot's: locked for a while, and being moved.
fn is_later(status: u16) -> bool {
    matches!(status, 408 | 423 | 429 | 477 | 500..=599)
}

/// Returns the pause after a number of tries: 1, 2, 4 seconds and so on, each between a half and the whole of it, so that
/// those who failed together do not come back together.
fn pause_after(tries: u32) -> Duration {
    let whole = Duration::from_secs(1 << (tries - 1).min(6)).min(PAUSE_MAX);
    let random = RandomState::new().build_hasher().finish() % 1_000;
    whole / 2 + (whole / 2) * u32::try_from(random).unwrap_or(0) / 1_000
}

fn later(time: DateTime<Utc>, duration: Duration) -> DateTime<Utc> {
    time + TimeDelta::from_std(duration).unwrap_or_default()
}

/// Locks what no panic leaves half written.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
