//! The layer of routes that read lists: few are read at a time, some wait, and more than that are refused at once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::app::App;
use super::error::Error;
use crate::serving::{LIST_TIME_MAX, NoTurn, WAITING_MAX};

/// Answers a request when its turn comes.
pub(super) async fn in_turn(State(app): State<Arc<App>>, request: Request, next: Next) -> Result<Response, Error> {
    let seconds = LIST_TIME_MAX.as_secs();
    app.engine.list_turns.run(next.run(request)).await.map_err(|why| match why {
        NoTurn::Full => Error::busy(&format!("more than {WAITING_MAX} lists are waited for")),
        NoTurn::Waited => Error::busy(&format!("the list was not begun within {seconds} seconds, so many are read")),
        NoTurn::TooSlow => Error::busy(&format!("the list was not read within {seconds} seconds")),
    })
}
