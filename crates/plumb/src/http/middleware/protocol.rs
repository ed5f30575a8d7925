//! The layer of a protocol's router: who asks and whom, how often, the body, admission control for the routes that score,
//! and errors in the protocol's own format. What is cheap to refuse is refused first.
//!
//! An [`Error`] travels as an extension of the response, from a handler or from these layers, until the protocol's format
//! writes it.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderMap, Method};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Router, extract};
use tokio::time::timeout;

use super::admission::Admitted;
use super::auth::Claim;
use super::body;
use super::client_address::{client_address, network};
use super::connections::{Connection, Phase};
use super::csrf;
use super::request_memory::RequestMemory;
use super::services::Services;
use crate::http::error::Error;
use crate::memory::Reservation;

/// So long an admitted request keeps its place while its body comes: most have come with the headers.
const BODY_TIME_IN_PLACE: Duration = Duration::from_millis(100);

/// How a protocol writes an error.
pub(in crate::http) type ErrorFormat = fn(Error) -> Response;

/// A protocol: its routes answer errors in its own format.
pub(in crate::http) struct Protocol {
    services: Arc<Services>,
    error_format: ErrorFormat,
}

impl Protocol {
    pub(in crate::http) fn new(services: &Arc<Services>, error_format: ErrorFormat) -> Protocol {
        Protocol { services: services.clone(), error_format }
    }

    /// Returns the protocol's routes with its layer.
    pub(in crate::http) fn routes<S: State>(&self, routes: Router<S>) -> Router<S> {
        self.layered(routes, Kind::Other)
    }

    /// Returns routes of the protocol that anybody may call, with its layer: load balancers sign nothing.
    pub(in crate::http) fn public_routes<S: State>(&self, routes: Router<S>) -> Router<S> {
        self.layered(routes, Kind::Public)
    }

    /// Returns a router that answers unknown paths under a prefix in the protocol's format.
    pub(in crate::http) fn unknown_paths<S: State>(&self, prefix: &str) -> Router<S> {
        Router::new().nest(prefix, self.routes(Router::new().fallback(unknown_path)))
    }

    /// Returns routes that score, with the protocol's layer and under admission control.
    pub(in crate::http) fn scoring_routes<S: State>(&self, routes: Router<S>) -> Router<S> {
        self.layered(routes, Kind::Scoring)
    }

    fn layered<S: State>(&self, routes: Router<S>, kind: Kind) -> Router<S> {
        let layer = Layer { services: self.services.clone(), error_format: self.error_format, kind };
        routes.method_not_allowed_fallback(wrong_method).layer(from_fn_with_state(layer, answer))
    }
}

/// What a router's state has to be.
pub(in crate::http) trait State: Clone + Send + Sync + 'static {}

impl<S: Clone + Send + Sync + 'static> State for S {}

#[derive(Clone)]
struct Layer {
    services: Arc<Services>,
    error_format: ErrorFormat,
    kind: Kind,
}

/// What a route is to the layer.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Anybody may call it.
    Public,
    /// It scores.
    Scoring,
    Other,
}

/// Returns that there is nothing at a path.
async fn unknown_path(OriginalUri(uri): OriginalUri) -> Error {
    Error::unknown_path(uri.path())
}

async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Error {
    Error::wrong_method(&method, uri.path())
}

async fn answer(extract::State(layer): extract::State<Layer>, request: Request, next: Next) -> Response {
    let mut response = admit(&layer, request, next).await.unwrap_or_else(Error::into_response);
    match response.extensions_mut().remove::<Error>() {
        Some(error) => (layer.error_format)(error),
        None => response,
    }
}

/// Lets a request in. Its headers come first, before its body is read, so that strangers cannot make the server read; then
/// it stands in line, so that no more bodies are read than can be scored soon; then the body is read, and the signature is
/// verified with it.
async fn admit(layer: &Layer, mut request: Request, next: Next) -> Result<Response, Error> {
    let services = &layer.services;
    services.host_rule.check(&request)?;
    csrf::check(&request)?;
    let connection = request.extensions_mut().remove::<Arc<Connection>>();
    let connection = connection.ok_or_else(|| Error::from(anyhow!("a request came without its connection")))?;
    let proxies = &services.caller_limits.proxies;
    let address = network(client_address(connection.peer, request.headers(), proxies));
    if let Some(rate) = &services.address_rate {
        rate.take(address, Instant::now()).map_err(|pause| Error::too_many_requests("address", pause))?;
    }
    let claim = match layer.kind {
        Kind::Public => Claim::Anonymous,
        _ => services.auth.authenticate(request.headers(), address)?,
    };
    let (mut parts, body) = request.into_parts();
    let reservation = Arc::new(services.memory.begin());
    let (bytes, admitted) = read(layer, &connection, &reservation, &parts.headers, body).await?;
    // In a nested router the URI has lost its prefix, which the caller signed.
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
    let name = services.auth.verify(claim, address, (&parts.method, uri, &parts.headers), &bytes)?;
    if let (Some(rate), Some(name)) = (&services.key_rate, &name) {
        rate.take(name.as_str().into(), Instant::now()).map_err(|pause| Error::too_many_requests("key", pause))?;
    }
    let memory = RequestMemory::new(&bytes, reservation, services.limits);
    parts.extensions.insert(memory.clone());
    let request = Request::from_parts(parts, Body::from(bytes));
    let response = match admitted {
        Some(admitted) if memory.is_heavy() => {
            let answer = services.heavy.run(async move { Ok(next.run(request).await) });
            let response = async { answer.await.unwrap_or_else(Error::into_response) };
            services.admission.run(admitted, response).await?
        }
        Some(admitted) => services.admission.run(admitted, next.run(request)).await?,
        // A large body keeps a thread busy while it is parsed, whatever it is for.
        None if memory.is_heavy() => services.heavy.run(async move { Ok(next.run(request).await) }).await?,
        None => next.run(request).await,
    };
    let mut response = memory.hold(response).await?;
    if let Some(name) = name {
        response.extensions_mut().insert(name);
    }
    Ok(response)
}

/// Reads the body, of a request that is to be scored after it stood in line. One whose body is slow loses its place, and
/// stands in line again when it is there: who sends slowly takes no place from others.
async fn read<'a>(
    layer: &'a Layer,
    connection: &Connection,
    reservation: &Reservation,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Bytes, Option<Admitted<'a>>), Error> {
    let Services { admission, timeouts, .. } = &*layer.services;
    connection.enter(Phase::Working);
    let mut admitted = if layer.kind == Kind::Scoring { Some(admission.line_up().await?) } else { None };
    connection.enter(Phase::Receiving);
    let mut reading = pin!(body::read(reservation, timeouts.body, headers, body));
    let collected = match admitted.take() {
        None => reading.await?,
        Some(place) => match timeout(BODY_TIME_IN_PLACE, &mut reading).await {
            Ok(collected) => {
                admitted = Some(place);
                collected?
            }
            Err(_) => {
                drop(place);
                let collected = reading.await?;
                connection.enter(Phase::Working);
                admitted = Some(admission.line_up().await?);
                collected
            }
        },
    };
    connection.enter(Phase::Working);
    Ok((collected, admitted))
}
