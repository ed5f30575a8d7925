//! What the stubs of CRMs share: a clock of their own, a server, and a sink that keeps rows and checkpoints in one step.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use plumb_connectors::{Cell, Checkpoint, Clock, Error, Row, Sink, Stream};
use serde_json::Value;

use crate::support::{Cells, Collected};

/// A clock that stands still until somebody waits.
pub(crate) struct VirtualClock(AtomicI64);

impl VirtualClock {
    pub(crate) fn at(time: &str) -> Arc<VirtualClock> {
        let time = DateTime::parse_from_rfc3339(time).expect("a time");
        Arc::new(VirtualClock(AtomicI64::new(time.timestamp_millis())))
    }

    pub(crate) fn millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Waits until a time that is still to come.
    pub(crate) fn wait_until(&self, time: &str) {
        let time = DateTime::parse_from_rfc3339(time).expect("a time").timestamp_millis();
        assert!(self.0.swap(time, Ordering::SeqCst) < time);
    }

    pub(crate) fn advance(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).expect("a short time");
        self.0.fetch_add(millis.max(1), Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.millis()).expect("a time")
    }

    fn pause(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

/// A request, as a stub reads it.
pub(crate) struct StubRequest {
    pub(crate) is_post: bool,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) url_bytes: usize,
    pub(crate) token: Option<String>,
    pub(crate) body: String,
}

impl StubRequest {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// What a stub answers.
pub(crate) struct StubResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

impl StubResponse {
    pub(crate) fn new(status: u16, body: Value) -> StubResponse {
        StubResponse { status, headers: Vec::new(), body }
    }
}

/// A system that a stub plays.
pub(crate) trait System: Send + 'static {
    fn clock(&self) -> Arc<VirtualClock>;
    fn answer(&mut self, request: &StubRequest) -> StubResponse;
}

/// A stub behind an address of this machine. It lives as long as the test's runtime.
pub(crate) struct Stub<S> {
    pub(crate) url: String,
    system: Arc<Mutex<S>>,
}

impl<S: System> Stub<S> {
    pub(crate) async fn start(system: S) -> Stub<S> {
        let system = Arc::new(Mutex::new(system));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer::<S>).with_state(system.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Stub { url, system }
    }

    pub(crate) fn system(&self) -> MutexGuard<'_, S> {
        self.system.lock().expect("no panic before")
    }
}

async fn answer<S: System>(
    State(system): State<Arc<Mutex<S>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let request = StubRequest {
        is_post: method == Method::POST,
        path: uri.path().to_owned(),
        query: form(uri.query().unwrap_or_default()),
        url_bytes: uri.to_string().len(),
        token: token.map(str::to_owned),
        body: String::from_utf8(body.to_vec()).expect("UTF-8"),
    };
    let mut system = system.lock().expect("no panic before");
    let clock = system.clock();
    clock.advance(Duration::from_millis(5));
    let told = system.answer(&request);
    let mut response = (StatusCode::from_u16(told.status).expect("a status"), told.body.to_string()).into_response();
    let date = clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    for (name, value) in told.headers.into_iter().chain([("date", date)]) {
        let value = HeaderValue::from_str(&value).expect("a header");
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}

/// Reads the fields of a form or of an address's query.
pub(crate) fn form(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let hex: String = rest.by_ref().take(2).map(char::from).collect();
        bytes.push(u8::from_str_radix(&hex, 16).expect("two digits"));
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Says at compile time that something can move to another thread, as the server's jobs do.
pub(crate) fn movable<T: Send>(value: T) -> T {
    value
}

type Step = Box<dyn FnOnce(&mut Collected) + Send>;

/// A sink that keeps what it is given at the next checkpoint, as one on a disk does: what comes after the last one is lost.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) collected: Collected,
    waiting: Vec<Step>,
}

impl Kept {
    /// Begins the next run: what was not kept is lost.
    pub(crate) fn next_run(self) -> Kept {
        Kept { collected: self.collected.next_run(), waiting: Vec::new() }
    }

    pub(crate) fn last_checkpoint(&self) -> Option<Checkpoint> {
        self.collected.checkpoints.last().cloned()
    }

    /// Returns the rows that are there, without those columns that say when they were read.
    pub(crate) fn tables(&self) -> &BTreeMap<String, BTreeMap<String, Cells>> {
        &self.collected.tables
    }

    /// Returns all that was said, for a search for what nobody may say.
    pub(crate) fn said(&self) -> String {
        let Collected { notes, progress, rejects, checkpoints, .. } = &self.collected;
        format!("{notes:?} {progress:?} {rejects:?} {checkpoints:?}")
    }
}

impl Sink for Kept {
    fn begin(&mut self, stream: &Stream) -> Result<(), Error> {
        let stream = stream.clone();
        self.waiting.push(Box::new(move |sink| sink.begin(&stream).expect("begun")));
        Ok(())
    }

    fn row(&mut self, stream: &str, row: Row) -> Result<(), Error> {
        let stream = stream.to_owned();
        self.waiting.push(Box::new(move |sink| sink.row(&stream, row).expect("a row")));
        Ok(())
    }

    fn heard(&mut self, stream: &str, key: &[Cell]) -> Result<(), Error> {
        let (stream, key) = (stream.to_owned(), key.to_vec());
        self.waiting.push(Box::new(move |sink| sink.heard(&stream, &key).expect("heard")));
        Ok(())
    }

    fn reject(&mut self, stream: &str, number: u64, column: &str, reason: String) -> Result<(), Error> {
        self.collected.reject(stream, number, column, reason)
    }

    fn delete_unheard(&mut self, stream: &str) -> Result<(), Error> {
        let stream = stream.to_owned();
        self.waiting.push(Box::new(move |sink| sink.delete_unheard(&stream).expect("deleted")));
        Ok(())
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), Error> {
        for step in self.waiting.drain(..) {
            step(&mut self.collected);
        }
        self.collected.checkpoint(checkpoint)
    }

    fn note(&mut self, stream: &str, column: Option<&str>, count: u64, what: String, way_out: String) {
        self.collected.note(stream, column, count, what, way_out);
    }

    fn progress(&mut self, what: &str) {
        self.collected.progress(what);
    }
}
