//! `POST /v1/webhooks/NAME`: messages of other programs in their own form, signed in their own way.
//!
//! A message of somebody who cannot sign is refused before it is read. What is read then becomes events and fields of leads
//! as `/v1/events` and `/v1/leads` take them; as the sender cannot mend a message, a value that does not fit its field is
//! stored and left unused instead of refused, and said in the answer.

pub(super) mod hubspot;
mod message;
pub(super) mod segment;
mod signatures;

use plumb_lake::PostedRelation;

use super::post_rows::{PostResponse, ReadRow, post_rows};
use crate::http::app::App;
use crate::http::error::Error;
use crate::posted::RowToPost;

/// What a body's messages become.
#[derive(Debug, Default)]
struct Messages {
    rows: Vec<ReadRow>,
    /// Messages that are about something else.
    ignored: usize,
}

/// Stores the rows of a body's messages.
async fn store(app: &App, name: &str, messages: Messages) -> Result<PostResponse, Error> {
    let Messages { rows, ignored } = messages;
    let is_lead = |row: &ReadRow| matches!(row, Ok(RowToPost::Lead(_)));
    let (leads, events): (Vec<ReadRow>, Vec<ReadRow>) = rows.into_iter().partition(is_lead);
    // The leads first, so that an event of the same body finds its lead.
    let mut response = post_rows(app, PostedRelation::Lead, leads, true).await?;
    response = response.and(post_rows(app, PostedRelation::Event, events, true).await?);
    response.ignored = ignored;
    if response.rejected() > 0 {
        tracing::warn!(webhook = name, rejected = response.rejected(), "messages of a webhook are not stored");
    }
    Ok(response)
}
