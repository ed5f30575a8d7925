//! Ground truth: which predictions an event of a caller's has, and what became of it.

use std::sync::LazyLock;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use super::insert::{Insert, Statement};
use super::{Store, moment, stored};
use crate::journal::Record;

/// What became of the rows of one event, and where that is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Truth {
    /// The caller's name for the event, or ours.
    pub(crate) event_id: String,
    /// A label a row.
    pub(crate) labels: Vec<bool>,
    /// The hour in whose folder it was found.
    pub(crate) hour: DateTime<Utc>,
    /// The file.
    pub(crate) file: String,
    /// The line in it.
    pub(crate) line: u32,
}

/// What became of some truths that were to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// They were not known.
    pub(crate) new: usize,
    /// They say what was known.
    pub(crate) same: usize,
    /// They took the place of others.
    pub(crate) changed: usize,
    /// Others of later lines stayed in their place.
    pub(crate) outdated: usize,
}

/// A prediction with the truth that speaks of its event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    /// What became of the event.
    pub(crate) truth: Truth,
    /// Which of the event's rows the prediction is.
    pub(crate) row: usize,
    /// The variant that made it; none if the event is the prediction itself.
    pub(crate) variant: Option<String>,
    /// Whether nobody was told of it.
    pub(crate) shadow: bool,
    /// The target.
    pub(crate) target: String,
    /// The model.
    pub(crate) model_id: String,
    /// The lead, or the caller's name for the row.
    pub(crate) lead_id: String,
    /// The moment that it speaks of.
    pub(crate) as_of: DateTime<Utc>,
    /// The score.
    pub(crate) score: f64,
}

/// All predictions that a truth speaks of: by the event's name, as answers and in the shadow, or by their own ids.
const TOLD: &str = "
    SELECT t.*, e.row, e.variant, 0 AS shadow, p.target, p.model_id, p.lead_id, p.as_of, p.score
    FROM truth t JOIN event_prediction e USING (event_id) JOIN prediction p USING (prediction_id)
    UNION ALL
    SELECT t.*, e.row, e.variant, 1, s.target, s.model_id, s.lead_id, s.as_of, s.score
    FROM truth t JOIN event_prediction e USING (event_id) JOIN shadow_prediction s USING (prediction_id)
    UNION ALL
    SELECT t.*, 0, NULL, 0, p.target, p.model_id, p.lead_id, p.as_of, p.score
    FROM truth t JOIN prediction p ON p.prediction_id = t.event_id";

impl Store {
    /// Keeps truths, all of them or none. Of two that speak of one event, that of the later line stays.
    pub(crate) async fn keep_truths(&self, truths: &[Truth]) -> Result<Kept> {
        let mut transaction = self.write().await?;
        let mut kept = Kept::default();
        for truth in truths {
            keep(&mut transaction, truth, &mut kept).await.context("cannot store ground truth")?;
        }
        transaction.commit().await.context("cannot commit ground truth")?;
        Ok(kept)
    }

    /// Returns all predictions of which the truth is known.
    pub(crate) async fn told(&self) -> Result<Vec<Told>> {
        let rows = sqlx::query(TOLD).fetch_all(&self.readers).await.context("cannot read ground truth")?;
        rows.iter().map(|row| told(row).context("stored ground truth is unreadable")).collect()
    }

    /// Returns the truths that speak of no prediction that is here.
    pub(crate) async fn truths_of_nothing(&self) -> Result<Vec<Truth>> {
        let rows = sqlx::query(
            "SELECT * FROM truth t
             WHERE NOT EXISTS (SELECT 1 FROM event_prediction e WHERE e.event_id = t.event_id)
               AND NOT EXISTS (SELECT 1 FROM prediction p WHERE p.prediction_id = t.event_id)
             ORDER BY hour, file, line",
        );
        let rows = rows.fetch_all(&self.readers).await.context("cannot read ground truth")?;
        rows.iter().map(|row| read(row).context("stored ground truth is unreadable")).collect()
    }
}

static EVENTS: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("event_prediction (prediction_id, event_id, row, variant)", 4, ""));

/// Notes by which names of callers predictions were made.
pub(super) async fn note_events(transaction: &mut Transaction<'static, Sqlite>, records: &[Record]) -> Result<()> {
    let named = records.iter().filter_map(|record| Some((record.event_id.as_deref()?, record)));
    let rows: Vec<(&str, &Record, usize)> =
        named.flat_map(|(event, record)| (0..record.rows.len()).map(move |row| (event, record, row))).collect();
    let bind = |statement: Statement, (event, record, row): &(&str, &Record, usize)| {
        statement
            .bind(record.rows[*row].prediction_id.clone())
            .bind((*event).to_owned())
            .bind(*row as i64)
            .bind(record.variant.clone())
    };
    EVENTS.execute(transaction, &rows, bind).await?;
    Ok(())
}

async fn keep(transaction: &mut Transaction<'static, Sqlite>, truth: &Truth, kept: &mut Kept) -> Result<()> {
    let found = sqlx::query("SELECT * FROM truth WHERE event_id = ?").bind(&truth.event_id);
    let found = found.fetch_optional(&mut **transaction).await?.map(|row| read(&row)).transpose()?;
    let place = |truth: &Truth| (truth.hour, truth.file.clone(), truth.line);
    let is_later = found.as_ref().is_none_or(|found| place(truth) >= place(found));
    match &found {
        None => kept.new += 1,
        Some(found) if found.labels == truth.labels => kept.same += 1,
        Some(_) if is_later => kept.changed += 1,
        Some(_) => kept.outdated += 1,
    }
    if is_later && found.as_ref() != Some(truth) {
        let labels: String = truth.labels.iter().map(|label| if *label { '1' } else { '0' }).collect();
        sqlx::query("INSERT OR REPLACE INTO truth (event_id, labels, hour, file, line) VALUES (?, ?, ?, ?, ?)")
            .bind(&truth.event_id)
            .bind(labels)
            .bind(stored(truth.hour))
            .bind(&truth.file)
            .bind(truth.line)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

fn read(row: &SqliteRow) -> Result<Truth> {
    Ok(Truth {
        event_id: row.try_get("event_id")?,
        labels: row.try_get::<String, _>("labels")?.bytes().map(|label| label == b'1').collect(),
        hour: moment(row.try_get("hour")?)?,
        file: row.try_get("file")?,
        line: row.try_get("line")?,
    })
}

fn told(row: &SqliteRow) -> Result<Told> {
    Ok(Told {
        truth: read(row)?,
        row: usize::try_from(row.try_get::<i64, _>("row")?)?,
        variant: row.try_get("variant")?,
        shadow: row.try_get("shadow")?,
        target: row.try_get("target")?,
        model_id: row.try_get("model_id")?,
        lead_id: row.try_get("lead_id")?,
        as_of: moment(row.try_get("as_of")?)?,
        score: row.try_get("score")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{empty, hour_of_new_year, prediction};
    use super::*;
    use crate::store::PredictionRow;

    fn truth(event_id: &str, label: bool, hour: u32, line: u32) -> Truth {
        let (labels, hour) = (vec![label], hour_of_new_year(hour));
        Truth { event_id: event_id.into(), labels, hour, file: "a.jsonl".into(), line }
    }

    fn record(variant: &str, shadow: bool, event_id: Option<&str>, ids: &[&str]) -> Record {
        let row = |id: &&str| PredictionRow::of(&prediction(id, "ada", 1, 0.5)).expect("plain values");
        let (rows, event_id) = (ids.iter().map(row).collect(), event_id.map(str::to_owned));
        Record { variant: variant.into(), shadow, event_id, rows, capture: None }
    }

    #[tokio::test]
    async fn the_later_line_stays_whatever_the_order_in_which_lines_are_read() {
        let (store, _folder) = empty().await;
        let [first, second, third] = [(true, 1), (false, 2), (true, 3)].map(|(label, hour)| truth("e", label, hour, 1));
        let kept = async |truths: &[Truth]| {
            let Kept { new, same, changed, outdated } = store.keep_truths(truths).await.expect("written");
            [new, same, changed, outdated]
        };
        assert_eq!(kept(&[first.clone(), third.clone()]).await, [1, 1, 0, 0]);
        assert_eq!(
            kept(std::slice::from_ref(&second)).await,
            [0, 0, 0, 1],
            "the third says the same as the first, and is later"
        );
        assert_eq!(kept(&[first, second, third.clone()]).await, [0, 2, 0, 1]);
        assert_eq!(kept(&[truth("e", false, 3, 2)]).await, [0, 0, 1, 0]);
        assert_eq!(store.truths_of_nothing().await.expect("read"), [truth("e", false, 3, 2)]);
    }

    #[tokio::test]
    async fn truths_find_answers_shadows_and_predictions_by_their_names() {
        let (store, _folder) = empty().await;
        let records = [
            record("AllTraffic", false, Some("mine"), &["p1", "p2"]),
            record("dark", true, Some("mine"), &["s1", "s2"]),
            record("AllTraffic", false, None, &["p3"]),
        ];
        store.load_journal("segment", 1, &records).await.expect("new");
        let mut mine = truth("mine", true, 2, 1);
        mine.labels.push(false);
        store.keep_truths(&[mine, truth("p3", true, 2, 2), truth("nobody", true, 2, 3)]).await.expect("written");
        let mut told: Vec<(usize, Option<String>, bool)> =
            store.told().await.expect("read").into_iter().map(|told| (told.row, told.variant, told.shadow)).collect();
        told.sort();
        let [answered, dark] = ["AllTraffic", "dark"].map(|name| Some(name.to_owned()));
        assert_eq!(
            told,
            [
                (0, None, false),
                (0, answered.clone(), false),
                (0, dark.clone(), true),
                (1, answered, false),
                (1, dark, true)
            ]
        );
        assert_eq!(store.truths_of_nothing().await.expect("read"), [truth("nobody", true, 2, 3)]);
    }
}
