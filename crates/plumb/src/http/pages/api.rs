//! `/api`: the description of the JSON API (`v1::openapi`), for people.

use anyhow::Context;
use axum::response::Html;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::layout::{TargetChoice, layout};
use super::text::ticked;
use crate::http::error::Error;
use crate::http::v1;

pub(super) async fn get() -> Result<Html<String>, Error> {
    let document: Value = serde_json::from_str(v1::document()).context("the description of the API is not JSON")?;
    let schemas = entries(&document["components"]["schemas"]);
    let body = html! {
        h1 { "The JSON API" }
        p { (text(&document["info"]["description"])) " For programs: " a href="/v1/openapi.json" { "/v1/openapi.json" } "." }
        @for (path, operations) in entries(&document["paths"]) {
            @for (method, operation) in entries(operations) { (section(&document, path, method, operation)) }
        }
        h2 { "Shapes" }
        @for (name, schema) in schemas {
            section.card id=(name) {
                h3 { (name) }
                @if let Some(description) = schema["description"].as_str() { p { (ticked(description)) } }
                (fields(schema))
            }
        }
    };
    Ok(layout("API", "/api", &TargetChoice::default(), body))
}

fn section(document: &Value, path: &str, method: &str, operation: &Value) -> Markup {
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parameters: Vec<&Value> = parameters.iter().map(|one| resolved(document, one)).collect();
    let request = &operation["requestBody"]["content"]["application/json"];
    let answers = entries(&operation["responses"]).filter(|(_, answer)| answer["content"].is_object());
    html! {
        section.card {
            h2 { code { (method.to_uppercase()) " " (path) } " " (text(&operation["summary"])) }
            @if let Some(description) = operation["description"].as_str() { p { (ticked(description)) } }
            @if !parameters.is_empty() {
                h3 { "Parameters" }
                (table(parameters.into_iter().map(|one| (text(&one["name"]), &one["schema"], text(&one["description"]), one["required"] == true))))
            }
            @if request.is_object() {
                h3 { "Body: " (shape(&request["schema"])) }
                @if request["example"].is_object() { p { code { (request["example"]) } } }
            }
            @for (status, answer) in answers {
                h3 { "Answer " (status) ": " (shape(&answer["content"]["application/json"]["schema"])) }
                p { (text(&answer["description"])) }
            }
        }
    }
}

/// Returns what a reference leads to, and anything else as it is.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|path| document.pointer(path.trim_start_matches('#')));
    target.unwrap_or(value)
}

/// Returns the fields of a shape; those of the shapes that it adds to are named by a link.
fn fields(schema: &Value) -> Markup {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parts = schema["allOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rows: Vec<_> = entries(&schema["properties"])
        .map(|(name, field)| (name, field, text(&field["description"]), required.iter().any(|one| one == name)))
        .collect();
    html! {
        @for part in parts {
            @if part["$ref"].is_string() { p { "All of " (shape(part)) ", and:" } } @else { (fields(part)) }
        }
        @if !rows.is_empty() { (table(rows.into_iter())) }
        @if schema["additionalProperties"].is_object() { p { "Other fields: " (shape(&schema["additionalProperties"])) "." } }
    }
}

fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a Value, &'a str, bool)>) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table {
                thead { tr { th { "Name" } th { "Type" } th { "Meaning" } } }
                tbody {
                    @for (name, schema, description, required) in rows {
                        tr {
                            th scope="row" { code { (name) } @if required { " " span.muted { "required" } } }
                            td { (shape(schema)) }
                            td { (ticked(description)) }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the shape of a value, in a word or a few.
fn shape(schema: &Value) -> Markup {
    let words = schema["enum"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parts = schema["oneOf"].as_array().or(schema["allOf"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let types = schema["type"].as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(&schema["type"]));
    let is_null = |schema: &Value| schema["type"] == "null";
    let named = types.iter().filter_map(Value::as_str).find(|name| *name != "null");
    html! {
        @if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            a href={ "#" (name) } { (name) }
        } @else if let Some(part) = parts.iter().find(|part| !is_null(part)) {
            (shape(part))
        } @else if !words.is_empty() {
            @for (index, word) in words.iter().enumerate() { @if index > 0 { ", " } code { (text(word)) } }
        } @else if schema["items"].is_object() {
            "list of " (shape(&schema["items"]))
        } @else if schema["format"] == "date-time" {
            "timestamp (RFC 3339)"
        } @else {
            (named.unwrap_or("value"))
        }
        @if types.iter().any(|name| name == "null") || parts.iter().any(is_null) { " or null" }
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
