//! Predictions: an append-only log, and the newest one of each lead for the ranked list.

use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result};
use plumb_lead::{Band, Interval, Prediction, Score};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, Transaction};

use super::insert::{Insert, Statement};
use super::{Store, moment, stored};

/// A prediction as it is stored: its texts are made once, for the journal and for the database.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PredictionRow {
    pub(crate) prediction_id: Arc<str>,
    pub(crate) lead_id: Arc<str>,
    pub(crate) target: Arc<str>,
    pub(crate) model_id: Arc<str>,
    pub(crate) as_of: i64,
    pub(crate) score: f64,
    pub(crate) band: Band,
    pub(crate) interval: Option<Interval>,
    pub(crate) reasons_json: Arc<str>,
    pub(crate) provenance_json: Arc<str>,
}

impl PredictionRow {
    pub(crate) fn of(prediction: &Prediction) -> Result<PredictionRow> {
        let prediction_id: Arc<str> = prediction.prediction_id.as_str().into();
        let is_named = prediction.lead_id != prediction.prediction_id;
        Ok(PredictionRow {
            lead_id: if is_named { prediction.lead_id.as_str().into() } else { prediction_id.clone() },
            prediction_id,
            target: prediction.target.as_str().into(),
            model_id: prediction.model_id.as_str().into(),
            as_of: stored(prediction.as_of),
            score: prediction.score.get(),
            band: prediction.band,
            interval: prediction.interval,
            reasons_json: serde_json::to_string(&prediction.reasons)?.into(),
            provenance_json: serde_json::to_string(&prediction.provenance)?.into(),
        })
    }

    /// Whether it is of a row that nobody gave a name: there will not be another of the same.
    fn is_nameless(&self) -> bool {
        self.lead_id == self.prediction_id
    }
}

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

/// The columns of a prediction, in the order in which [`read`] names them.
const COLUMNS: &str = "p.prediction_id, p.lead_id, p.target, p.model_id, p.as_of, p.score, p.band, p.reasons_json, \
     p.provenance_json, p.low, p.high";

/// Which leads are on the ranked list: those that are not closed, and of which the sources know something. A row that a
/// caller brought along and had scored is no lead of ours ...
const LEADS: &str = "(SELECT target, lead_id, prediction_id, score, band FROM latest l
    WHERE NOT EXISTS (SELECT 1 FROM closed c WHERE c.target = l.target AND c.lead_id = l.lead_id)
    AND EXISTS (SELECT 1 FROM lead_brief b WHERE b.lead_id = l.lead_id))";

/// ... unless there are no leads at all: then rows are all there is. Of those without a name only the newest are looked
/// at: nothing is kept of them that would find the best of a million.
const ROWS: &str = "(SELECT target, lead_id, prediction_id, score, band FROM latest l
    WHERE NOT EXISTS (SELECT 1 FROM closed c WHERE c.target = l.target AND c.lead_id = l.lead_id)
    UNION ALL
    SELECT target, lead_id, prediction_id, score, band FROM prediction
    WHERE rowid > (SELECT max(rowid) FROM prediction) - 10000 AND lead_id = prediction_id)";

impl Store {
    /// Appends predictions, all of them or none. An id that is there already is an error.
    #[cfg(test)]
    pub(crate) async fn insert_predictions(&self, predictions: &[Prediction]) -> Result<()> {
        let mut addition = self.add_predictions().await?;
        addition.append(predictions).await?;
        addition.commit().await
    }

    /// Begins to append predictions, block after block. They are there for others when the last is.
    pub(crate) async fn add_predictions(&self) -> Result<Addition> {
        Ok(Addition { transaction: self.write().await? })
    }

    /// Returns the prediction of an id.
    pub(crate) async fn prediction(&self, prediction_id: &str) -> Result<Option<Prediction>> {
        let mut query = select("FROM prediction p WHERE p.prediction_id = ");
        query.push_bind(prediction_id);
        Ok(self.predictions_by(query).await?.pop())
    }

    /// Returns the newest prediction of each open lead, best score first. Leads of equal score are in the order of
    /// their ids, so that pages do not overlap.
    pub(crate) async fn latest_predictions(
        &self,
        target: &str,
        limit: usize,
        offset: usize,
        band: Option<Band>,
    ) -> Result<Vec<Prediction>> {
        let mut query = select("FROM ");
        query.push(self.listed().await?).push(" n JOIN prediction p USING (prediction_id) WHERE n.target = ");
        query.push_bind(target);
        if let Some(band) = band {
            query.push(" AND n.band = ").push_bind(band.letter());
        }
        query.push(" ORDER BY n.score DESC, n.lead_id LIMIT ").push_bind(i64::try_from(limit)?);
        query.push(" OFFSET ").push_bind(i64::try_from(offset)?);
        self.predictions_by(query).await
    }

    /// Returns the predictions of a target that were made last, newest first.
    pub(crate) async fn newest_predictions(&self, target: &str, limit: usize) -> Result<Vec<Prediction>> {
        let mut query = select("FROM prediction p WHERE p.target = ");
        // An id begins with the moment at which it was made.
        query.push_bind(target).push(" ORDER BY p.prediction_id DESC LIMIT ").push_bind(i64::try_from(limit)?);
        self.predictions_by(query).await
    }

    /// Returns how many open leads stand in each band by their newest prediction.
    pub(crate) async fn band_counts(&self, target: &str) -> Result<BandCounts> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT n.band, count(*) FROM ");
        query.push(self.listed().await?).push(" n WHERE n.target = ").push_bind(target).push(" GROUP BY n.band");
        let rows = query.build().fetch_all(&self.readers).await.context("cannot count the leads of each band")?;
        let mut counts = BandCounts::default();
        for row in rows {
            let band: Band = row.try_get::<String, _>(0)?.parse()?;
            counts.counts[band as usize] = u64::try_from(row.try_get::<i64, _>(1)?)?;
        }
        Ok(counts)
    }

    /// Returns all predictions of a lead, for all targets, newest `as_of` first.
    pub(crate) async fn history_of_lead(&self, lead_id: &str) -> Result<Vec<Prediction>> {
        let mut query = select("FROM prediction p WHERE p.lead_id = ");
        query.push_bind(lead_id).push(" ORDER BY p.as_of DESC, p.prediction_id DESC");
        self.predictions_by(query).await
    }

    /// Returns what is on the ranked lists, as a table.
    async fn listed(&self) -> Result<&'static str> {
        let has_leads = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM lead_brief)").fetch_one(&self.readers);
        let has_leads: bool = has_leads.await.context("cannot see whether there are leads")?;
        Ok(if has_leads { LEADS } else { ROWS })
    }

    async fn predictions_by(&self, mut query: QueryBuilder<Sqlite>) -> Result<Vec<Prediction>> {
        let rows = query.build().fetch_all(&self.readers).await.context("cannot read predictions")?;
        rows.iter().map(|row| read(row).context("a stored prediction is unreadable")).collect()
    }
}

/// Predictions that are being appended: all of them or, if this is let go of, none.
pub(crate) struct Addition {
    transaction: Transaction<'static, Sqlite>,
}

impl Addition {
    /// Appends some more.
    pub(crate) async fn append(&mut self, predictions: &[Prediction]) -> Result<()> {
        let rows = predictions.iter().map(PredictionRow::of).collect::<Result<Vec<_>>>();
        let rows = rows.context("predictions cannot be written as JSON")?;
        append(&mut self.transaction, rows.iter()).await
    }

    /// Ends it.
    pub(crate) async fn commit(self) -> Result<()> {
        self.transaction.commit().await.context("cannot commit predictions")
    }
}

/// Appends predictions in a transaction of somebody else's.
pub(super) async fn append(
    transaction: &mut Transaction<'static, Sqlite>,
    predictions: impl Iterator<Item = &PredictionRow> + Clone,
) -> Result<()> {
    let all: Vec<&PredictionRow> = predictions.collect();
    INSERT.execute(transaction, &all, bind).await.context("cannot store predictions")?;
    let named: Vec<&PredictionRow> = all.into_iter().filter(|row| !row.is_nameless()).collect();
    LATEST.execute(transaction, &named, bind_latest).await.context("cannot store the newest predictions")
}

/// Returns the prediction in the columns that [`COLUMNS`] names.
pub(super) fn read(row: &SqliteRow) -> Result<Prediction> {
    Ok(Prediction {
        prediction_id: row.try_get("prediction_id")?,
        lead_id: row.try_get("lead_id")?,
        target: row.try_get("target")?,
        model_id: row.try_get("model_id")?,
        as_of: moment(row.try_get("as_of")?)?,
        score: Score::new(row.try_get("score")?)?,
        interval: row
            .try_get::<Option<f64>, _>("low")?
            .zip(row.try_get("high")?)
            .map(|(low, high)| Interval { low, high }),
        band: row.try_get::<String, _>("band")?.parse()?,
        reasons: serde_json::from_str(row.try_get("reasons_json")?)?,
        provenance: serde_json::from_str(row.try_get("provenance_json")?)?,
    })
}

fn select(rest: &'static str) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" ").push(rest);
    query
}

static INSERT: LazyLock<Insert> = LazyLock::new(|| {
    let into = "prediction \
         (prediction_id, lead_id, target, model_id, as_of, score, band, reasons_json, provenance_json, low, high)";
    Insert::new(into, 11, "")
});

fn bind(statement: Statement, row: &&PredictionRow) -> Statement {
    statement
        .bind(row.prediction_id.clone())
        .bind(row.lead_id.clone())
        .bind(row.target.clone())
        .bind(row.model_id.clone())
        .bind(row.as_of)
        .bind(row.score)
        .bind(row.band.letter())
        .bind(row.reasons_json.clone())
        .bind(row.provenance_json.clone())
        .bind(row.interval.map(|interval| interval.low))
        .bind(row.interval.map(|interval| interval.high))
}

/// Keeps `latest` true. A prediction that speaks of an earlier moment than the one there does not replace it; of two
/// that speak of the same moment, the later-made one wins (its id, a UUID of version 7, is larger). Of a row without a
/// name there is only one prediction, which is found in the log.
static LATEST: LazyLock<Insert> = LazyLock::new(|| {
    let replace = " ON CONFLICT (target, lead_id) DO UPDATE SET prediction_id = excluded.prediction_id, \
         as_of = excluded.as_of, score = excluded.score, band = excluded.band \
         WHERE (excluded.as_of, excluded.prediction_id) > (latest.as_of, latest.prediction_id)";
    Insert::new("latest (target, lead_id, prediction_id, as_of, score, band)", 6, replace)
});

fn bind_latest(statement: Statement, row: &&PredictionRow) -> Statement {
    statement
        .bind(row.target.clone())
        .bind(row.lead_id.clone())
        .bind(row.prediction_id.clone())
        .bind(row.as_of)
        .bind(row.score)
        .bind(row.band.letter())
}

#[cfg(test)]
mod tests {
    use super::super::LeadBrief;
    use super::super::tests::{empty, hour_of_new_year, prediction};
    use super::*;

    #[tokio::test]
    async fn leads_are_ranked_by_their_newest_prediction() {
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
        store.keep_listed("converted", &["ada"]).await.expect("written");
        assert_eq!(ids(store.latest_predictions("converted", 10, 0, None).await.expect("read")), ["p3"]);
        assert_eq!(store.band_counts("converted").await.expect("read").total(), 1);
    }

    #[tokio::test]
    async fn rows_without_a_name_are_listed_where_there_are_no_leads() {
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

    #[tokio::test]
    async fn a_batch_is_stored_as_a_whole_or_not_at_all() {
        let (store, _folder) = empty().await;
        let mut batch: Vec<Prediction> =
            (0..1200).map(|row| prediction(&format!("p{row:04}"), &format!("lead {row}"), 1, 0.5)).collect();
        store.insert_predictions(&batch).await.expect("more rows than one INSERT takes");
        assert_eq!(store.band_counts("converted").await.expect("read").total(), 1200);

        batch.truncate(1);
        batch.insert(0, prediction("new", "new", 1, 0.5));
        let error = store.insert_predictions(&batch).await.expect_err("p0000 is there already");
        assert!(format!("{error:#}").contains("prediction_id"), "{error:#}");
        assert_eq!(store.prediction("new").await.expect("read"), None);
    }
}
