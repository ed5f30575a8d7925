//! `/watch`: how far each week stands from what the model was trained on, as a heat map, and what was alerted.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Html;
use maud::{Markup, html};
use plumb_lead::{Alert, Drift, MonitorReport, Verdict};

use super::{Choice, PageError, day, empty, layout, percent, ticked, words};
use crate::http::App;
use crate::http::models::Asked;
use crate::registry;

/// Weeks of the heat map: half a year, the newest.
const WEEKS_SHOWN: usize = 26;

pub(super) async fn get(
    State(app): State<Arc<App>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Html<String>, PageError> {
    let Query(asked) = asked?;
    let choice = Choice::read(&app, asked.target.as_deref()).await?;
    let mut weeks = Vec::new();
    let mut alerts = Vec::new();
    if let Some(target) = &choice.chosen {
        alerts = app.store.alerts().await?;
        alerts.retain(|alert| &alert.target == target);
        let reports = app.store.monitor_reports(target).await?;
        let champion = registry::champion(&app.store, target).await?.map(|card| card.model_id);
        weeks = of_one_model(reports, champion.as_deref());
    }
    let body = html! {
        div.title { h1 { "Watch" } (choice.switch("/watch")) }
        @if weeks.is_empty() {
            (empty("Nothing was watched yet", "Each week is compared with what the model was trained on.", "plumb watch"))
        } @else {
            (told(&alerts))
            (heat_map(&weeks))
            @if let Some(newest) = weeks.last() { (newest_week(newest)) }
        }
    };
    Ok(layout("Watch", "/watch", &choice, body))
}

/// Returns the newest weeks of the champion, or of the model watched last if the champion was not watched yet:
/// weeks of different models are not comparable.
fn of_one_model(mut reports: Vec<MonitorReport>, champion: Option<&str>) -> Vec<MonitorReport> {
    let last = reports.last().map(|report| report.model_id.clone()).unwrap_or_default();
    let watched = |id: &&str| reports.iter().any(|report| report.model_id == *id);
    let model_id = champion.filter(watched).unwrap_or(&last).to_owned();
    reports.retain(|report| report.model_id == model_id);
    reports.split_off(reports.len().saturating_sub(WEEKS_SHOWN))
}

fn told(alerts: &[Alert]) -> Markup {
    html! {
        section.card {
            h2 { "Alerts" }
            @if alerts.is_empty() { p { "None. Each is told once, when a column has moved further than chance explains." } }
            ul.alerts {
                @for alert in alerts {
                    li {
                        strong { (words(&alert.column)) } " since " (day(alert.since)) ": " (ticked(&alert.text))
                        span.muted.small { " (model " code { (alert.model_id) } ")" }
                    }
                }
            }
        }
    }
}

fn heat_map(weeks: &[MonitorReport]) -> Markup {
    let columns = columns_by_trouble(weeks);
    let by_column: Vec<BTreeMap<&str, &Drift>> =
        weeks.iter().map(|week| week.drifts.iter().map(|drift| (drift.column.as_str(), drift)).collect()).collect();
    let model_id = weeks.first().map(|week| week.model_id.as_str()).unwrap_or_default();
    html! {
        section.card {
            h2 { "Week by week, newest first" }
            p.muted {
                "Population stability index against the training data of model " code { (model_id) }
                ". " span.key.v-stable { "stable" } " " span.key.v-moved { "moved" } " " span.key.v-drifted { "drifted" }
                " " span.key.v-too_few { "too few rows" }
            }
            div.scroll tabindex="0" role="region" aria-label="Drift by week and column" {
                table.heat {
                    thead { tr {
                        th scope="col" { "Column" }
                        @for week in weeks.iter().rev() { th scope="col" title={ (week.rows) " rows" } { (week.from.format("%-d %b")) } }
                    } }
                    tbody {
                        @for column in &columns {
                            tr {
                                th scope="row" { (words(column)) }
                                @for week in by_column.iter().rev() { (cell(week.get(column.as_str()).copied())) }
                            }
                        }
                    }
                    tfoot { tr { th scope="row" { "rows" } @for week in weeks.iter().rev() { td { (week.rows) } } } }
                }
            }
        }
    }
}

fn cell(drift: Option<&Drift>) -> Markup {
    let Some(drift) = drift else { return html! { td {} } };
    let unseen: Vec<String> =
        drift.unseen.iter().map(|(level, share)| format!("{level} {}", percent(*share))).collect();
    let unseen = if unseen.is_empty() { String::new() } else { format!(", never seen: {}", unseen.join(", ")) };
    let details = format!(
        "{}: PSI {:.3}, Jensen–Shannon {:.3}, missing {} (training {}){unseen}",
        drift.verdict.word().replace('_', " "),
        drift.psi,
        drift.jensen_shannon,
        percent(drift.missing),
        percent(drift.missing_baseline),
    );
    html! {
        td class={ "v-" (drift.verdict.word()) } title=(details) {
            @if drift.verdict == Verdict::TooFew { "·" } @else { (format!("{:.2}", drift.psi)) }
            @if !drift.unseen.is_empty() { sup { "new" } }
            span.vh { " " (drift.verdict.word().replace('_', " ")) }
        }
    }
}

/// Returns the columns, the prediction first, then those with the most trouble: drifted weeks, moved weeks, PSI.
fn columns_by_trouble(weeks: &[MonitorReport]) -> Vec<String> {
    let mut trouble: BTreeMap<&str, (usize, usize, f64)> = BTreeMap::new();
    for drift in weeks.iter().flat_map(|week| &week.drifts) {
        let (drifted, moved, psi) = trouble.entry(&drift.column).or_default();
        *drifted += usize::from(drift.verdict == Verdict::Drifted);
        *moved += usize::from(drift.verdict == Verdict::Moved);
        *psi = psi.max(drift.psi);
    }
    let mut columns: Vec<(&str, (usize, usize, f64))> = trouble.into_iter().collect();
    columns.sort_by(|(one, troubles), (other, others)| {
        (*other == "score")
            .cmp(&(*one == "score"))
            .then(others.0.cmp(&troubles.0))
            .then(others.1.cmp(&troubles.1))
            .then(others.2.total_cmp(&troubles.2))
    });
    columns.into_iter().map(|(column, _)| column.to_owned()).collect()
}

fn newest_week(week: &MonitorReport) -> Markup {
    let strange: Vec<&Drift> =
        week.drifts.iter().filter(|drift| drift.verdict >= Verdict::Moved || !drift.unseen.is_empty()).collect();
    html! {
        section.card {
            h2 { "The newest week: " (day(week.from)) " to " (day(week.to)) ", " (week.rows) " rows" }
            @if strange.is_empty() { p { "Every column is as in training." } }
            @else {
                div.scroll tabindex="0" role="region" aria-label="What moved in the newest week" {
                    table.metrics {
                        thead { tr {
                            th scope="col" { "Column" } th scope="col" { "Verdict" } th scope="col" { "PSI" }
                            th scope="col" { "Jensen–Shannon" } th scope="col" { "Missing (training)" } th scope="col" { "Never seen in training" }
                        } }
                        tbody { @for drift in strange { tr {
                            th scope="row" { (words(&drift.column)) }
                            td { span class={ "key v-" (drift.verdict.word()) } { (words(drift.verdict.word())) } }
                            td { (format!("{:.3}", drift.psi)) }
                            td { (format!("{:.3}", drift.jensen_shannon)) }
                            td { (percent(drift.missing)) " (" (percent(drift.missing_baseline)) ")" }
                            td {
                                @for (index, (level, share)) in drift.unseen.iter().enumerate() {
                                    @if index > 0 { ", " } (level) " " (percent(*share))
                                }
                            }
                        } } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn week(model_id: &str, day: i64, columns: &[(&str, f64, Verdict)]) -> MonitorReport {
        let drifts = columns.iter().map(|(column, psi, verdict)| Drift {
            column: (*column).to_owned(),
            psi: *psi,
            jensen_shannon: 0.0,
            missing: 0.0,
            missing_baseline: 0.0,
            unseen: vec![],
            verdict: *verdict,
        });
        let at = |day: i64| DateTime::from_timestamp(day * 86_400, 0).expect("in range");
        MonitorReport {
            target: "converted".into(),
            model_id: model_id.into(),
            from: at(day),
            to: at(day + 7),
            rows: 100,
            drifts: drifts.collect(),
            matured: None,
        }
    }

    #[test]
    fn the_score_comes_first_and_then_what_moved_most() {
        let calm = [("score", 0.0, Verdict::Stable), ("age", 0.3, Verdict::Moved), ("fee", 0.01, Verdict::Stable)];
        let wild = [("channel", 0.29, Verdict::Drifted), ("score", 0.0, Verdict::Stable)];
        let weeks = [week("m", 0, &calm), week("m", 7, &wild)];
        assert_eq!(columns_by_trouble(&weeks), ["score", "channel", "age", "fee"]);
    }

    #[test]
    fn weeks_of_different_models_are_not_mixed() {
        let reports = vec![week("old", 0, &[]), week("new", 0, &[]), week("old", 7, &[])];
        let days = |reports: Vec<MonitorReport>| -> Vec<String> {
            reports.iter().map(|report| format!("{} {}", report.model_id, report.from.format("%-d"))).collect()
        };
        assert_eq!(days(of_one_model(reports.clone(), Some("new"))), ["new 1"]);
        assert_eq!(days(of_one_model(reports.clone(), Some("unwatched"))), ["old 1", "old 8"]);
        assert_eq!(days(of_one_model(vec![], None)), [""; 0]);
    }
}
