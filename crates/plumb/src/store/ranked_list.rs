//! The ranked list of a target's open leads, by the latest prediction of each.

use anyhow::{Context, Result};
use plumb_lead::{Band, Prediction};
use sqlx::{QueryBuilder, Row, Sqlite};

use super::database::Store;
use super::predictions::predictions_by;
use super::ranked_page::{List, NAMELESS, RankedPage, RankedPosition};

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

impl Store {
    /// Returns the latest prediction of each open lead behind a position, best score first. Leads of equal score are in the
    /// order of their ids, so that pages do not overlap.
    pub(crate) async fn latest_predictions(
        &self,
        target: &str,
        limit: usize,
        after: Option<&RankedPosition>,
        band: Option<Band>,
    ) -> Result<Vec<Prediction>> {
        let page = RankedPage { target, list: self.list().await?, after, limit: i64::try_from(limit)? };
        predictions_by(page.query(band), &self.lists).await
    }

    /// Returns how many open leads each band holds by their latest predictions.
    pub(crate) async fn band_counts(&self, target: &str) -> Result<BandCounts> {
        let list = self.list().await?;
        let mut query = QueryBuilder::<Sqlite>::new("SELECT band, leads FROM list_size WHERE target = ");
        query.push_bind(target).push(" AND list = ").push_bind(list as i64);
        if list == List::Rows {
            query.push(" UNION ALL SELECT p.band, count(*) FROM ").push(NAMELESS).push_bind(target);
            query.push(" GROUP BY p.band");
        }
        let rows = query.build().fetch_all(&self.lists).await.context("cannot count the leads of each band")?;
        let mut counts = BandCounts::default();
        for row in rows {
            let band: Band = row.try_get::<String, _>(0)?.parse()?;
            counts.counts[band as usize] += u64::try_from(row.try_get::<i64, _>(1)?)?;
        }
        Ok(counts)
    }

    async fn list(&self) -> Result<List> {
        let has_leads = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM lead_brief)").fetch_one(&self.lists);
        let has_leads: bool = has_leads.await.context("cannot see whether there are leads")?;
        Ok(if has_leads { List::Leads } else { List::Rows })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::LeadBrief;
    use super::super::tests::{empty, hour_of_new_year, prediction};
    use super::*;

    fn ids(predictions: Vec<Prediction>) -> Vec<String> {
        predictions.into_iter().map(|prediction| prediction.prediction_id).collect()
    }

    fn behind(prediction: &Prediction) -> RankedPosition {
        RankedPosition { score: prediction.score.get(), lead_id: prediction.lead_id.clone() }
    }

    #[tokio::test]
    async fn leads_are_ranked_by_the_prediction_that_was_made_last() {
        let (store, _folder) = empty().await;
        let all = [
            prediction("p9", "ada", 23, 0.9),
            prediction("p2", "bob", 1, 0.6),
            // Ada was scored again, and lower: as of an earlier time, by a clock that is behind the one before.
            prediction("p3", "ada", 2, 0.3),
        ];
        store.insert_predictions(&all).await.expect("new ids");
        let list = async |limit, after, band| {
            ids(store.latest_predictions("converted", limit, after, band).await.expect("read"))
        };
        assert_eq!(list(10, None, None).await, ["p2", "p3"]);
        let [first, last] = [&all[1], &all[2]].map(behind);
        assert_eq!(list(1, Some(&first), None).await, ["p3"]);
        assert_eq!(list(9, None, Some(Band::B)).await, ["p2"]);
        assert_eq!(list(9, Some(&last), None).await, [""; 0]);
        assert_eq!(store.latest_predictions("approved", 9, None, None).await.expect("read"), []);
        let history = store.history_of_lead("ada", None, 9).await.expect("read");
        let (orders, made): (Vec<_>, Vec<Prediction>) = history.into_iter().unzip();
        assert_eq!(ids(made), ["p3", "p9"]);
        let older = store.history_of_lead("ada", orders.first().copied(), 9).await.expect("read");
        assert_eq!(older.first().map(|(_, prediction)| prediction), Some(&all[0]));

        let counts = store.band_counts("converted").await.expect("read");
        assert_eq!((counts.of(Band::B), counts.of(Band::C), counts.total()), (1, 1, 2));
        store.put_lead_briefs(&[brief("ada"), brief("bob")]).await.expect("written");
        assert_eq!(list(10, None, None).await, ["p2", "p3"]);
        store.set_open_leads("converted", &HashSet::from(["ada"])).await.expect("written");
        assert_eq!(list(10, None, None).await, ["p3"]);
        assert_eq!(store.band_counts("converted").await.expect("read").total(), 1);
        // A decided lead that is scored on request stays off the list, until it is open again.
        store.insert_predictions(&[prediction("p4", "bob", 3, 0.8)]).await.expect("new");
        assert_eq!(list(10, None, None).await, ["p3"]);
        store.set_open_leads("converted", &HashSet::from(["ada", "bob"])).await.expect("written");
        assert_eq!(list(10, None, None).await, ["p4", "p3"]);
        assert_eq!(store.band_counts("converted").await.expect("read").total(), 2);
    }

    #[tokio::test]
    async fn rows_without_a_lead_are_listed_where_there_are_no_leads() {
        let (store, _folder) = empty().await;
        let all = [prediction("p1", "p1", 1, 0.2), prediction("p2", "ada", 1, 0.6), prediction("p3", "p3", 1, 0.9)];
        store.insert_predictions(&all).await.expect("new ids");
        let listed = async || -> Vec<String> {
            let listed = store.latest_predictions("converted", 10, None, None).await.expect("read");
            assert_eq!(store.band_counts("converted").await.expect("read").total(), listed.len() as u64);
            ids(listed)
        };
        assert_eq!(listed().await, ["p3", "p2", "p1"]);
        let next = store.latest_predictions("converted", 1, Some(&behind(&all[2])), None).await.expect("read");
        assert_eq!(ids(next), ["p2"]);
        let other = store.latest_predictions("approved", 10, None, None).await.expect("read");
        assert_eq!(other, []);
        store.put_lead_briefs(&[brief("ada")]).await.expect("written");
        assert_eq!(listed().await, ["p2"]);
        let history = store.history_of_lead("p3", None, 9).await.expect("read");
        assert_eq!(history.first().map(|(_, prediction)| prediction), Some(&all[2]));
    }

    #[tokio::test]
    async fn pages_are_the_list_in_pieces_with_and_without_a_band() {
        let (store, _folder) = empty().await;
        // Four scores for a hundred leads: most pages begin and end among leads of one score.
        let score = |row: usize| [0.02, 0.3, 0.55, 0.97][row * 7 % 4];
        let all: Vec<Prediction> = (0..100)
            .map(|row| prediction(&format!("p{row:02}"), &format!("lead {:02}", 99 - row), 1, score(row)))
            .collect();
        store.insert_predictions(&all).await.expect("new ids");
        for band in [None, Some(Band::A), Some(Band::D)] {
            let whole = ids(store.latest_predictions("converted", 500, None, band).await.expect("read"));
            let (mut pages, mut after) = (Vec::new(), None);
            loop {
                let page = store.latest_predictions("converted", 7, after.as_ref(), band).await.expect("read");
                let Some(last) = page.last() else { break };
                after = Some(behind(last));
                pages.append(&mut ids(page));
            }
            assert_eq!(pages, whole);
            assert!(whole.len() >= 25, "{band:?}");
        }
    }

    fn brief(lead_id: &str) -> LeadBrief {
        LeadBrief { lead_id: lead_id.into(), name: None, fields: Vec::new(), created_at: hour_of_new_year(0) }
    }
}
