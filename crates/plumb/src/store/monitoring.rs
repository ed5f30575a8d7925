//! Monitor reports.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::MonitorReport;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::database::Store;
use super::timestamps::{from_micros, to_micros};

impl Store {
    /// Stores a window's report; one of the same target, model and beginning is replaced.
    pub(crate) async fn put_monitor_report(&self, report: &MonitorReport) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT OR REPLACE INTO monitor_report
             (target, model_id, from_at, to_at, rows, drifts_json, matured_json, counts_json)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&report.target)
        .bind(&report.model_id)
        .bind(to_micros(report.from))
        .bind(to_micros(report.to))
        .bind(i64::try_from(report.rows)?)
        .bind(serde_json::to_string(&report.drifts)?)
        .bind(serde_json::to_string(&report.matured)?)
        .bind(report.counts.as_ref().map(serde_json::to_string).transpose()?)
        .execute(&mut *transaction)
        .await
        .context("cannot store a monitor report")?;
        transaction.commit().await.context("cannot commit a monitor report")
    }

    /// Returns the reports of a target on all of its models behind a place, newest window first.
    pub(crate) async fn monitor_reports(
        &self,
        target: &str,
        after: Option<&(DateTime<Utc>, String)>,
        limit: usize,
    ) -> Result<Vec<MonitorReport>> {
        let (from, model_id) = after.map_or((i64::MAX, ""), |(from, model_id)| (to_micros(*from), model_id));
        let rows = sqlx::query(
            "SELECT * FROM monitor_report WHERE target = ? AND (from_at, model_id) < (?, ?)
             ORDER BY from_at DESC, model_id DESC LIMIT ?",
        );
        let rows = rows.bind(target).bind(from).bind(model_id).bind(i64::try_from(limit)?);
        let rows = rows.fetch_all(&self.lists).await.context("cannot read monitor reports")?;
        rows.iter().map(read_report).collect()
    }

    /// Returns the reports on one model, newest window first.
    pub(crate) async fn reports_of_model(
        &self,
        target: &str,
        model_id: &str,
        limit: usize,
    ) -> Result<Vec<MonitorReport>> {
        let rows =
            sqlx::query("SELECT * FROM monitor_report WHERE target = ? AND model_id = ? ORDER BY from_at DESC LIMIT ?");
        let rows = rows.bind(target).bind(model_id).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = rows.fetch_all(&self.readers).await.context("cannot read monitor reports")?;
        rows.iter().map(read_report).collect()
    }
}

fn read_report(row: &SqliteRow) -> Result<MonitorReport> {
    Ok(MonitorReport {
        target: row.try_get("target")?,
        model_id: row.try_get("model_id")?,
        from: from_micros(row.try_get("from_at")?)?,
        to: from_micros(row.try_get("to_at")?)?,
        rows: usize::try_from(row.try_get::<i64, _>("rows")?)?,
        drifts: serde_json::from_str(row.try_get("drifts_json")?).context("a stored report is unreadable")?,
        matured: serde_json::from_str(row.try_get("matured_json")?).context("a stored report is unreadable")?,
        counts: row
            .try_get::<Option<&str>, _>("counts_json")?
            .map(serde_json::from_str)
            .transpose()
            .context("a stored report is unreadable")?,
    })
}

#[cfg(test)]
mod tests {
    use plumb_lead::{Drift, Matured, Verdict, WeekCounts};

    use super::super::tests::{empty, hour_of_new_year};
    use super::*;

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
            p_value: 1e-6,
            weeks: 1,
        };
        let mut report = MonitorReport {
            target: "converted".into(),
            model_id: "cafe".into(),
            from: hour_of_new_year(1),
            to: hour_of_new_year(2),
            rows: 10,
            drifts: vec![],
            matured: None,
            counts: None,
        };
        store.put_monitor_report(&report).await.expect("written");
        report.rows = 300;
        report.matured = Some(Matured { rows: 80, positives: 9, expected: 8.5, variance: 7.25 });
        report.drifts.push(drift);
        report.counts = Some(WeekCounts { rows: 300, columns: vec![vec![200, 0, 100]], unseen: vec![] });
        store.put_monitor_report(&report).await.expect("written");
        let later = MonitorReport { from: hour_of_new_year(2), ..report.clone() };
        store.put_monitor_report(&later).await.expect("written");
        let behind = (later.from, later.model_id.clone());
        assert_eq!(store.monitor_reports("converted", None, 1).await.expect("read"), std::slice::from_ref(&later));
        assert_eq!(
            store.monitor_reports("converted", Some(&behind), 9).await.expect("read"),
            std::slice::from_ref(&report)
        );
        assert_eq!(store.reports_of_model("converted", "cafe", 9).await.expect("read"), [later, report]);
        assert_eq!(store.monitor_reports("approved", None, 9).await.expect("read"), []);
    }
}
