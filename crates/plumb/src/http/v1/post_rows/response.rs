//! What became of posted rows.

use axum::Json;
use axum::http::StatusCode;
use plumb_lake::PostedRelation;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::error::Error;
use crate::posted::{PostOutcome, PostStatus, Refusal, RowToPost};

/// What is said where a key is no lead that is known.
const UNMATCHED: &str = "rows of keys that are no lead yet are stored; they are in scores once a lead of that key is posted with \
                         `created_at`, or an ingestion finds whom the key belongs to";

/// What is said where only an ingestion knows what rows become.
const LATER: &str = "the project has SQL of its own for posted rows: they are in scores after the next `plumb ingest`";

/// What became of posted rows.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http::v1) struct PostResponse {
    /// Rows that are stored now, corrections included.
    #[schema(minimum = 0)]
    accepted: usize,
    /// Rows that were stored before.
    #[schema(minimum = 0)]
    duplicates: usize,
    /// Rows that are not stored.
    #[schema(minimum = 0)]
    rejected: usize,
    /// Messages of a webhook that are about something else.
    #[schema(minimum = 0)]
    pub(in crate::http::v1) ignored: usize,
    /// Whether the rows are in the next score; if not, they are after the next ingestion.
    counts_at_once: bool,
    /// What should be known of some of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    hint: Option<String>,
    /// A result a row, in their order.
    results: Vec<RowResponse>,
}

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
struct RowResponse {
    /// The event's id, or the lead's key; null where it cannot be read.
    #[schema(required)]
    id: Option<String>,
    /// `accepted`, `duplicate`, `corrected`, `overtaken` (a newer change of the same fields came before) or `rejected`.
    status: &'static str,
    /// Whether the same was stored before.
    duplicate: bool,
    /// Whether its key is a lead that is known.
    matched: bool,
    /// Fields that are stored, and that no column of the ground takes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    unused: Vec<String>,
    /// Why it is rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<RowError>,
}

/// Why a row is rejected.
#[derive(Debug, Serialize, ToSchema)]
struct RowError {
    /// The field that it is about; empty for the row itself.
    field: String,
    /// What is wrong, and what was expected.
    message: String,
}

/// A row that was read, or its id and why it cannot be.
pub(in crate::http::v1) type ReadRow = Result<RowToPost, (Option<String>, Refusal)>;

/// Stores the rows that could be read, and returns what became of each.
pub(in crate::http::v1) async fn post_rows(
    app: &App,
    relation: PostedRelation,
    read: Vec<ReadRow>,
    is_lenient: bool,
) -> Result<PostResponse, Error> {
    let (mut rows, mut results, mut places) = (Vec::new(), Vec::with_capacity(read.len()), Vec::new());
    for (place, row) in read.into_iter().enumerate() {
        match row {
            Ok(row) => {
                places.push((place, row.public_id().to_owned()));
                rows.push(row);
                results.push(None);
            }
            Err((id, refusal)) => results.push(Some(RowResponse::refused(id, refusal))),
        }
    }
    let unread = results.iter().flatten().count();
    let outcomes = app.engine.post(rows, is_lenient).await?;
    app.engine.count_refused_rows(unread);
    for ((place, id), outcome) in places.into_iter().zip(outcomes) {
        results[place] = Some(RowResponse::of(id, outcome));
    }
    let results: Vec<RowResponse> = results.into_iter().flatten().collect();
    Ok(PostResponse::new(results, app.engine.counts_at_once(relation)))
}

impl PostResponse {
    fn new(results: Vec<RowResponse>, counts_at_once: bool) -> PostResponse {
        let count = |status: &str| results.iter().filter(|result| result.status == status).count();
        let (duplicates, rejected) = (count("duplicate"), count("rejected"));
        let is_unmatched = results.iter().any(|result| !result.matched && result.error.is_none());
        let hint = match (counts_at_once, is_unmatched) {
            (false, _) => Some(LATER.to_owned()),
            (true, true) => Some(UNMATCHED.to_owned()),
            (true, false) => None,
        };
        let accepted = results.len() - duplicates - rejected;
        PostResponse { accepted, duplicates, rejected, ignored: 0, counts_at_once, hint, results }
    }

    /// Returns how many rows are not stored.
    pub(in crate::http::v1) fn rejected(&self) -> usize {
        self.rejected
    }

    /// Returns both results of a webhook, whose messages become rows of two relations.
    pub(in crate::http::v1) fn and(mut self, other: PostResponse) -> PostResponse {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        self.ignored += other.ignored;
        self.counts_at_once &= other.counts_at_once;
        self.hint = self.hint.or(other.hint);
        self.results.extend(other.results);
        self
    }

    /// Returns the answer: a single row that is rejected is an error, and of several 207 says so.
    pub(super) fn answer(self, is_single: bool) -> Result<(StatusCode, Json<PostResponse>), Error> {
        if is_single && let Some(RowError { field, message }) = self.results.iter().find_map(|row| row.error.as_ref()) {
            return Err(match field.as_str() {
                "" => Error::request(format!("the row {message}")),
                field => Error::field(field, message),
            });
        }
        let status = if self.rejected == 0 { StatusCode::OK } else { StatusCode::MULTI_STATUS };
        Ok((status, Json(self)))
    }
}

impl RowResponse {
    fn refused(id: Option<String>, refusal: Refusal) -> RowResponse {
        let Refusal { field, problem: message } = refusal;
        let error = Some(RowError { field, message });
        RowResponse { id, status: "rejected", duplicate: false, matched: false, unused: Vec::new(), error }
    }

    fn of(id: String, outcome: PostOutcome) -> RowResponse {
        let PostOutcome { status, is_matched, unused, .. } = outcome;
        let word = match status {
            PostStatus::Accepted => "accepted",
            PostStatus::Duplicate => "duplicate",
            PostStatus::Corrected => "corrected",
            PostStatus::Overtaken => "overtaken",
            PostStatus::Refused(refusal) => return RowResponse::refused(Some(id), refusal),
        };
        let duplicate = status == PostStatus::Duplicate;
        RowResponse { id: Some(id), status: word, duplicate, matched: is_matched, unused, error: None }
    }
}
