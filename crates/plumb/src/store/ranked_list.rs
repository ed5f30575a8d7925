//! The ranked list of a target's open leads, by the latest prediction of each.

use anyhow::{Context, Result};
use plumb_lead::{Band, Prediction};
use sqlx::{QueryBuilder, Row, Sqlite};

use super::database::{ROWS_PER_INSERT, Store};
use super::predictions::select;

/// How many open leads each band holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BandCounts {
    /// Leads in band A, B, C and D.
    counts: [u64; 4],
}

impl BandCounts {
    /// Returns the number of leads in a band.
    pub(crate) fn of(&self, band: Band) -> u64 {
        self.counts[band as usize]
    }

    /// Returns the number of leads in all bands.
    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// The leads on the ranked list: those that are not decided, and that the sources know. A row that came with a request
/// and was scored is not one of our leads ...
const LEADS: &str = "(SELECT target, lead_id, prediction_id, score, band FROM latest_prediction l
    WHERE NOT EXISTS (SELECT 1 FROM decided_lead d WHERE d.target = l.target AND d.lead_id = l.lead_id)
    AND EXISTS (SELECT 1 FROM lead_brief b WHERE b.lead_id = l.lead_id))";

/// ... unless there are no leads at all: then rows are all there is. Of those without a lead's id only the newest are
/// looked at: no index would find the best of a million.
const ROWS: &str = "(SELECT target, lead_id, prediction_id, score, band FROM latest_prediction l
    WHERE NOT EXISTS (SELECT 1 FROM decided_lead d WHERE d.target = l.target AND d.lead_id = l.lead_id)
    UNION ALL
    SELECT target, lead_id, prediction_id, score, band FROM prediction
    WHERE rowid > (SELECT max(rowid) FROM prediction) - 10000 AND lead_id = prediction_id)";

impl Store {
    /// Returns the latest prediction of each open lead, best score first. Leads of equal score are in the order of
    /// their ids, so that pages do not overlap.
    pub(crate) async fn latest_predictions(
        &self,
        target: &str,
        limit: usize,
        offset: usize,
        band: Option<Band>,
    ) -> Result<Vec<Prediction>> {
        let mut query = select("FROM ");
        query.push(self.ranked().await?).push(" n JOIN prediction p USING (prediction_id) WHERE n.target = ");
        query.push_bind(target);
        if let Some(band) = band {
            query.push(" AND n.band = ").push_bind(band.letter());
        }
        query.push(" ORDER BY n.score DESC, n.lead_id LIMIT ").push_bind(i64::try_from(limit)?);
        query.push(" OFFSET ").push_bind(i64::try_from(offset)?);
        self.predictions_by(query).await
    }

    /// Returns how many open leads each band holds by their latest predictions.
    pub(crate) async fn band_counts(&self, target: &str) -> Result<BandCounts> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT n.band, count(*) FROM ");
        query.push(self.ranked().await?).push(" n WHERE n.target = ").push_bind(target).push(" GROUP BY n.band");
        let rows = query.build().fetch_all(&self.readers).await.context("cannot count the leads of each band")?;
        let mut counts = BandCounts::default();
        for row in rows {
            let band: Band = row.try_get::<String, _>(0)?.parse()?;
            counts.counts[band as usize] = u64::try_from(row.try_get::<i64, _>(1)?)?;
        }
        Ok(counts)
    }

    /// Leaves only these leads on a target's ranked list: the others are decided, or past their horizon. Their
    /// predictions stay.
    pub(crate) async fn set_open_leads(&self, target: &str, open: &[&str]) -> Result<()> {
        let cannot = || "cannot take decided leads off the ranked list";
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT OR IGNORE INTO decided_lead (target, lead_id)
             SELECT target, lead_id FROM latest_prediction WHERE target = ?",
        )
        .bind(target)
        .execute(&mut *transaction)
        .await
        .with_context(cannot)?;
        for chunk in open.chunks(ROWS_PER_INSERT) {
            let mut query = QueryBuilder::<Sqlite>::new("DELETE FROM decided_lead WHERE target = ");
            query.push_bind(target).push(" AND lead_id IN (");
            let mut list = query.separated(", ");
            for lead_id in chunk {
                list.push_bind(*lead_id);
            }
            query.push(")");
            query.build().execute(&mut *transaction).await.with_context(cannot)?;
        }
        transaction.commit().await.with_context(cannot)
    }

    /// Returns what is ranked, as a table.
    async fn ranked(&self) -> Result<&'static str> {
        let has_leads = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM lead_brief)").fetch_one(&self.readers);
        let has_leads: bool = has_leads.await.context("cannot see whether there are leads")?;
        Ok(if has_leads { LEADS } else { ROWS })
    }
}

#[cfg(test)]
mod tests {
    use super::super::LeadBrief;
    use super::super::tests::{empty, hour_of_new_year, prediction};
    use super::*;

    #[tokio::test]
    async fn leads_are_ranked_by_their_latest_prediction() {
        let (store, _folder) = empty().await;
        let all = [
            prediction("p1", "ada", 1, 0.9),
            prediction("p2", "bob", 1, 0.6),
            // Ada was scored again later, and lower; a back-dated score changes nothing.
            prediction("p3", "ada", 2, 0.3),
            prediction("p4", "bob", 0, 0.1),
        ];
        store.insert_predictions(&all).await.expect("new ids");
        let ids = |predictions: Vec<Prediction>| -> Vec<String> {
            predictions.into_iter().map(|prediction| prediction.prediction_id).collect()
        };
        assert_eq!(ids(store.latest_predictions("converted", 10, 0, None).await.expect("read")), ["p2", "p3"]);
        assert_eq!(ids(store.latest_predictions("converted", 1, 1, None).await.expect("read")), ["p3"]);
        assert_eq!(ids(store.latest_predictions("converted", 9, 0, Some(Band::B)).await.expect("read")), ["p2"]);
        assert_eq!(ids(store.latest_predictions("approved", 9, 0, None).await.expect("read")), [""; 0]);
        assert_eq!(ids(store.history_of_lead("ada").await.expect("read")), ["p3", "p1"]);
        assert_eq!(store.prediction("p2").await.expect("read"), Some(all[1].clone()));

        let counts = store.band_counts("converted").await.expect("read");
        assert_eq!((counts.of(Band::B), counts.of(Band::C), counts.total()), (1, 1, 2));
        store.set_open_leads("converted", &["ada"]).await.expect("written");
        assert_eq!(ids(store.latest_predictions("converted", 10, 0, None).await.expect("read")), ["p3"]);
        assert_eq!(store.band_counts("converted").await.expect("read").total(), 1);
    }

    #[tokio::test]
    async fn rows_without_a_lead_are_listed_where_there_are_no_leads() {
        let (store, _folder) = empty().await;
        let all = [prediction("p1", "p1", 1, 0.2), prediction("p2", "ada", 1, 0.6), prediction("p3", "p3", 1, 0.9)];
        store.insert_predictions(&all).await.expect("new ids");
        let ids = async || -> Vec<String> {
            let listed = store.latest_predictions("converted", 10, 0, None).await.expect("read");
            assert_eq!(store.band_counts("converted").await.expect("read").total(), listed.len() as u64);
            listed.into_iter().map(|prediction| prediction.prediction_id).collect()
        };
        assert_eq!(ids().await, ["p3", "p2", "p1"]);
        let other = store.latest_predictions("approved", 10, 0, None).await.expect("read");
        assert_eq!(other, []);
        store.put_lead_briefs(&[brief("ada")]).await.expect("written");
        assert_eq!(ids().await, ["p2"]);
        assert_eq!(store.history_of_lead("p3").await.expect("read"), all[2..]);
    }

    fn brief(lead_id: &str) -> LeadBrief {
        let (name, company, industry, channel) = (None, None, None, None);
        LeadBrief { lead_id: lead_id.into(), name, company, industry, channel, created_at: hour_of_new_year(0) }
    }
}
