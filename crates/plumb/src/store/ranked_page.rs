//! The query of one page of the ranked list, which reads what it shows and nothing else.

use plumb_lead::Band;
use sqlx::{QueryBuilder, Sqlite};

use super::prediction_row::COLUMNS;

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
pub(super) enum List {
    /// The leads that the sources know and that are not decided. A row that came with a request and was scored is not one of
    /// our leads ...
    Leads = 1,
    /// ... unless there are no leads at all: then rows are all there is. Of those without a lead's id only the newest are
    /// looked at: no index would find the best of a million.
    Rows = 2,
}

/// The rows without a lead's id that are looked at.
pub(super) const NAMELESS: &str = "prediction p WHERE p.rowid > (SELECT max(rowid) FROM prediction) - 10000
    AND p.lead_id = p.prediction_id AND p.target = ";

const BANDS: [Band; 4] = [Band::A, Band::B, Band::C, Band::D];

/// A page that is asked for.
pub(super) struct RankedPage<'a> {
    pub(super) target: &'a str,
    pub(super) list: List,
    pub(super) after: Option<&'a RankedPosition>,
    pub(super) limit: i64,
}

impl RankedPage<'_> {
    /// Returns the query of the page. It merges parts that are each in the order of the index already, and as long as the
    /// page at most: for each band the leads of the same score as the position's, and those of a lower one.
    pub(super) fn query(&self, band: Option<Band>) -> QueryBuilder<Sqlite> {
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
    use sqlx::{Execute, Row};

    use super::super::tests::empty;
    use super::*;

    #[tokio::test]
    async fn a_page_is_read_from_the_index_alone() {
        let (store, _folder) = empty().await;
        let after = RankedPosition { score: 0.5, lead_id: "ada".into() };
        for (list, after, band) in [(List::Leads, None, None), (List::Leads, Some(&after), Some(Band::B))] {
            let mut query = RankedPage { target: "converted", list, after, limit: 50 }.query(band);
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
}
