//! A real server on a free port, and a real client.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use plumb_lead::ModelKind;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::http::{App, Auth, CallerLimits, ConcurrencyLimit, Config, RequestLimits, ResponseFormat, Timeouts, serve};
use crate::memory::MemoryBudget;
use crate::project::Webhooks;
use crate::registry;
use crate::registry::tests::card;
use crate::store::tests::hour_of_new_year;
use crate::store::{LeadBrief, Store};

pub(super) const JSON: &str = "application/json";

/// Returns the configuration of a server without targets that lets all requests in.
pub(super) fn config() -> Config {
    Config {
        targets: Vec::new(),
        fixed_now: None,
        auth: Auth::open(),
        caller_limits: CallerLimits::DEFAULT,
        concurrency: ConcurrencyLimit::DEFAULT,
        limits: RequestLimits::DEFAULT,
        memory: MemoryBudget::new(256 << 20),
        timeouts: Timeouts::DEFAULT,
        capture: false,
        response_format: ResponseFormat::default(),
        own_posted_sql: BTreeSet::new(),
        webhooks: Webhooks::default(),
    }
}

/// Returns what is known of a lead that has only a name.
pub(super) fn brief(lead_id: &str, name: &str) -> LeadBrief {
    LeadBrief {
        lead_id: lead_id.into(),
        name: Some(name.into()),
        fields: vec![("channel".into(), Some("web_site".into())), ("region".into(), None)],
        created_at: hour_of_new_year(0),
    }
}

/// A running server without lead data, and its folder.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) store: Store,
    pub(super) folder: TempDir,
    pub(super) runtime: Runtime,
    pub(super) stop: Option<oneshot::Sender<()>>,
}

/// A response.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) bytes: Vec<u8>,
    pub(super) text: String,
}

impl Server {
    pub(super) fn start(targets: &[&str]) -> Server {
        let targets = targets.iter().map(|target| (*target).to_owned()).collect();
        Server::configured(Config { targets, ..config() })
    }

    pub(super) fn configured(config: Config) -> Server {
        let runtime = Runtime::new().expect("threads can be started");
        let folder = TempDir::new().expect("a temporary folder");
        let (stop, stopped) = oneshot::channel::<()>();
        let (address, store) = runtime.block_on(async {
            let store = Store::open(&folder.path().join("plumb.db")).await.expect("an empty folder");
            let app = App::open(None, store.clone(), folder.path(), config).await.expect("nothing to load");
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            let address = listener.local_addr().expect("it is bound");
            tokio::spawn(serve(Arc::new(app), listener, async { drop(stopped.await) }));
            (address, store)
        });
        Server { address, store, folder, runtime, stop: Some(stop) }
    }

    /// Adds a model of the columns `age` and `channel` and makes it the champion of `converted`.
    pub(super) fn promote(&self, model: &[u8]) -> String {
        let card = card("converted", ModelKind::Logistic, model);
        self.runtime.block_on(async {
            registry::add(&self.store, self.folder.path(), model, &card).await.expect("its own card");
            registry::promote(&self.store, "converted", &card.model_id, "test", "first").await.expect("added");
        });
        card.model_id
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        let request = agent().get(format!("http://{}{path}", self.address));
        Answer::of(request.call().expect("the server answers"))
    }

    /// Gets a path in a language.
    pub(super) fn get_in(&self, path: &str, language: &str) -> Answer {
        let request = agent().get(format!("http://{}{path}", self.address)).header("accept-language", language);
        Answer::of(request.call().expect("the server answers"))
    }

    pub(super) fn post(&self, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let mut request = agent().post(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send(body.as_ref()).expect("the server answers"))
    }

    pub(super) fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.post(path, &[("content-type", JSON)], body.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that stopped by itself receives nothing any more.
        let _ = self.stop.take().map(|stop| stop.send(()));
    }
}

impl Answer {
    fn of(mut answer: ureq::http::Response<ureq::Body>) -> Answer {
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let (status, headers) = (answer.status().as_u16(), headers.collect());
        let bytes = answer.body_mut().read_to_vec().expect("a whole body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, bytes, text }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    #[track_caller]
    pub(super) fn refuses(&self, status: u16, code: &str, expected: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        let error = &self.json()["error"];
        assert_eq!(error["code"], code, "{}", self.text);
        assert!(error.to_string().contains(expected), "`{expected}` is not in {}", self.text);
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into()
}

/// The client's JSON reader is off by one in the last place of some numbers.
pub(super) fn close(score: f64, answered: &Value) -> bool {
    answered.as_f64().is_some_and(|answered| (answered - score).abs() < 1e-15)
}
