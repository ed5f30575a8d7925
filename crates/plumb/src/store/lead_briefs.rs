//! What the pages show of each lead beside its score. The lead itself is in the lake.

use std::collections::HashMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::database::{ROWS_PER_INSERT, ROWS_PER_TRANSACTION, Store};
use super::timestamps::{from_micros, to_micros};

/// What a list shows of a lead beside its score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeadBrief {
    /// The lead.
    pub(crate) lead_id: String,
    /// Its name.
    pub(crate) name: Option<String>,
    /// The fields that the project's list has, in its order.
    pub(crate) fields: Vec<(String, Option<String>)>,
    /// When the lead was created.
    pub(crate) created_at: DateTime<Utc>,
}

impl Store {
    /// Stores what the pages show of leads; what was there of them is replaced. Leads that only requests had named are leads
    /// of the sources then.
    pub(crate) async fn put_lead_briefs(&self, briefs: &[LeadBrief]) -> Result<()> {
        for (index, briefs) in briefs.chunks(ROWS_PER_TRANSACTION).enumerate() {
            if index > 0 {
                self.let_others_write().await;
            }
            self.put_few_briefs(briefs).await?;
        }
        Ok(())
    }

    async fn put_few_briefs(&self, briefs: &[LeadBrief]) -> Result<()> {
        let mut transaction = self.write().await?;
        for chunk in briefs.chunks(ROWS_PER_INSERT) {
            let json = |brief: &LeadBrief| serde_json::to_string(&brief.fields);
            let json = chunk.iter().map(json).collect::<Result<Vec<String>, serde_json::Error>>()?;
            let mut query = QueryBuilder::<Sqlite>::new(
                "INSERT OR REPLACE INTO lead_brief (lead_id, name, fields_json, created_at) ",
            );
            query.push_values(chunk.iter().zip(json), |mut row, (brief, fields)| {
                row.push_bind(&brief.lead_id)
                    .push_bind(&brief.name)
                    .push_bind(fields)
                    .push_bind(to_micros(brief.created_at));
            });
            query.build().execute(&mut *transaction).await.context("cannot store what the pages show of leads")?;
            let mut query = QueryBuilder::<Sqlite>::new(
                "UPDATE latest_prediction SET list = 1
                 WHERE +list = 2 AND target IN (SELECT target FROM list_size) AND lead_id IN (",
            );
            let mut list = query.separated(", ");
            for brief in chunk {
                list.push_bind(&brief.lead_id);
            }
            query.push(")");
            query.build().execute(&mut *transaction).await.context("cannot list the leads of the sources")?;
        }
        transaction.commit().await.context("cannot commit what the pages show of leads")
    }

    /// Returns what the pages show of a lead.
    pub(crate) async fn lead_brief(&self, lead_id: &str) -> Result<Option<LeadBrief>> {
        Ok(self.lead_briefs(&[lead_id]).await?.remove(lead_id))
    }

    /// Returns what the pages show of some leads, by id. Unknown leads are left out.
    pub(crate) async fn lead_briefs(&self, lead_ids: &[&str]) -> Result<HashMap<String, LeadBrief>> {
        let mut briefs = HashMap::new();
        for chunk in lead_ids.chunks(ROWS_PER_INSERT) {
            let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM lead_brief WHERE lead_id IN (");
            let mut list = query.separated(", ");
            for lead_id in chunk {
                list.push_bind(*lead_id);
            }
            query.push(")");
            for row in query.build().fetch_all(&self.lists).await.context("cannot read leads")? {
                let brief = read(&row)?;
                briefs.insert(brief.lead_id.clone(), brief);
            }
        }
        Ok(briefs)
    }
}

fn read(row: &SqliteRow) -> Result<LeadBrief> {
    Ok(LeadBrief {
        lead_id: row.try_get("lead_id")?,
        name: row.try_get("name")?,
        fields: serde_json::from_str(row.try_get("fields_json")?).context("the fields of a lead are unreadable")?,
        created_at: from_micros(row.try_get("created_at")?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{empty, hour_of_new_year};
    use super::*;

    #[tokio::test]
    async fn a_newer_brief_replaces_an_older_one() {
        let (store, _folder) = empty().await;
        let mut brief = LeadBrief {
            lead_id: "crm:1".into(),
            name: Some("Ada".into()),
            fields: vec![("industry".into(), Some("fintech".into())), ("channel".into(), None)],
            created_at: hour_of_new_year(1),
        };
        store.put_lead_briefs(std::slice::from_ref(&brief)).await.expect("written");
        brief.fields[1].1 = Some("referral".into());
        store.put_lead_briefs(std::slice::from_ref(&brief)).await.expect("written");
        assert_eq!(store.lead_brief("crm:1").await.expect("read"), Some(brief));
        assert_eq!(store.lead_brief("crm:2").await.expect("read"), None);
    }
}
