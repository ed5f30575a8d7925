//! Ground truth: the labels of events, and the predictions that they belong to.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use super::database::{ROWS_PER_TRANSACTION, Store};
use super::timestamps::{from_micros, to_micros};

/// The labels of the rows of one event, and where they are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EventLabels {
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

/// How many events' labels were stored, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoredLabels {
    /// Events that were not there.
    pub(crate) new: usize,
    /// Events that were there with the same labels.
    pub(crate) unchanged: usize,
    /// Events whose labels were replaced.
    pub(crate) changed: usize,
    /// Events whose labels stayed: they are of a later line.
    pub(crate) outdated: usize,
}

/// A prediction with the ground truth of its event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LabelledPrediction {
    /// The event with its labels.
    pub(crate) event: EventLabels,
    /// Which of the event's rows the prediction is.
    pub(crate) row: usize,
    /// The variant that made it; none if the event is the prediction itself.
    pub(crate) variant: Option<String>,
    /// Whether it was made in the shadow.
    pub(crate) shadow: bool,
    /// The target.
    pub(crate) target: String,
    /// The model.
    pub(crate) model_id: String,
    /// The lead, or the caller's name for the row.
    pub(crate) lead_id: String,
    /// The prediction's `as_of`.
    pub(crate) as_of: DateTime<Utc>,
    /// The score.
    pub(crate) score: f64,
}

/// All predictions that have ground truth: by the event's id, as answered and in the shadow, or by their own ids.
const LABELLED: &str = "
    SELECT t.*, e.row, e.variant, 0 AS shadow, p.target, p.model_id, p.lead_id, p.as_of, p.score
    FROM ground_truth t JOIN event_prediction e USING (event_id) JOIN prediction p USING (prediction_id)
    UNION ALL
    SELECT t.*, e.row, e.variant, 1, s.target, s.model_id, s.lead_id, s.as_of, s.score
    FROM ground_truth t JOIN event_prediction e USING (event_id) JOIN shadow_prediction s USING (prediction_id)
    UNION ALL
    SELECT t.*, 0, NULL, 0, p.target, p.model_id, p.lead_id, p.as_of, p.score
    FROM ground_truth t JOIN prediction p ON p.prediction_id = t.event_id";

impl Store {
    /// Stores ground truth. Of two lines on one event, the later one stays, so a run that was killed may be repeated: it is
    /// stored in parts, for which nobody has to wait long.
    pub(crate) async fn store_labels(&self, all: &[EventLabels]) -> Result<StoredLabels> {
        let mut counts = StoredLabels::default();
        for (index, events) in all.chunks(ROWS_PER_TRANSACTION).enumerate() {
            if index > 0 {
                self.let_others_write().await;
            }
            let mut transaction = self.write().await?;
            for event in events {
                insert(&mut transaction, event, &mut counts).await.context("cannot store ground truth")?;
            }
            transaction.commit().await.context("cannot commit ground truth")?;
        }
        Ok(counts)
    }

    /// Returns all predictions that have ground truth.
    pub(crate) async fn labelled_predictions(&self) -> Result<Vec<LabelledPrediction>> {
        let rows = sqlx::query(LABELLED).fetch_all(&self.readers).await.context("cannot read ground truth")?;
        rows.iter().map(|row| labelled(row).context("stored ground truth is unreadable")).collect()
    }

    /// Returns the ground truth of events that have no prediction here.
    pub(crate) async fn unmatched_labels(&self) -> Result<Vec<EventLabels>> {
        let rows = sqlx::query(
            "SELECT * FROM ground_truth t
             WHERE NOT EXISTS (SELECT 1 FROM event_prediction e WHERE e.event_id = t.event_id)
               AND NOT EXISTS (SELECT 1 FROM prediction p WHERE p.prediction_id = t.event_id)
             ORDER BY hour, file, line",
        );
        let rows = rows.fetch_all(&self.readers).await.context("cannot read ground truth")?;
        rows.iter().map(|row| read(row).context("stored ground truth is unreadable")).collect()
    }
}

async fn insert(
    transaction: &mut Transaction<'static, Sqlite>,
    event: &EventLabels,
    counts: &mut StoredLabels,
) -> Result<()> {
    let found = sqlx::query("SELECT * FROM ground_truth WHERE event_id = ?").bind(&event.event_id);
    let found = found.fetch_optional(&mut **transaction).await?.map(|row| read(&row)).transpose()?;
    let place = |event: &EventLabels| (event.hour, event.file.clone(), event.line);
    let is_later = found.as_ref().is_none_or(|found| place(event) >= place(found));
    match &found {
        None => counts.new += 1,
        Some(found) if found.labels == event.labels => counts.unchanged += 1,
        Some(_) if is_later => counts.changed += 1,
        Some(_) => counts.outdated += 1,
    }
    if is_later && found.as_ref() != Some(event) {
        let labels: String = event.labels.iter().map(|label| if *label { '1' } else { '0' }).collect();
        sqlx::query("INSERT OR REPLACE INTO ground_truth (event_id, labels, hour, file, line) VALUES (?, ?, ?, ?, ?)")
            .bind(&event.event_id)
            .bind(labels)
            .bind(to_micros(event.hour))
            .bind(&event.file)
            .bind(event.line)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

fn read(row: &SqliteRow) -> Result<EventLabels> {
    Ok(EventLabels {
        event_id: row.try_get("event_id")?,
        labels: row.try_get::<String, _>("labels")?.bytes().map(|label| label == b'1').collect(),
        hour: from_micros(row.try_get("hour")?)?,
        file: row.try_get("file")?,
        line: row.try_get("line")?,
    })
}

fn labelled(row: &SqliteRow) -> Result<LabelledPrediction> {
    Ok(LabelledPrediction {
        event: read(row)?,
        row: usize::try_from(row.try_get::<i64, _>("row")?)?,
        variant: row.try_get("variant")?,
        shadow: row.try_get("shadow")?,
        target: row.try_get("target")?,
        model_id: row.try_get("model_id")?,
        lead_id: row.try_get("lead_id")?,
        as_of: from_micros(row.try_get("as_of")?)?,
        score: row.try_get("score")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{empty, hour_of_new_year, prediction};
    use super::super::{PredictionRow, RecordedCall};
    use super::*;

    fn truth(event_id: &str, label: bool, hour: u32, line: u32) -> EventLabels {
        let (labels, hour) = (vec![label], hour_of_new_year(hour));
        EventLabels { event_id: event_id.into(), labels, hour, file: "a.jsonl".into(), line }
    }

    fn call(variant: &str, shadow: bool, event_id: Option<&str>, ids: &[&str]) -> RecordedCall {
        let row = |id: &&str| PredictionRow::of(&prediction(id, "ada", 1, 0.5)).expect("plain values");
        let (rows, event_id) = (ids.iter().map(row).collect(), event_id.map(str::to_owned));
        RecordedCall { variant: variant.into(), shadow, event_id, first_row: 0, rows }
    }

    #[tokio::test]
    async fn the_later_line_stays_whatever_the_order_in_which_lines_are_read() {
        let (store, _folder) = empty().await;
        let [first, second, third] = [(true, 1), (false, 2), (true, 3)].map(|(label, hour)| truth("e", label, hour, 1));
        let counts = async |all: &[EventLabels]| {
            let counts = store.store_labels(all).await.expect("written");
            let StoredLabels { new, unchanged, changed, outdated } = counts;
            [new, unchanged, changed, outdated]
        };
        assert_eq!(counts(&[first.clone(), third.clone()]).await, [1, 1, 0, 0]);
        assert_eq!(
            counts(std::slice::from_ref(&second)).await,
            [0, 0, 0, 1],
            "the third has the same label as the first, and is later"
        );
        assert_eq!(counts(&[first, second, third.clone()]).await, [0, 2, 0, 1]);
        assert_eq!(counts(&[truth("e", false, 3, 2)]).await, [0, 0, 1, 0]);
        assert_eq!(store.unmatched_labels().await.expect("read"), [truth("e", false, 3, 2)]);
    }

    #[tokio::test]
    async fn a_call_that_was_recorded_in_parts_has_its_rows() {
        let (store, _folder) = empty().await;
        let first = call("AllTraffic", false, Some("mine"), &["p1", "p2"]);
        let second = RecordedCall { first_row: 2, ..call("AllTraffic", false, Some("mine"), &["p3"]) };
        store.load_journal("segment", 1, &[&first, &second], &[]).await.expect("new");
        let mine = EventLabels { labels: vec![true, false, true], ..truth("mine", true, 2, 1) };
        store.store_labels(&[mine]).await.expect("written");
        let labelled = store.labelled_predictions().await.expect("read");
        let mut rows: Vec<usize> = labelled.into_iter().map(|labelled| labelled.row).collect();
        rows.sort_unstable();
        assert_eq!(rows, [0, 1, 2]);
    }

    #[tokio::test]
    async fn ground_truth_finds_answered_and_shadow_predictions_by_event_or_prediction_id() {
        let (store, _folder) = empty().await;
        let calls = [
            call("AllTraffic", false, Some("mine"), &["p1", "p2"]),
            call("dark", true, Some("mine"), &["s1", "s2"]),
            call("AllTraffic", false, None, &["p3"]),
        ];
        store.load_journal("segment", 1, &calls.each_ref(), &[]).await.expect("new");
        let mut mine = truth("mine", true, 2, 1);
        mine.labels.push(false);
        let all = [mine, truth("p3", true, 2, 2), truth("nobody", true, 2, 3)];
        store.store_labels(&all).await.expect("written");
        let labelled = store.labelled_predictions().await.expect("read");
        let mut found: Vec<(usize, Option<String>, bool)> =
            labelled.into_iter().map(|labelled| (labelled.row, labelled.variant, labelled.shadow)).collect();
        found.sort();
        let [answered, dark] = ["AllTraffic", "dark"].map(|name| Some(name.to_owned()));
        assert_eq!(
            found,
            [
                (0, None, false),
                (0, answered.clone(), false),
                (0, dark.clone(), true),
                (1, answered, false),
                (1, dark, true)
            ]
        );
        assert_eq!(store.unmatched_labels().await.expect("read"), [truth("nobody", true, 2, 3)]);
    }
}
