//! A prediction in the form in which it is stored.

use std::sync::Arc;

use anyhow::Result;
use plumb_lead::{Band, Interval, Prediction, Score};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::timestamps::{from_micros, to_micros};

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
            as_of: to_micros(prediction.as_of),
            score: prediction.score.get(),
            band: prediction.band,
            interval: prediction.interval,
            reasons_json: serde_json::to_string(&prediction.reasons)?.into(),
            provenance_json: serde_json::to_string(&prediction.provenance)?.into(),
        })
    }

    /// Whether it is of a row that came without a lead's id: there will not be another prediction of the same.
    pub(super) fn is_nameless(&self) -> bool {
        self.lead_id == self.prediction_id
    }
}

/// The columns of a prediction, in the order in which [`read`] names them.
pub(super) const COLUMNS: &str = "p.rowid AS stored_order, p.prediction_id, p.lead_id, p.target, p.model_id, p.as_of, p.score, p.band, \
     p.reasons_json, p.provenance_json, p.low, p.high";

/// Returns the prediction in the columns that [`COLUMNS`] names.
pub(super) fn read(row: &SqliteRow) -> Result<Prediction> {
    Ok(Prediction {
        prediction_id: row.try_get("prediction_id")?,
        lead_id: row.try_get("lead_id")?,
        target: row.try_get("target")?,
        model_id: row.try_get("model_id")?,
        as_of: from_micros(row.try_get("as_of")?)?,
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
