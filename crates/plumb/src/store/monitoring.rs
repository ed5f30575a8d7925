//! Monitor reports and alerts.

use anyhow::{Context, Result};
use plumb_lead::{Alert, MonitorReport};
use sqlx::Row;

use super::database::Store;
use super::timestamps::{from_micros, to_micros};

impl Store {
    /// Stores an alert unless one of its key is there; returns whether it is new, and so has to be sent.
    pub(crate) async fn insert_alert_once(&self, alert: &Alert) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO alert (key, target, model_id, feature, text, since) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (key) DO NOTHING",
        )
        .bind(&alert.key)
        .bind(&alert.target)
        .bind(&alert.model_id)
        .bind(&alert.column)
        .bind(&alert.text)
        .bind(to_micros(alert.since))
        .execute(&self.writer)
        .await
        .with_context(|| format!("cannot store the alert `{}`", alert.key))?;
        Ok(done.rows_affected() == 1)
    }

    /// Returns all alerts, newest window first.
    pub(crate) async fn alerts(&self) -> Result<Vec<Alert>> {
        let rows = sqlx::query("SELECT * FROM alert ORDER BY since DESC, key")
            .fetch_all(&self.readers)
            .await
            .context("cannot read alerts")?;
        rows.iter()
            .map(|row| {
                Ok(Alert {
                    key: row.try_get("key")?,
                    target: row.try_get("target")?,
                    model_id: row.try_get("model_id")?,
                    column: row.try_get("feature")?,
                    text: row.try_get("text")?,
                    since: from_micros(row.try_get("since")?)?,
                })
            })
            .collect()
    }

    /// Stores a window's report; one of the same target, model and beginning is replaced.
    pub(crate) async fn put_monitor_report(&self, report: &MonitorReport) -> Result<()> {
        sqlx::query(
            "INSERT OR REPLACE INTO monitor_report (target, model_id, from_at, to_at, rows, drifts_json, matured_json)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&report.target)
        .bind(&report.model_id)
        .bind(to_micros(report.from))
        .bind(to_micros(report.to))
        .bind(i64::try_from(report.rows)?)
        .bind(serde_json::to_string(&report.drifts)?)
        .bind(serde_json::to_string(&report.matured)?)
        .execute(&self.writer)
        .await
        .context("cannot store a monitor report")?;
        Ok(())
    }

    /// Returns the reports of a target on all of its models, oldest window first.
    pub(crate) async fn monitor_reports(&self, target: &str) -> Result<Vec<MonitorReport>> {
        let rows = sqlx::query("SELECT * FROM monitor_report WHERE target = ? ORDER BY from_at, model_id")
            .bind(target)
            .fetch_all(&self.readers)
            .await
            .context("cannot read monitor reports")?;
        rows.iter()
            .map(|row| {
                Ok(MonitorReport {
                    target: row.try_get("target")?,
                    model_id: row.try_get("model_id")?,
                    from: from_micros(row.try_get("from_at")?)?,
                    to: from_micros(row.try_get("to_at")?)?,
                    rows: usize::try_from(row.try_get::<i64, _>("rows")?)?,
                    drifts: serde_json::from_str(row.try_get("drifts_json")?)
                        .context("a stored report is unreadable")?,
                    matured: serde_json::from_str(row.try_get("matured_json")?)
                        .context("a stored report is unreadable")?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use plumb_lead::{Drift, Matured, Verdict};

    use super::super::tests::{empty, hour_of_new_year};
    use super::*;

    #[tokio::test]
    async fn an_alert_is_new_once() {
        let (store, _folder) = empty().await;
        let alert = Alert {
            key: "converted/channel/unseen tiktok_ads".into(),
            target: "converted".into(),
            model_id: "cafe".into(),
            column: "channel".into(),
            text: "channel: 12 % of the leads come by `tiktok_ads`, which training never saw".into(),
            since: hour_of_new_year(1),
        };
        assert!(store.insert_alert_once(&alert).await.expect("written"));
        let later = Alert { since: hour_of_new_year(2), ..alert.clone() };
        assert!(!store.insert_alert_once(&later).await.expect("written"));
        assert_eq!(store.alerts().await.expect("read"), [alert]);
    }

    #[tokio::test]
    async fn a_week_that_is_monitored_again_replaces_its_report() {
        let (store, _folder) = empty().await;
        let drift = Drift {
            column: "score".into(),
            psi: 0.31,
            jensen_shannon: 0.2,
            missing: 0.0,
            missing_baseline: 0.0,
            unseen: vec![("tiktok_ads".into(), 0.12)],
            verdict: Verdict::Drifted,
        };
        let mut report = MonitorReport {
            target: "converted".into(),
            model_id: "cafe".into(),
            from: hour_of_new_year(1),
            to: hour_of_new_year(2),
            rows: 10,
            drifts: vec![],
            matured: None,
        };
        store.put_monitor_report(&report).await.expect("written");
        report.rows = 300;
        report.matured = Some(Matured { rows: 80, positives: 9, expected: 8.5, variance: 7.25 });
        report.drifts.push(drift);
        store.put_monitor_report(&report).await.expect("written");
        assert_eq!(store.monitor_reports("converted").await.expect("read"), [report]);
        assert_eq!(store.monitor_reports("approved").await.expect("read"), []);
    }
}
