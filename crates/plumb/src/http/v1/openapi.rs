//! `GET /v1/openapi.json`: the description of `/v1` in OpenAPI 3.1, derived from the structs that are read and written.
//!
//! `tests/openapi.rs` compares it with the routes and with what the server really answers.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{Modify, OpenApi, PartialSchema, ToSchema};

use super::errors::{Busy, Failed, FailureResponse, Refused, TooLarge};
use super::{alerts, feedback, health, lead, leads, models, post_rows, runs, score, watch, webhooks};
use crate::http::json::JSON;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Plumbline",
        description = "How likely a lead is to convert, why, and the feedback on it.",
        license(name = "Apache-2.0")
    ),
    security(("token" = []), ("sign_in" = []), ("signature" = []), ()),
    paths(
        score::post, post_rows::event::post, post_rows::lead::post, webhooks::segment::post, webhooks::hubspot::post,
        feedback::post, leads::get, lead::get, models::get, watch::get, runs::get, alerts::post, health::get, get,
    ),
    components(schemas(FailureResponse), responses(Refused, TooLarge, Busy, Failed)),
    modifiers(&SecuritySchemes),
)]
struct Api;

/// The ways to prove who calls.
struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let http = |scheme, description| {
            SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(description)).build())
        };
        let signature = "AWS Signature Version 4 with one of the server's access keys.";
        let schemes = [
            ("token", http(HttpAuthScheme::Bearer, "The server's token.")),
            ("sign_in", http(HttpAuthScheme::Basic, "The server's token as the password.")),
            (
                "signature",
                SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Authorization", signature))),
            ),
        ];
        let components = document.components.get_or_insert_default();
        for (name, scheme) in schemes {
            components.add_security_scheme(name, scheme);
        }
    }
}

/// The schema of this document: any object.
struct Document;

impl PartialSchema for Document {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true))).into()
    }
}

impl ToSchema for Document {}

/// The document, written once.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut document = Api::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.to_json().expect("the document has only names and values that JSON has")
});

/// Returns the document.
pub(in crate::http) fn document() -> &'static str {
    &DOCUMENT
}

/// Describe this API
#[utoipa::path(
    get, path = "/v1/openapi.json", operation_id = "getDescription",
    responses(
        (status = 200, description = "This document.", body = inline(Document)),
        (status = "4XX", response = Refused),
        (status = "5XX", response = Failed),
    ),
)]
pub(super) async fn get() -> impl IntoResponse {
    ([(CONTENT_TYPE, JSON)], document())
}
