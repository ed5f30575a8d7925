//! The ranked list of a target's open leads, by the latest prediction of each.

use anyhow::{Context, Result};
use plumb_lead::{Band, Prediction};
use sqlx::{QueryBuilder, Row, Sqlite};

use super::database::Store;
use super::prediction_row::COLUMNS;
use super::predictions::predictions_by;

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

/// Where a page of the ranked list begins: behind this lead, which need not be there any more.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RankedPosition {
    /// Its score.
    pub(crate) score: f64,
    /// Its id.
    pub(crate) lead_id: String,
}

/// What is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// The leads that the sources know and that are not decided. A row that came with a request and was scored is not one of
    /// our leads ...
    Leads = 1,
    /// ... unless there are no leads at all: then rows are all there is. Of those without a lead's id only the newest are
    /// looked at: no index would find the best of a million.
    Rows = 2,
}

/// The rows without a lead's id that are looked at.
const NAMELESS: &str = "prediction p WHERE p.rowid > (SELECT max(rowid) FROM prediction) - 10000
    AND p.lead_id = p.prediction_id AND p.target = ";

const BANDS: [Band; 4] = [Band::A, Band::B, Band::C, Band::D];

/// A page that is asked for.
struct Page<'a> {
    target: &'a str,
    list: List,
    after: Option<&'a RankedPosition>,
    limit: i64,
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
        let page = Page { target, list: self.list().await?, after, limit: i64::try_from(limit)? };
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

impl Page<'_> {
    /// Returns the query of the page. It merges parts that are each in the order of the index already, and as long as the
    /// page at most: for each band the leads of the same score as the position's, and those of a lower one.
    fn query(&self, band: Option<Band>) -> QueryBuilder<Sqlite> {
        let mut query = QueryBuilder::new("WITH page AS (SELECT lead_id, score FROM (");
        for (index, band) in BANDS.into_iter().filter(|each| band.is_none_or(|band| band == *each)).enumerate() {
            query.push(if index > 0 { " UNION ALL " } else { "" });
            self.push_band(&mut query, band);
        }
        if self.list == List::Rows {
            query.push(" UNION ALL ");
            self.push_nameless(&mut query, band);
        }
        query.push(") ORDER BY score DESC, lead_id LIMIT ").push_bind(self.limit).push(") SELECT ").push(COLUMNS);
        query.push(
            " FROM page CROSS JOIN prediction p ON p.prediction_id = coalesce((SELECT l.prediction_id
             FROM latest_prediction l WHERE l.lead_id = page.lead_id AND l.target = ",
        );
        query.push_bind(self.target.to_owned()).push("), page.lead_id) ORDER BY page.score DESC, page.lead_id");
        query
    }

    fn push_band(&self, query: &mut QueryBuilder<Sqlite>, band: Band) {
        let push = |query: &mut QueryBuilder<Sqlite>| {
            query.push("SELECT * FROM (SELECT lead_id, score FROM latest_prediction WHERE target = ");
            query.push_bind(self.target.to_owned()).push(" AND list = ").push_bind(self.list as i64);
            query.push(" AND band = ").push_bind(band.letter());
        };
        if let Some(RankedPosition { score, lead_id }) = self.after {
            push(query);
            query.push(" AND score = ").push_bind(*score).push(" AND lead_id > ").push_bind(lead_id.clone());
            query.push(" ORDER BY lead_id LIMIT ").push_bind(self.limit).push(") UNION ALL ");
            push(query);
            query.push(" AND score < ").push_bind(*score);
        } else {
            push(query);
        }
        query.push(" ORDER BY score DESC, lead_id LIMIT ").push_bind(self.limit).push(")");
    }

    fn push_nameless(&self, query: &mut QueryBuilder<Sqlite>, band: Option<Band>) {
        query.push("SELECT * FROM (SELECT p.lead_id, p.score FROM ").push(NAMELESS).push_bind(self.target.to_owned());
        if let Some(band) = band {
            query.push(" AND p.band = ").push_bind(band.letter());
        }
        if let Some(RankedPosition { score, lead_id }) = self.after {
            query.push(" AND (p.score < ").push_bind(*score).push(" OR (p.score = ").push_bind(*score);
            query.push(" AND p.lead_id > ").push_bind(lead_id.clone()).push("))");
        }
        query.push(" ORDER BY p.score DESC, p.lead_id LIMIT ").push_bind(self.limit).push(")");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use sqlx::Execute;

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

    #[tokio::test]
    async fn a_page_is_read_from_the_index_alone() {
        let (store, _folder) = empty().await;
        let after = RankedPosition { score: 0.5, lead_id: "ada".into() };
        for (list, after, band) in [(List::Leads, None, None), (List::Leads, Some(&after), Some(Band::B))] {
            let mut query = Page { target: "converted", list, after, limit: 50 }.query(band);
            let sql = format!("EXPLAIN QUERY PLAN {}", query.build().sql().as_str());
            let mut explained = sqlx::query(sqlx::AssertSqlSafe(sql));
            // The plan does not depend on the values.
            for _ in 0..99 {
                explained = explained.bind(None::<i64>);
            }
            let rows = explained.fetch_all(&store.lists).await;
            let plan: Vec<String> =
                rows.expect("a plan").iter().map(|row| row.try_get("detail").expect("a step")).collect();
            let of_index = |step: &&String| {
                step.contains("COVERING INDEX latest_prediction_ranked (target=? AND list=? AND band=?")
            };
            let parts = if band.is_some() { 2 } else { 4 };
            assert_eq!(plan.iter().filter(of_index).count(), parts, "{plan:#?}");
            assert!(
                !plan.iter().any(|step| step.starts_with("SCAN latest_prediction") || step == "SCAN p"),
                "{plan:#?}"
            );
            assert!(plan.iter().all(|step| !step.contains("TEMP B-TREE") || step.contains("ORDER BY")), "{plan:#?}");
        }
    }

    fn brief(lead_id: &str) -> LeadBrief {
        let (name, company, industry, channel) = (None, None, None, None);
        LeadBrief { lead_id: lead_id.into(), name, company, industry, channel, created_at: hour_of_new_year(0) }
    }
}
