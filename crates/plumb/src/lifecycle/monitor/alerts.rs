//! What the weekly reports of a model give a person to look at: each cause once, with the week it first appeared in.

use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::{Alert, AlertKind, AlertState, Drift, Matured};
use plumb_learn::drift::{self, Change, NDCG_MIN, Together, Volume, Watched};

use super::causes::set_causes;
use super::findings::{Findings, Sighting, alert};
use super::wording;

/// Weeks whose matured leads are compared with expectations together: one week alone has too few.
const WEEKS_COMPARED: usize = 8;

/// A deviation of so many standard errors happens by chance once in 15,000, far within any budget.
const STANDARD_ERRORS_MAX: f64 = 4.0;

/// After so many weeks without it, what was unusual is gone.
pub(super) const WEEKS_TO_RESOLVE: i64 = 4;

/// A classifier tells a month apart by so much more than it does weeks of the training data.
const AUC_MOVED: f64 = 0.05;

/// Returns the alerts of a model's weekly reports, oldest first.
pub(super) fn alerts(findings: &Findings<'_>) -> Vec<Alert> {
    let mut alerts = of_columns(findings);
    alerts.extend(of_outcomes(findings));
    alerts.extend(of_volume(findings));
    of_rows(findings, &mut alerts);
    set_causes(&mut alerts);
    for alert in &mut alerts {
        alert.advice = wording::advice(alert.kind, alert.cause).to_owned();
    }
    alerts.sort_by(|one, other| (one.since, &one.key).cmp(&(other.since, &other.key)));
    alerts
}

/// Of each column and what happened to it, the newest alarm.
fn of_columns(findings: &Findings<'_>) -> Vec<Alert> {
    let reports = findings.reports;
    let drifts: Vec<&[Drift]> = reports.iter().map(|report| report.drifts.as_slice()).collect();
    let mut alerts: Vec<Alert> = Vec::new();
    for alarm in drift::alarms(&drifts) {
        let report = &reports[alarm.first];
        let Some(drift) = report.drifts.iter().find(|drift| drift.column == alarm.column) else { continue };
        let (kind, what, share) = match &alarm.change {
            Change::NewCategory(level) => {
                let share = drift.unseen.iter().find(|(unseen, _)| unseen == level).map_or(0.0, |(_, share)| *share);
                (AlertKind::NewCategory, format!("unseen {level}"), share)
            }
            Change::Missing => {
                (AlertKind::Missing, "missing".to_owned(), (drift.missing - drift.missing_baseline).abs())
            }
            Change::Drifted => (AlertKind::Drifted, "drifted".to_owned(), 1.0),
        };
        let rows = report.counts.as_ref().map_or(report.rows, |counts| counts.rows);
        let (column, text) = (alarm.column.clone(), wording::of_change(&alarm.change, drift));
        let mut alert =
            alert(findings, Sighting { report, column, what, kind, text, leads_a_week: share * rows as f64 });
        alert.last_seen = reports[alarm.last].from;
        if alarm.resolved.is_some() {
            alert.state = AlertState::Resolved;
        }
        alerts.retain(|earlier| earlier.key != alert.key);
        alerts.push(alert);
    }
    alerts
}

fn of_outcomes(findings: &Findings<'_>) -> Vec<Alert> {
    let reports = findings.reports;
    let sightings = reports.iter().enumerate().filter_map(|(index, report)| {
        let compared = &reports[(index + 1).checked_sub(WEEKS_COMPARED)?..=index];
        let matured = compared.iter().filter_map(|report| report.matured).reduce(Matured::and)?;
        (matured.surprise().abs() > STANDARD_ERRORS_MAX).then(|| Sighting {
            report,
            column: report.target.clone(),
            what: if matured.surprise() < 0.0 { "fewer came" } else { "more came" }.to_owned(),
            kind: AlertKind::Outcomes,
            text: wording::of_outcomes(&matured, findings.label_spec.horizon.num_days(), WEEKS_COMPARED),
            leads_a_week: (matured.positives as f64 - matured.expected).abs() / WEEKS_COMPARED as f64,
        })
    });
    lasting(findings, sightings.collect(), WEEKS_TO_RESOLVE)
}

fn of_volume(findings: &Findings<'_>) -> Vec<Alert> {
    let chance = findings.budget.chance_a_week(Watched::Volume);
    let (mut silences, mut unusual) = (Vec::new(), Vec::new());
    for report in findings.reports {
        let until = findings.rows.partition_point(|week| week.from <= report.from);
        let Some(last) = findings.rows[..until].last().filter(|week| week.from == report.from) else { continue };
        let volume = drift::volume(&findings.rows[..until], chance);
        let Some(text) = wording::of_volume(volume, last.rows) else { continue };
        let (kind, what, list, expected) = match volume {
            Volume::Silent { expected, .. } => (AlertKind::Silent, "silent", &mut silences, expected),
            Volume::Unusual { expected, .. } => (AlertKind::Volume, "volume", &mut unusual, expected),
            Volume::Usual => continue,
        };
        let leads_a_week = (expected - last.rows as f64).abs();
        list.push(Sighting { report, column: report.target.clone(), what: what.to_owned(), kind, text, leads_a_week });
    }
    let mut alerts = lasting(findings, silences, 1);
    alerts.extend(lasting(findings, unusual, WEEKS_TO_RESOLVE));
    alerts
}

/// Adds what whole rows show, as far as no column alone shows it; where a move sits is said with the move.
fn of_rows(findings: &Findings<'_>, alerts: &mut Vec<Alert>) {
    let (Some(found), Some(report)) = (findings.row_findings, findings.reports.last()) else { return };
    let explains = |alert: &Alert| alert.state == AlertState::Open && alert.kind != AlertKind::Outcomes;
    let mut moved_along = 0;
    for moved in &found.segments {
        let conditions: Vec<String> =
            moved.conditions.iter().map(|(feature, value)| format!("{feature} = {value}")).collect();
        let segment = conditions.join(" and ");
        let (column, drift) = (&moved.drift.column, &moved.drift);
        if let Some(known) = alerts.iter_mut().find(|alert| explains(alert) && alert.column == *column) {
            known.segment = Some(segment);
        } else if alerts.iter().any(|alert| explains(alert) && alert.kind != AlertKind::Segment) {
            moved_along += 1;
        } else {
            let (text, leads_a_week) = (wording::of_segment(drift), moved.rows as f64 / drift.weeks.max(1) as f64);
            let what = format!("segment {segment}");
            let (column, kind) = (column.clone(), AlertKind::Segment);
            let sighting = Sighting { report, column, what, kind, text, leads_a_week };
            alerts.push(Alert { segment: Some(segment), ..alert(findings, sighting) });
        }
    }
    if let Some(known) = alerts.iter_mut().find(|alert| explains(alert)) {
        // What columns show explains what single segments, and all columns together, show.
        if moved_along > 0 {
            known.text += &wording::moved_along(moved_along);
        }
        return;
    }
    let whole = |what: &str, kind, text| {
        let (column, leads_a_week) = ("score".to_owned(), found.leads_a_week);
        alert(findings, Sighting { report, column, what: what.to_owned(), kind, text, leads_a_week })
    };
    let Together { auc, auc_of_weeks, p_value } = found.together;
    if p_value <= findings.budget.chance_a_week(Watched::Together) && auc - auc_of_weeks > AUC_MOVED {
        alerts.push(whole("together", AlertKind::Together, wording::of_together(&found.together)));
    }
    let reasons = &found.reasons;
    if reasons.ndcg < NDCG_MIN && reasons.p_value <= findings.budget.chance_a_week(Watched::Reasons) {
        alerts.push(whole("reasons", AlertKind::Reasons, wording::of_reasons(reasons)));
    }
}

/// Of each thing that was seen, the newest run of weeks without a break of `weeks_to_resolve`. It says what it was like when it
/// was seen last: a silence gets longer.
fn lasting(findings: &Findings<'_>, sightings: Vec<Sighting<'_>>, weeks_to_resolve: i64) -> Vec<Alert> {
    let Some(newest) = findings.reports.last().map(|report| report.from) else { return Vec::new() };
    let is_gone = |seen: DateTime<Utc>, week: DateTime<Utc>| week - seen >= TimeDelta::weeks(weeks_to_resolve);
    let mut alerts: Vec<Alert> = Vec::new();
    for sighting in sightings {
        let alert = alert(findings, sighting);
        match alerts.iter_mut().find(|earlier| earlier.key == alert.key) {
            // In the week after, it is there still.
            Some(earlier) if !is_gone(earlier.last_seen, alert.since - TimeDelta::weeks(1)) => {
                *earlier = Alert { since: earlier.since, last_seen: alert.since, ..alert };
            }
            Some(earlier) => *earlier = alert,
            None => alerts.push(alert),
        }
    }
    for alert in alerts.iter_mut().filter(|alert| is_gone(alert.last_seen, newest)) {
        alert.state = AlertState::Resolved;
    }
    alerts
}

#[cfg(test)]
mod tests {
    use plumb_lake::LabelSpec;
    use plumb_lead::{AlertCause, AlertCost, MonitorReport, Verdict};
    use plumb_learn::decision::Cost;
    use plumb_learn::drift::{Budget, WeekRows};

    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        // 2026-02-01 was a Sunday.
        DateTime::from_timestamp(1_769_904_000 + day * 86_400, 0).expect("in range")
    }

    fn report(week: i64, verdict: Verdict, unseen: &[(&str, f64)], matured: Option<Matured>) -> MonitorReport {
        let drift = Drift {
            column: "channel".into(),
            psi: 0.3,
            jensen_shannon: 0.2,
            missing: 0.0,
            missing_baseline: 0.0,
            unseen: unseen.iter().map(|(level, share)| ((*level).to_owned(), *share)).collect(),
            verdict,
            p_value: 1e-9,
            weeks: 1,
        };
        MonitorReport {
            target: "approved".into(),
            model_id: "cafe".into(),
            from: day(1 + 7 * week),
            to: day(8 + 7 * week),
            rows: 200,
            drifts: vec![drift],
            matured,
            counts: None,
        }
    }

    fn found(reports: &[MonitorReport], rows: &[usize]) -> Vec<Alert> {
        let rows = (1 - rows.len() as i64..).zip(rows);
        let last = reports.last().map_or(day(1), |report| report.from);
        let rows: Vec<WeekRows> =
            rows.map(|(week, rows)| WeekRows { from: last + TimeDelta::weeks(week), rows: *rows }).collect();
        alerts(&Findings {
            reports,
            rows: &rows,
            label_spec: &LabelSpec {
                target: "approved".into(),
                horizon: TimeDelta::days(120),
                ages: vec![TimeDelta::zero()],
            },
            budget: &Budget { false_alarms_a_year: 1.0, targets: 1 },
            base_rate: 0.1,
            cost: Some(Cost { false_positive: 10.0, false_negative: 500.0 }),
            row_findings: None,
        })
    }

    fn keys(reports: &[MonitorReport]) -> Vec<(String, i64)> {
        let key = |alert: Alert| (alert.key.replace("approved/cafe/", ""), (alert.since - day(1)).num_weeks());
        found(reports, &[]).into_iter().map(key).collect()
    }

    #[test]
    fn a_new_category_says_what_it_costs_and_what_to_do() {
        let new = [("tiktok_ads", 0.2), ("fax", 0.005)];
        let reports = [0, 1, 2].map(|week| report(week, Verdict::Drifted, &new, None));
        assert_eq!(keys(&reports), [("channel/unseen tiktok_ads".to_owned(), 0)]);
        let alert = found(&reports, &[]).remove(0);
        // Of 40 leads a call of all wastes 9 each, of none it misses 50.
        assert_eq!(alert.cost, Some(AlertCost { leads_a_week: 40.0, money_a_week: Some(360.0) }));
        assert_eq!((alert.cause, alert.state), (AlertCause::Channel, AlertState::Open));
        assert!(alert.advice.contains("plumb retrain") && alert.last_seen == day(15), "{alert:?}");
    }

    #[test]
    fn outcomes_far_from_expectation_raise_an_alert_that_resolves() {
        let weeks = |positives: usize, more: i64| -> Vec<MonitorReport> {
            let matured = |positives| Matured { rows: 200, positives, expected: 18.0, variance: 16.0 };
            (0..9 + more)
                .map(|week| report(week, Verdict::Stable, &[], Some(matured(if week < 9 { positives } else { 18 }))))
                .collect()
        };
        assert_eq!(keys(&weeks(17, 0)), []);
        assert_eq!(keys(&weeks(10, 0)), [("approved/fewer came".to_owned(), 7)], "eight weeks are compared together");
        let text = &found(&weeks(10, 0), &[])[0].text;
        assert!(
            text.contains("1600 leads whose 120 days") && text.contains("9.0 %") && text.contains("5.0 %"),
            "{text}"
        );
        assert_eq!(found(&weeks(10, 12), &[])[0].state, AlertState::Resolved);
    }

    #[test]
    fn weeks_without_a_lead_are_told_until_leads_come_again() {
        let reports: Vec<MonitorReport> = (0..11).map(|week| report(week, Verdict::TooFew, &[], None)).collect();
        let rows = |after: &[usize]| [vec![100; 30], vec![0; 11 - after.len()], after.to_vec()].concat();
        let silent = found(&reports, &rows(&[]));
        assert_eq!((silent.len(), silent[0].kind, silent[0].cause), (1, AlertKind::Silent, AlertCause::Source));
        assert!(silent[0].text.contains("no lead has come for 11 weeks"), "{}", silent[0].text);
        assert_eq!(silent[0].cost, Some(AlertCost { leads_a_week: 100.0, money_a_week: Some(5000.0) }));
        let states: Vec<_> =
            found(&reports, &rows(&[101])).into_iter().map(|alert| (alert.kind, alert.state)).collect();
        assert_eq!(states, [(AlertKind::Silent, AlertState::Resolved)]);
    }
}
