//! `/watch`: the weekly monitor reports of a target as a heat map of drift, and the alerts.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Html;
use maud::{Markup, html};
use plumb_lead::{Alert, AlertState, Drift, MonitorReport, Verdict};

use super::heat_map::heat_map;
use super::layout::{TargetChoice, empty, layout};
use super::text::{day, percent, ticked, words};
use crate::http::app::App;
use crate::http::error::Error;
use crate::http::v1::TargetQuery;
use crate::lifecycle::alerts::{IdentifiedAlert, cause_text, grouped};
use crate::registry;
use crate::store::Store;

/// Weeks of the heat map: half a year, the newest.
const WEEKS_SHOWN: usize = 26;

/// Alerts in the list, the newest; the JSON API has them all.
const ALERTS_SHOWN: usize = 50;

pub(super) async fn get(
    State(app): State<Arc<App>>,
    query: Result<Query<TargetQuery>, QueryRejection>,
) -> Result<Html<String>, Error> {
    let Query(query) = query?;
    let choice = TargetChoice::read(&app, query.target.as_deref()).await?;
    let mut weeks = Vec::new();
    let mut alerts = Vec::new();
    if let Some(target) = &choice.chosen {
        alerts = app.engine.store().alerts(target, None, ALERTS_SHOWN).await?;
        weeks = weeks_of_one_model(app.engine.store(), target).await?;
    }
    let body = html! {
        div.title { h1 { "Watch" } (choice.switch("/watch")) }
        @if weeks.is_empty() {
            (empty("Nothing was watched yet", "Each week is compared with what the model was trained on.", "plumb monitor"))
        } @else {
            (alert_list(&alerts))
            (heat_map(&weeks))
            @if let Some(newest) = weeks.last() { (newest_week(newest)) }
        }
    };
    Ok(layout("Watch", "/watch", &choice, body))
}

/// Returns the newest weeks of the champion, or of the model watched last if the champion was not watched yet:
/// weeks of different models are not comparable. Oldest first.
async fn weeks_of_one_model(store: &Store, target: &str) -> Result<Vec<MonitorReport>, Error> {
    let champion = registry::champion(store, target).await?.map(|card| card.model_id);
    let mut weeks = match champion {
        Some(champion) => store.reports_of_model(target, &champion, WEEKS_SHOWN).await?,
        None => Vec::new(),
    };
    if weeks.is_empty()
        && let Some(last) = store.monitor_reports(target, None, 1).await?.pop()
    {
        weeks = store.reports_of_model(target, &last.model_id, WEEKS_SHOWN).await?;
    }
    weeks.reverse();
    Ok(weeks)
}

fn alert_list(alerts: &[Alert]) -> Markup {
    let is_history = |alert: &Alert| matches!(alert.state, AlertState::Resolved | AlertState::Retired);
    let (history, current): (Vec<Alert>, Vec<Alert>) = alerts.iter().cloned().partition(is_history);
    html! {
        section.card {
            h2 { "Alerts" }
            @if alerts.is_empty() { p { "None. Each is sent once, when a column has moved further than chance explains." } }
            @else if current.is_empty() { p { "None is open." } }
            @for group in grouped(&current) {
                h3 { "Likely cause: " (cause_text(group[0].cause)) }
                ul.alerts { @for alert in &group { (alert_item(alert)) } }
                p { strong { "To do: " } (ticked(&group[0].advice)) }
            }
            @if !history.is_empty() {
                details {
                    summary { (history.len()) " earlier: resolved, or of former champions" }
                    ul.alerts { @for alert in &history { (alert_item(alert)) } }
                }
            }
        }
    }
}

fn alert_item(alert: &Alert) -> Markup {
    html! {
        li {
            strong { (words(&alert.column)) } " since " (day(alert.since)) ": " (ticked(&alert.text))
            @if let Some(segment) = &alert.segment { ", in " (segment) }
            @if let Some(cost) = alert.cost {
                "; " (format!("{:.0}", cost.leads_a_week)) " leads a week"
                @if let Some(money) = cost.money_a_week { ", at most " (format!("{money:.0}")) " a week" }
            }
            span.muted.small {
                " (" (words(alert.state.word()))
                @if let Some(until) = alert.muted_until { " until " (day(until)) }
                @if !alert.changed_by.is_empty() { " by " (alert.changed_by) }
                ", " code { (IdentifiedAlert::from(alert.clone()).id) } ", model " code { (alert.model_id) } ")"
            }
        }
    }
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
    use plumb_lead::ModelKind;

    use super::*;
    use crate::registry::tests::card;
    use crate::store::tests::empty;

    fn week(model_id: &str, day: i64) -> MonitorReport {
        let at = |day: i64| DateTime::from_timestamp(day * 86_400, 0).expect("in range");
        MonitorReport {
            target: "converted".into(),
            model_id: model_id.into(),
            from: at(day),
            to: at(day + 7),
            rows: 100,
            drifts: Vec::new(),
            matured: None,
            counts: None,
        }
    }

    #[tokio::test]
    async fn weeks_of_different_models_are_not_mixed() {
        let (store, folder) = empty().await;
        let champion = card("converted", ModelKind::Logistic, b"new");
        let new = champion.model_id.clone();
        for report in [week("old", 0), week(&new, 0), week("old", 7)] {
            store.put_monitor_report(&report).await.expect("written");
        }
        let days = async || -> Vec<String> {
            let weeks = weeks_of_one_model(&store, "converted").await.expect("read");
            weeks.iter().map(|report| format!("{} {}", report.model_id, report.from.format("%-d"))).collect()
        };
        assert_eq!(days().await, ["old 1", "old 8"]);
        registry::add(&store, folder.path(), b"new", &champion).await.expect("its own card");
        registry::promote(&store, "converted", &new, "ada", "a test").await.expect("added");
        assert_eq!(days().await, [format!("{new} 1")]);
        assert!(weeks_of_one_model(&store, "approved").await.expect("read").is_empty());
    }
}
