//! Alerts and their states.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::{Alert, AlertCost, AlertKind, AlertState};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::database::Store;
use super::timestamps::{from_micros, to_micros};

/// The states of alerts that somebody may still have to do something about.
const CURRENT: &str = "('open', 'acknowledged', 'muted')";

impl Store {
    /// Stores an alert as monitoring finds it now, and returns whether it is news that has to be told: a new one, one that was
    /// gone and came again, and one that is still there when its mute ends. What a person said of it stays while it lasts.
    pub(crate) async fn put_alert(&self, alert: &Alert, now: DateTime<Utc>) -> Result<bool> {
        let mut transaction = self.write().await?;
        let known = sqlx::query("SELECT * FROM alert WHERE key = ?").bind(&alert.key).fetch_optional(&mut *transaction);
        let known = known.await.context("cannot read an alert")?.map(|row| read_alert(&row)).transpose()?;
        let (alert, is_news) = match known {
            None => (alert.clone(), alert.state == AlertState::Open),
            Some(known) => succeed(&known, alert, now),
        };
        write(&mut transaction, &alert).await.with_context(|| format!("cannot store the alert `{}`", alert.key))?;
        transaction.commit().await.context("cannot commit an alert")?;
        Ok(is_news)
    }

    /// Changes the state of an alert; returns whether there is one of this key.
    pub(crate) async fn set_alert_state(
        &self,
        key: &str,
        state: AlertState,
        muted_until: Option<DateTime<Utc>>,
        by: &str,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query("UPDATE alert SET state = ?, muted_until = ?, changed_by = ? WHERE key = ?")
            .bind(state.word())
            .bind(muted_until.map(to_micros))
            .bind(by)
            .bind(key)
            .execute(&mut *transaction)
            .await
            .with_context(|| format!("cannot change the alert `{key}`"))?;
        transaction.commit().await.context("cannot commit an alert")?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that alerts of a kind are gone: those whose keys begin with one of `begins` and are not among `still`.
    pub(crate) async fn resolve_alerts(&self, kind: AlertKind, begins: &[String], still: &[String]) -> Result<()> {
        let mut transaction = self.write().await?;
        let sql = format!("SELECT key FROM alert WHERE kind = ? AND state IN {CURRENT}");
        let keys = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(kind.word()).fetch_all(&mut *transaction);
        let keys: Vec<String> = keys.await.context("cannot read alerts")?;
        let is_gone = |key: &&String| begins.iter().any(|begin| key.starts_with(begin)) && !still.contains(key);
        for key in keys.iter().filter(is_gone) {
            let done = sqlx::query("UPDATE alert SET state = 'resolved' WHERE key = ?").bind(key);
            done.execute(&mut *transaction).await.with_context(|| format!("cannot resolve the alert `{key}`"))?;
        }
        transaction.commit().await.context("cannot commit resolved alerts")
    }

    /// Makes the alerts of a target's former champions history: they say nothing of the present one.
    pub(crate) async fn retire_alerts(&self, target: &str, champion: &str) -> Result<u64> {
        let mut transaction = self.write().await?;
        let sql = format!(
            "UPDATE alert SET state = 'retired' WHERE target = ? AND model_id <> ? AND kind <> 'job' AND state IN {CURRENT}"
        );
        let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(target).bind(champion).execute(&mut *transaction);
        let retired = done.await.with_context(|| format!("cannot retire the alerts of `{target}`"))?.rows_affected();
        transaction.commit().await.context("cannot commit retired alerts")?;
        Ok(retired)
    }

    /// Returns the alerts of a target behind a place, newest window first.
    pub(crate) async fn alerts(
        &self,
        target: &str,
        after: Option<&(DateTime<Utc>, String)>,
        limit: usize,
    ) -> Result<Vec<Alert>> {
        let (since, key) = after.map_or((i64::MAX, ""), |(since, key)| (to_micros(*since), key));
        let rows = sqlx::query(
            "SELECT * FROM alert WHERE target = ? AND (since, key) < (?, ?) ORDER BY since DESC, key DESC LIMIT ?",
        );
        let rows = rows.bind(target).bind(since).bind(key).bind(i64::try_from(limit)?);
        let rows = rows.fetch_all(&self.lists).await.context("cannot read alerts")?;
        rows.iter().map(read_alert).collect()
    }

    /// Returns the alerts of all targets that are open, acknowledged or muted, newest window first; all others, too, with
    /// `history`.
    pub(crate) async fn alerts_of_all(&self, history: bool, limit: usize) -> Result<Vec<Alert>> {
        let states = if history { String::new() } else { format!("WHERE state IN {CURRENT}") };
        let sql = format!("SELECT * FROM alert {states} ORDER BY since DESC, key DESC LIMIT ?");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = rows.fetch_all(&self.lists).await.context("cannot read alerts")?;
        rows.iter().map(read_alert).collect()
    }
}

/// Returns an alert that is known, as it is found now, and whether that is news.
fn succeed(known: &Alert, found: &Alert, now: DateTime<Utc>) -> (Alert, bool) {
    let mut alert = found.clone();
    // Where a move sits is looked for once a week, and known from then on.
    alert.segment = alert.segment.or_else(|| known.segment.clone());
    let comes_again =
        matches!(known.state, AlertState::Resolved | AlertState::Retired) && found.since > known.last_seen;
    if found.state == AlertState::Resolved || comes_again {
        return (alert, comes_again && found.state == AlertState::Open);
    }
    (alert.since, alert.state) = (known.since, known.state);
    (alert.changed_by, alert.muted_until) = (known.changed_by.clone(), known.muted_until);
    let mute_ended = known.state == AlertState::Muted && known.muted_until.is_some_and(|until| until <= now);
    if mute_ended {
        (alert.state, alert.muted_until) = (AlertState::Open, None);
    }
    // A champion that came back has its alerts back; they were told.
    if known.state == AlertState::Retired || known.state == AlertState::Resolved {
        alert.state = found.state;
    }
    (alert, mute_ended)
}

async fn write(connection: &mut SqliteConnection, alert: &Alert) -> Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO alert (key, target, model_id, feature, text, since, kind, segment, cause, advice,
         leads_a_week, money_a_week, last_seen, state, changed_by, muted_until)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&alert.key)
    .bind(&alert.target)
    .bind(&alert.model_id)
    .bind(&alert.column)
    .bind(&alert.text)
    .bind(to_micros(alert.since))
    .bind(alert.kind.word())
    .bind(&alert.segment)
    .bind(alert.cause.word())
    .bind(&alert.advice)
    .bind(alert.cost.map(|cost| cost.leads_a_week))
    .bind(alert.cost.and_then(|cost| cost.money_a_week))
    .bind(to_micros(alert.last_seen))
    .bind(alert.state.word())
    .bind(&alert.changed_by)
    .bind(alert.muted_until.map(to_micros))
    .execute(connection)
    .await?;
    Ok(())
}

fn read_alert(row: &SqliteRow) -> Result<Alert> {
    let leads_a_week: Option<f64> = row.try_get("leads_a_week")?;
    let money_a_week = row.try_get("money_a_week")?;
    Ok(Alert {
        key: row.try_get("key")?,
        target: row.try_get("target")?,
        model_id: row.try_get("model_id")?,
        column: row.try_get("feature")?,
        kind: row.try_get::<&str, _>("kind")?.parse()?,
        text: row.try_get("text")?,
        segment: row.try_get("segment")?,
        cause: row.try_get::<&str, _>("cause")?.parse()?,
        advice: row.try_get("advice")?,
        cost: leads_a_week.map(|leads_a_week| AlertCost { leads_a_week, money_a_week }),
        since: from_micros(row.try_get("since")?)?,
        last_seen: from_micros(row.try_get("last_seen")?)?,
        state: row.try_get::<&str, _>("state")?.parse()?,
        changed_by: row.try_get("changed_by")?,
        muted_until: row.try_get::<Option<i64>, _>("muted_until")?.map(from_micros).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{empty, hour_of_new_year, new_channel};
    use super::*;

    #[tokio::test]
    async fn an_alert_is_news_once_and_keeps_what_a_person_said() {
        let (store, _folder) = empty().await;
        let alert = new_channel(1);
        assert!(store.put_alert(&alert, hour_of_new_year(2)).await.expect("written"));
        assert!(store.set_alert_state(&alert.key, AlertState::Acknowledged, None, "ada").await.expect("written"));
        let later = Alert { last_seen: hour_of_new_year(3), ..alert.clone() };
        assert!(!store.put_alert(&later, hour_of_new_year(4)).await.expect("written"));
        let found = store.alerts("converted", None, 9).await.expect("read").remove(0);
        assert_eq!((found.state, found.changed_by.as_str()), (AlertState::Acknowledged, "ada"));
        assert_eq!((found.since, found.last_seen), (alert.since, later.last_seen));
        let other = Alert { key: "other".into(), since: hour_of_new_year(0), ..alert.clone() };
        assert!(store.put_alert(&other, hour_of_new_year(4)).await.expect("written"));
        let behind = (alert.since, alert.key);
        assert_eq!(store.alerts("converted", Some(&behind), 9).await.expect("read"), [other]);
    }

    #[tokio::test]
    async fn what_was_gone_is_news_when_it_comes_again() {
        let (store, _folder) = empty().await;
        store.put_alert(&new_channel(1), hour_of_new_year(1)).await.expect("written");
        let gone = Alert { state: AlertState::Resolved, last_seen: hour_of_new_year(2), ..new_channel(1) };
        assert!(!store.put_alert(&gone, hour_of_new_year(6)).await.expect("written"));
        assert_eq!(store.alerts_of_all(false, 9).await.expect("read"), []);
        assert!(!store.put_alert(&gone, hour_of_new_year(6)).await.expect("written"), "still gone");
        let again = new_channel(8);
        assert!(store.put_alert(&again, hour_of_new_year(8)).await.expect("written"));
        assert_eq!(store.alerts_of_all(false, 9).await.expect("read"), [again]);
    }

    #[tokio::test]
    async fn a_mute_ends_and_a_former_champion_s_alerts_are_history() {
        let (store, _folder) = empty().await;
        let alert = new_channel(1);
        store.put_alert(&alert, hour_of_new_year(1)).await.expect("written");
        let until = Some(hour_of_new_year(5));
        store.set_alert_state(&alert.key, AlertState::Muted, until, "ada").await.expect("written");
        assert!(!store.put_alert(&alert, hour_of_new_year(4)).await.expect("written"));
        assert!(store.put_alert(&alert, hour_of_new_year(5)).await.expect("written"));
        assert_eq!(store.retire_alerts("converted", "cafe").await.expect("written"), 0);
        assert_eq!(store.retire_alerts("converted", "beef").await.expect("written"), 1);
        assert_eq!(store.alerts_of_all(false, 9).await.expect("read"), []);
        let history = store.alerts_of_all(true, 9).await.expect("read");
        assert_eq!(history[0].state, AlertState::Retired);
    }
}
