//! The requests of one connection: each is answered by the router, and the connection knows what it is at meanwhile.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Response, StatusCode};
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::connections::{Connection, Phase};

/// Answers a request of a connection.
pub(super) async fn answer(
    router: TowerToHyperService<Router>,
    connection: Arc<Connection>,
    mut request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    if !connection.enter(Phase::Receiving) {
        // It was chosen to make room in the moment in which this request came. Nothing of it was done, and its caller sees
        // the connection closed, as it would have a moment earlier.
        let mut refused = Response::new(AnswerBody { body: Body::empty(), connection });
        *refused.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        return Ok(refused);
    }
    request.extensions_mut().insert(connection.clone());
    let response = router.call(request).await?;
    connection.enter(Phase::Working);
    Ok(response.map(|body| AnswerBody { body, connection }))
}

/// The body of an answer. When it is written, the connection is at rest again.
pub(super) struct AnswerBody {
    body: Body,
    connection: Arc<Connection>,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.connection.enter(Phase::Idle);
    }
}
