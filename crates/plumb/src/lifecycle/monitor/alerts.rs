//! What the weekly reports of a model give a person to look at: each cause once, with the week it first appeared in.

use std::collections::HashMap;

use plumb_lake::LabelSpec;
use plumb_lead::{Alert, Drift, Matured, MonitorReport, Verdict};

/// Weeks whose matured leads are compared with expectations together: one week alone has too few.
const WEEKS_COMPARED: usize = 8;

/// A deviation of so many standard errors happens by chance once in 15,000.
const STANDARD_ERRORS_MAX: f64 = 4.0;

/// A new category is alerted on when it has more than this share of a week's rows.
const UNSEEN_SHARE_MIN: f64 = 0.01;

/// Returns the alerts of a model's weekly reports, oldest first.
pub(super) fn alerts(reports: &[MonitorReport], label_spec: &LabelSpec) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    let mut drifted_before: HashMap<&str, bool> = HashMap::new();
    for (index, report) in reports.iter().enumerate() {
        for drift in &report.drifts {
            for (level, share) in unseen_levels(drift) {
                add(&mut alerts, report, &drift.column, &format!("unseen {level}"), unseen_level_text(level, share));
            }
            // One unusual week may be a holiday. A new category has its own alert at once, above.
            let drifted = drift.verdict == Verdict::Drifted && drift.unseen.is_empty();
            if drifted_before.insert(&drift.column, drifted) == Some(true) && drifted {
                add(&mut alerts, report, &drift.column, "drifted", drift_text(drift));
            }
        }
        let compared = &reports[(index + 1).saturating_sub(WEEKS_COMPARED)..=index];
        if let Some(matured) = compared.iter().filter_map(|report| report.matured).reduce(Matured::and)
            && compared.len() == WEEKS_COMPARED
            && matured.surprise().abs() > STANDARD_ERRORS_MAX
        {
            let side = if matured.surprise() < 0.0 { "fewer came" } else { "more came" };
            add(&mut alerts, report, &report.target, side, surprise_text(&matured, label_spec));
        }
    }
    alerts
}

fn unseen_levels(drift: &Drift) -> impl Iterator<Item = (&String, f64)> {
    let has_drifted = drift.verdict == Verdict::Drifted;
    drift
        .unseen
        .iter()
        .filter(move |(_, share)| has_drifted && *share > UNSEEN_SHARE_MIN)
        .map(|(level, share)| (level, *share))
}

fn add(alerts: &mut Vec<Alert>, report: &MonitorReport, column: &str, cause: &str, text: String) {
    let key = format!("{}/{}/{column}/{cause}", report.target, report.model_id);
    if !alerts.iter().any(|alert| alert.key == key) {
        alerts.push(Alert {
            key,
            target: report.target.clone(),
            model_id: report.model_id.clone(),
            column: column.to_owned(),
            text,
            since: report.from,
        });
    }
}

fn unseen_level_text(level: &str, share: f64) -> String {
    format!(
        "{:.0} % of the week's leads have `{level}`, which was not in the training data; the model scores them as if the \
         value were missing. If it is here to stay, run `plumb retrain` once their outcomes are known",
        100.0 * share
    )
}

fn drift_text(drift: &Drift) -> String {
    format!(
        "its distribution differed from training two weeks in a row: PSI {:.2}, Jensen–Shannon {:.2}, missing {:.0} % \
         (training {:.0} %). Check what changed in the source, then consider `plumb retrain`",
        drift.psi,
        drift.jensen_shannon,
        100.0 * drift.missing,
        100.0 * drift.missing_baseline
    )
}

fn surprise_text(matured: &Matured, label_spec: &LabelSpec) -> String {
    let share = |count: f64| 100.0 * count / matured.rows as f64;
    format!(
        "of the {} leads whose {} days ended in these {WEEKS_COMPARED} weeks the model expected {:.1} % to be positive, and \
         {:.1} % were: {:+.1} standard errors. The same inputs now lead to other outcomes; run `plumb retrain`",
        matured.rows,
        label_spec.horizon.num_days(),
        share(matured.expected),
        share(matured.positives as f64),
        matured.surprise()
    )
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        // 2026-02-01 was a Sunday.
        DateTime::from_timestamp(1_769_904_000 + day * 86_400, 0).expect("in range")
    }

    fn label_spec() -> LabelSpec {
        LabelSpec { target: "approved".into(), horizon: TimeDelta::days(120), ages: vec![TimeDelta::zero()] }
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
        };
        MonitorReport {
            target: "approved".into(),
            model_id: "cafe".into(),
            from: day(1 + 7 * week),
            to: day(8 + 7 * week),
            rows: 200,
            drifts: vec![drift],
            matured,
        }
    }

    fn keys(reports: &[MonitorReport]) -> Vec<(String, i64)> {
        let key = |alert: Alert| (alert.key.replace("approved/cafe/", ""), (alert.since - day(1)).num_weeks());
        alerts(reports, &label_spec()).into_iter().map(key).collect()
    }

    #[test]
    fn new_category_raises_one_alert_in_its_first_week() {
        let new = [("tiktok_ads", 0.2), ("fax", 0.005)];
        let reports = [0, 1, 2].map(|week| report(week, Verdict::Drifted, &new, None));
        assert_eq!(keys(&reports), [("channel/unseen tiktok_ads".to_owned(), 0)]);
    }

    #[test]
    fn drift_raises_an_alert_after_two_weeks_in_a_row() {
        use Verdict::{Drifted, Stable};
        let weeks = |verdicts: &[Verdict]| -> Vec<MonitorReport> {
            (0..).zip(verdicts).map(|(week, verdict)| report(week, *verdict, &[], None)).collect()
        };
        assert_eq!(keys(&weeks(&[Drifted, Stable, Drifted])), []);
        assert_eq!(keys(&weeks(&[Stable, Drifted, Drifted, Drifted])), [("channel/drifted".to_owned(), 2)]);
    }

    #[test]
    fn outcomes_far_from_expectation_raise_an_alert() {
        let weeks = |positives: usize| -> Vec<MonitorReport> {
            let matured = Matured { rows: 200, positives, expected: 18.0, variance: 16.0 };
            (0..9).map(|week| report(week, Verdict::Stable, &[], Some(matured))).collect()
        };
        assert_eq!(keys(&weeks(17)), []);
        assert_eq!(keys(&weeks(10)), [("approved/fewer came".to_owned(), 7)], "eight weeks are compared together");
        let text = &alerts(&weeks(10), &label_spec())[0].text;
        assert!(
            text.contains("1600 leads whose 120 days") && text.contains("9.0 %") && text.contains("5.0 %"),
            "{text}"
        );
    }
}
