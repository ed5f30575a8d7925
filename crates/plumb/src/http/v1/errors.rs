//! The responses of requests that fail, for the description of the API. `http::error` writes them.

use utoipa::{ToResponse, ToSchema};

/// The response of a request that failed.
#[derive(ToSchema)]
#[schema(as = Failure)]
#[expect(dead_code, reason = "only its schema is used: `Error::body` writes it")]
pub(super) struct FailureResponse {
    #[schema(inline)]
    error: ErrorResponse,
}

/// Why the request failed.
#[derive(ToSchema)]
#[schema(as = Error)]
#[expect(dead_code, reason = "only its schema is used: `Error::body` writes it")]
struct ErrorResponse {
    /// One word for programs.
    code: String,
    /// What is wrong.
    message: String,
    /// The field that it is about.
    #[schema(nullable = false)]
    field: Option<String>,
    /// What can be done.
    #[schema(nullable = false)]
    hint: Option<String>,
}

/// The request cannot be answered as it is.
#[derive(ToResponse)]
#[response(description = "The request cannot be answered as it is.")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Refused(FailureResponse);

/// The request asks for more than one may.
#[derive(ToResponse)]
#[response(
    description = "The request asks for more than one may: bytes, rows, events, memory or bytes of an answer. The \
                          message has the limit, the hint the way out."
)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct TooLarge(FailureResponse);

/// The server has no room for the request now.
#[derive(ToResponse)]
#[response(
    description = "The server has no room for the request now; another try may succeed after Retry-After.",
    headers(("Retry-After" = u32, description = "Seconds until a next try."))
)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Busy(FailureResponse);

/// The server cannot answer now.
#[derive(ToResponse)]
#[response(description = "The server cannot answer now: 503, with Retry-After, when it is at its limit.")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct Failed(FailureResponse);
