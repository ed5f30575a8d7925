//! The heat map of drift: a row for each column of the model, a cell for each week.

use std::collections::BTreeMap;

use maud::{Markup, html};
use plumb_lead::{Drift, MonitorReport, Verdict};

use super::text::{percent, words};

/// Returns the heat map of some weeks, oldest first.
pub(super) fn heat_map(weeks: &[MonitorReport]) -> Markup {
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn week(day: i64, columns: &[(&str, f64, Verdict)]) -> MonitorReport {
        let drifts = columns.iter().map(|(column, psi, verdict)| Drift {
            column: (*column).to_owned(),
            psi: *psi,
            jensen_shannon: 0.0,
            missing: 0.0,
            missing_baseline: 0.0,
            unseen: vec![],
            verdict: *verdict,
            p_value: 1.0,
            weeks: 1,
        });
        let at = |day: i64| DateTime::from_timestamp(day * 86_400, 0).expect("in range");
        MonitorReport {
            target: "converted".into(),
            model_id: "m".into(),
            from: at(day),
            to: at(day + 7),
            rows: 100,
            drifts: drifts.collect(),
            matured: None,
            counts: None,
        }
    }

    #[test]
    fn the_score_comes_first_and_then_the_columns_that_moved_most() {
        let calm = [("score", 0.0, Verdict::Stable), ("age", 0.3, Verdict::Moved), ("fee", 0.01, Verdict::Stable)];
        let wild = [("channel", 0.29, Verdict::Drifted), ("score", 0.0, Verdict::Stable)];
        let weeks = [week(0, &calm), week(7, &wild)];
        assert_eq!(columns_by_trouble(&weeks), ["score", "channel", "age", "fee"]);
    }
}
