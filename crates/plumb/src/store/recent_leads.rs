//! Open leads with their events, for requests: each is one row, and no Parquet is read for it.
//!
//! Each row names its version of the ground, so that a reader sees whether it is out of date.

use anyhow::{Context, Result};
use plumb_lake::RecentLead;
use plumb_lead::{Event, Lead};
use sqlx::{QueryBuilder, Row, Sqlite};

use super::database::{ROWS_PER_INSERT, ROWS_PER_TRANSACTION, Store};
use super::timestamps::{from_micros, to_micros};

impl Store {
    /// Returns a lead as a version of the ground has it; `None` if it is not here, or not of that version.
    pub(crate) async fn recent_lead(&self, lead_id: &str, ground: &str) -> Result<Option<RecentLead>> {
        let row =
            sqlx::query("SELECT known_from, lead_json, events_json FROM recent_lead WHERE lead_id = ? AND ground = ?")
                .bind(lead_id)
                .bind(ground)
                .fetch_optional(&self.readers)
                .await
                .context("cannot read a recent lead")?;
        let Some(row) = row else { return Ok(None) };
        let lead: Lead = serde_json::from_str(row.try_get("lead_json")?).context("a recent lead is unreadable")?;
        let events: Vec<Event> =
            serde_json::from_str(row.try_get("events_json")?).context("a recent lead's events are unreadable")?;
        Ok(Some(RecentLead { lead, known_from: from_micros(row.try_get("known_from")?)?, events }))
    }

    /// Returns how many leads of a version of the ground are here.
    pub(crate) async fn count_recent_leads(&self, ground: &str) -> Result<usize> {
        let query = sqlx::query_scalar("SELECT count(*) FROM recent_lead WHERE ground = ?").bind(ground);
        let count: i64 = query.fetch_one(&self.readers).await.context("cannot count the recent leads")?;
        Ok(usize::try_from(count)?)
    }

    /// Stores leads of a version of the ground; what was here of them is replaced.
    pub(crate) async fn put_recent_leads(&self, ground: &str, leads: &[RecentLead]) -> Result<()> {
        for (index, chunk) in leads.chunks(ROWS_PER_INSERT).enumerate() {
            if index > 0 {
                self.let_others_write().await;
            }
            let mut transaction = self.write().await?;
            let json = |recent: &RecentLead| {
                Ok((serde_json::to_string(&recent.lead)?, serde_json::to_string(&recent.events)?))
            };
            let json = chunk.iter().map(json).collect::<Result<Vec<(String, String)>, serde_json::Error>>()?;
            let mut query = QueryBuilder::<Sqlite>::new(
                "INSERT OR REPLACE INTO recent_lead (lead_id, ground, known_from, lead_json, events_json) ",
            );
            query.push_values(chunk.iter().zip(json), |mut row, (recent, (lead, events))| {
                row.push_bind(&recent.lead.lead_id)
                    .push_bind(ground)
                    .push_bind(to_micros(recent.known_from))
                    .push_bind(lead)
                    .push_bind(events);
            });
            query.build().execute(&mut *transaction).await.context("cannot store recent leads")?;
            transaction.commit().await.context("cannot commit recent leads")?;
        }
        Ok(())
    }

    /// Deletes the leads of other versions of the ground.
    pub(crate) async fn delete_recent_leads_except(&self, ground: &str) -> Result<()> {
        let mut behind = i64::MIN;
        loop {
            let query = "SELECT rowid FROM recent_lead WHERE rowid > ? AND ground <> ? ORDER BY rowid LIMIT ?";
            let read = sqlx::query_scalar(query).bind(behind).bind(ground).bind(ROWS_PER_TRANSACTION as i64);
            let rows: Vec<i64> = read.fetch_all(&self.readers).await.context("cannot read earlier leads")?;
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(()) };
            let mut transaction = self.write().await?;
            let delete = sqlx::query("DELETE FROM recent_lead WHERE rowid BETWEEN ? AND ? AND ground <> ?");
            let delete = delete.bind(first).bind(last).bind(ground).execute(&mut *transaction).await;
            delete.context("cannot delete earlier leads")?;
            transaction.commit().await.context("cannot commit recent leads")?;
            behind = *last;
            self.let_others_write().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use plumb_lead::FieldValue;

    use super::super::tests::{empty, hour_of_new_year};
    use super::*;

    fn recent(lead_id: &str, number: f64) -> RecentLead {
        let fields = BTreeMap::from([
            ("budget".to_owned(), FieldValue::Number(number)),
            ("country".to_owned(), FieldValue::Text("NO".into())),
            ("phone".to_owned(), FieldValue::Missing),
        ]);
        let event = Event {
            kind: "touch".into(),
            at: hour_of_new_year(2),
            known_at: hour_of_new_year(3),
            posted_id: None,
            attributes: BTreeMap::from([("first".to_owned(), FieldValue::Flag(true))]),
        };
        let lead = Lead { lead_id: lead_id.into(), created_at: hour_of_new_year(1), fields };
        RecentLead { lead, known_from: hour_of_new_year(1), events: vec![event] }
    }

    #[tokio::test]
    async fn a_lead_keeps_every_bit_and_is_found_under_its_own_version_only() {
        let (store, _folder) = empty().await;
        // Numbers that a careless reader of decimals gets wrong in the last bit.
        for number in [0.1 + 0.2, 1e-310, 123_456_789.123_456_79, f64::MAX, -0.0] {
            let put = recent("ada", number);
            store.put_recent_leads("first", std::slice::from_ref(&put)).await.expect("written");
            let read = store.recent_lead("ada", "first").await.expect("readable").expect("it is there");
            assert_eq!(format!("{read:?}"), format!("{put:?}"));
        }
        assert_eq!(store.recent_lead("ada", "second").await.expect("readable"), None);
        store.put_recent_leads("second", &[recent("bob", 1.0)]).await.expect("written");
        store.delete_recent_leads_except("second").await.expect("written");
        assert_eq!(store.recent_lead("ada", "first").await.expect("readable"), None);
        assert_eq!(store.count_recent_leads("second").await.expect("readable"), 1);
    }
}
