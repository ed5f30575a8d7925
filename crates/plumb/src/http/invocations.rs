//! `POST /endpoints/{target}/invocations`: many rows in one request, as callers of InvokeEndpoint send them.
//!
//! Read: `application/json`, as `{"instances": [{"features": {name: value}}, {"features": [in the model's order]},
//! {"lead_id"}, {"lead", "events"}]}`, or one such object alone; `text/csv`, a row a line in the model's order, no
//! header, an empty cell is a missing value.
//! Written, by the Accept header: JSON (also when it is absent) with score, band and reasons a row; `text/csv`, one
//! score a line. Errors have the AWS SDKs' header and `Message`, beside our own `error`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use plumb_lead::{Feature, FeatureKind, FieldValue};
use serde::Serialize;

use super::App;
use super::error::Error;
use super::subject::{self, Subject};
use super::wire::{Body, Fields, PredictionAnswer, UnseenAnswer, usable};
use crate::scoring::Scorer;

/// A prediction for each row, in the request's order.
#[derive(Serialize)]
struct Answer {
    predictions: Vec<PredictionAnswer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<UnseenAnswer>,
}

/// The types that are answered.
#[derive(Clone, Copy)]
enum Accepted {
    Json,
    Csv,
}

pub(super) async fn post(
    State(app): State<Arc<App>>,
    target: Result<Path<String>, PathRejection>,
    body: Result<Body, Error>,
) -> Response {
    // The two rejections are taken as values, so that they too are answered in the form that SDKs read.
    let answer = async { invoke(&app, &target?.0, body?).await };
    answer.await.unwrap_or_else(Error::into_invocation_response)
}

async fn invoke(app: &Arc<App>, target: &str, body: Body) -> Result<Response, Error> {
    let accepted = accepted(&body.headers)?;
    let scorer = app.scorer(target).await?;
    let as_of = app.now();
    let subjects = read(&body, &scorer, as_of)?;
    let (predictions, unseen) = subject::score(app, scorer, subjects, as_of).await?;
    let variant = (HeaderName::from_static("x-amzn-invoked-production-variant"), "AllTraffic");
    Ok(match accepted {
        Accepted::Json => {
            let predictions = predictions.into_iter().map(PredictionAnswer::from).collect();
            let unseen = unseen.into_iter().map(UnseenAnswer::from).collect();
            ([variant], Json(Answer { predictions, unseen })).into_response()
        }
        Accepted::Csv => {
            let lines: String = predictions.iter().map(|prediction| format!("{}\n", prediction.score.get())).collect();
            ([variant, (CONTENT_TYPE, "text/csv; charset=utf-8")], lines).into_response()
        }
    })
}

fn accepted(headers: &HeaderMap) -> Result<Accepted, Error> {
    let Some(header) = headers.get(ACCEPT) else { return Ok(Accepted::Json) };
    let text = String::from_utf8_lossy(header.as_bytes()).into_owned();
    text.split(',')
        .find_map(|part| match part.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "" | "*/*" | "application/*" | "application/json" => Some(Accepted::Json),
            "text/csv" | "text/*" => Some(Accepted::Csv),
            _ => None,
        })
        .ok_or_else(|| Error::accept(&text))
}

fn read(body: &Body, scorer: &Scorer, as_of: DateTime<Utc>) -> Result<Vec<Subject>, Error> {
    match body.content_type().as_deref() {
        Some("application/json") => read_json(body.json()?, &subject::feature_names(scorer), as_of),
        Some("text/csv") => read_csv(&body.bytes, &scorer.artifact.model.features.features),
        other => Err(Error::content_type(other, "JSON (application/json) or CSV (text/csv)")),
    }
}

fn read_json(mut fields: Fields, order: &[String], as_of: DateTime<Utc>) -> Result<Vec<Subject>, Error> {
    let Some(instances) = fields.list("instances")? else {
        let subject = Subject::read(&mut fields, order)?;
        fields.no_more()?;
        check_created(&subject, "", as_of)?;
        return Ok(vec![subject]);
    };
    fields.no_more()?;
    if instances.is_empty() {
        return Err(Error::field("instances", "is empty: expected at least one row"));
    }
    let subjects = instances.into_iter().enumerate().map(|(row, instance)| {
        let path = format!("instances[{row}]");
        let mut fields = Fields::of(instance, &path)?;
        let subject = Subject::read(&mut fields, order)?;
        fields.no_more()?;
        check_created(&subject, &format!("{path}."), as_of)?;
        Ok(subject)
    });
    subjects.collect()
}

fn check_created(subject: &Subject, path: &str, as_of: DateTime<Utc>) -> Result<(), Error> {
    match subject {
        Subject::Given { lead, .. } if lead.created_at > as_of => {
            let problem = format!("is {}, which is in the future", lead.created_at.to_rfc3339());
            Err(Error::field(format!("{path}lead.created_at"), &problem))
        }
        _ => Ok(()),
    }
}

fn read_csv(bytes: &[u8], features: &[Feature]) -> Result<Vec<Subject>, Error> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let mut subjects = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let line = row + 1;
        let record = record.map_err(|error| Error::request(format!("line {line} is not CSV: {error}")))?;
        if record.len() != features.len() {
            let names: Vec<&str> = features.iter().map(|feature| feature.name.as_str()).collect();
            let message = format!("line {line} has {} cells: expected {}", record.len(), features.len());
            return Err(Error::request(message).hint(format!("the order is `{}`", names.join("`, `"))));
        }
        let cells = features.iter().zip(&record).map(|(feature, cell)| {
            let value = cell_value(&feature.kind, cell).ok_or_else(|| {
                let problem = format!("is `{cell}` in line {line}: expected a {}", feature.kind.word());
                let error = Error::field(&feature.name, &problem);
                if cell == feature.name { error.hint("send rows without a header") } else { error }
            })?;
            Ok((feature.name.clone(), value))
        });
        subjects.push(Subject::Features { lead_id: subject::new_id(), features: cells.collect::<Result<_, Error>>()? });
    }
    if subjects.is_empty() { Err(Error::empty_body()) } else { Ok(subjects) }
}

/// Returns a cell as a value of a feature's kind; `None` if it is none.
fn cell_value(kind: &FeatureKind, cell: &str) -> Option<FieldValue> {
    if cell.is_empty() {
        return Some(FieldValue::Missing);
    }
    match kind {
        FeatureKind::Number => cell.parse().ok().and_then(usable).map(FieldValue::Number),
        FeatureKind::Flag => match cell.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" => Some(FieldValue::Flag(true)),
            "0" | "false" | "no" => Some(FieldValue::Flag(false)),
            _ => None,
        },
        FeatureKind::Category { .. } => Some(FieldValue::Text(cell.to_owned())),
    }
}
