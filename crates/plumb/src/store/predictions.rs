//! Predictions: an append-only log, and the newest one of each lead for the ranked list.

use anyhow::{Context, Result};
use plumb_lead::{Band, Interval, Prediction, Score};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, Transaction};

use super::{ROWS_PER_INSERT, Store, moment, stored};

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
     p.basis_json, p.low, p.high";

/// Which leads are on the ranked list: those that are not closed, and of which the sources know something. A row that a
/// caller brought along and had scored is no lead of ours, unless there are no leads at all: then rows are all there is.
const LISTED: &str = " AND NOT EXISTS (SELECT 1 FROM closed c WHERE c.target = n.target AND c.lead_id = n.lead_id)
    AND (EXISTS (SELECT 1 FROM lead_brief b WHERE b.lead_id = n.lead_id) OR NOT EXISTS (SELECT 1 FROM lead_brief))";

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
        let mut query = select("FROM latest n JOIN prediction p USING (prediction_id) WHERE n.target = ");
        query.push_bind(target);
        query.push(LISTED);
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
        let mut query = QueryBuilder::<Sqlite>::new("SELECT n.band, count(*) FROM latest n WHERE n.target = ");
        query.push_bind(target).push(LISTED).push(" GROUP BY n.band");
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
        append(&mut self.transaction, predictions).await
    }

    /// Ends it.
    pub(crate) async fn commit(self) -> Result<()> {
        self.transaction.commit().await.context("cannot commit predictions")
    }
}

/// Appends predictions in a transaction of somebody else's.
pub(super) async fn append(transaction: &mut Transaction<'static, Sqlite>, predictions: &[Prediction]) -> Result<()> {
    for chunk in predictions.chunks(ROWS_PER_INSERT) {
        insert(transaction, chunk).await.context("cannot store predictions")?;
        note_latest(transaction, chunk).await.context("cannot store the newest predictions")?;
    }
    Ok(())
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
        basis: serde_json::from_str(row.try_get("basis_json")?)?,
    })
}

fn select(rest: &'static str) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" ").push(rest);
    query
}

async fn insert(transaction: &mut Transaction<'static, Sqlite>, predictions: &[Prediction]) -> Result<()> {
    let json = |prediction: &Prediction| {
        Ok((serde_json::to_string(&prediction.reasons)?, serde_json::to_string(&prediction.basis)?))
    };
    let json = predictions.iter().map(json).collect::<Result<Vec<(String, String)>, serde_json::Error>>()?;
    let mut query = QueryBuilder::<Sqlite>::new(
        "INSERT INTO prediction \
         (prediction_id, lead_id, target, model_id, as_of, score, band, reasons_json, basis_json, low, high) ",
    );
    query.push_values(predictions.iter().zip(json), |mut row, (prediction, (reasons, basis))| {
        row.push_bind(&prediction.prediction_id)
            .push_bind(&prediction.lead_id)
            .push_bind(&prediction.target)
            .push_bind(&prediction.model_id)
            .push_bind(stored(prediction.as_of))
            .push_bind(prediction.score.get())
            .push_bind(prediction.band.letter())
            .push_bind(reasons)
            .push_bind(basis)
            .push_bind(prediction.interval.map(|interval| interval.low))
            .push_bind(prediction.interval.map(|interval| interval.high));
    });
    query.build().execute(&mut **transaction).await?;
    Ok(())
}

/// Keeps `latest` true. A prediction that speaks of an earlier moment than the one there does not replace it; of two
/// that speak of the same moment, the later-made one wins (its id, a UUID of version 7, is larger).
async fn note_latest(transaction: &mut Transaction<'static, Sqlite>, predictions: &[Prediction]) -> Result<()> {
    let mut query =
        QueryBuilder::<Sqlite>::new("INSERT INTO latest (target, lead_id, prediction_id, as_of, score, band) ");
    query.push_values(predictions, |mut row, prediction| {
        row.push_bind(&prediction.target)
            .push_bind(&prediction.lead_id)
            .push_bind(&prediction.prediction_id)
            .push_bind(stored(prediction.as_of))
            .push_bind(prediction.score.get())
            .push_bind(prediction.band.letter());
    });
    query.push(
        " ON CONFLICT (target, lead_id) DO UPDATE SET prediction_id = excluded.prediction_id, \
         as_of = excluded.as_of, score = excluded.score, band = excluded.band \
         WHERE (excluded.as_of, excluded.prediction_id) > (latest.as_of, latest.prediction_id)",
    );
    query.build().execute(&mut **transaction).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{empty, prediction};
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
