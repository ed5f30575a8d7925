//! A version of the ground with any number of synthetic leads: the same rows for the same number of leads.
//!
//! The files are as `plumb ingest` writes them: leads in the order of their ids, events by month and in that order. A
//! lead's id does not depend on when it was created, so that the events of neighbours lie in all months. No more rows
//! than a row group of each file are held.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::error::Error;
use std::fs::File;
use std::path::Path;

use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use plumb_lake::Counts;

use crate::synthetic_rows::{EventRows, Lead, LeadRows, OutcomeRows, Rng, Rows};

/// As in the ground that `plumb ingest` writes.
const ROW_GROUP_ROWS: usize = 8_192;

/// Days in which leads are created.
const DAYS: u64 = 700;

const DAY: i64 = 86_400_000_000;

/// 2024-01-01.
const FIRST_DAY: i64 = 19_723 * DAY;

/// Writes the ground of so many leads, with 25 events each on average, unless it is there.
pub(crate) fn write(data: &Path, leads: usize) -> Result<(), Box<dyn Error>> {
    let (current, version) = (data.join("ground/CURRENT"), data.join("ground/000001"));
    let report = version.join("report.json");
    if current.is_file() && report.is_file() {
        return Ok(());
    }
    std::fs::create_dir_all(version.join("event"))?;
    let mut lead_file = Relation::create(&version.join("lead.parquet"), LeadRows::default())?;
    let mut outcome_file = Relation::create(&version.join("outcome.parquet"), OutcomeRows::default())?;
    let mut months: BTreeMap<i64, Relation<EventRows>> = BTreeMap::new();
    for number in 0..leads {
        let mut rng = Rng::new(number as u64);
        let created_at = FIRST_DAY + rng.below(DAYS * 86_400) as i64 * 1_000_000;
        let lead = Lead { lead_id: format!("lead:{number:08}"), created_at };
        lead_file.rows.add(&lead, &mut rng);
        outcome_file.rows.add(&lead, &mut rng);
        for at in event_times(created_at, &mut rng) {
            let month = (at - FIRST_DAY) / (30 * DAY);
            let month = match months.entry(month) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let path = version.join("event").join(format!("{month:03}.parquet"));
                    new.insert(Relation::create(&path, EventRows::default())?)
                }
            };
            month.rows.add(&lead, at, &mut rng);
            month.write_full()?;
        }
        lead_file.write_full()?;
        outcome_file.write_full()?;
    }
    lead_file.finish()?;
    outcome_file.finish()?;
    for month in months.into_values() {
        month.finish()?;
    }
    // The report that a version needs: it is not measured.
    let summary = serde_json::json!({ "derived_from": "", "counts": Counts::default(), "rejected": [] });
    std::fs::write(report, summary.to_string())?;
    // From here on the version is current.
    std::fs::write(current, "000001")?;
    Ok(())
}

/// Returns when a lead's events happen: some leads have none, a few have many, and most are of the first weeks.
fn event_times(created_at: i64, rng: &mut Rng) -> Vec<i64> {
    let count = match rng.below(100) {
        0..5 => 0,
        5 => 300,
        _ => 4 + rng.below(40),
    };
    let mut times: Vec<i64> = (0..count).map(|_| created_at + rng.below(60 * 86_400) as i64 * 1_000_000).collect();
    times.sort_unstable();
    times
}

struct Relation<R> {
    rows: R,
    writer: ArrowWriter<File>,
}

impl<R: Rows> Relation<R> {
    fn create(path: &Path, mut rows: R) -> Result<Relation<R>, Box<dyn Error>> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let schema = rows.take().schema();
        Ok(Relation { rows, writer: ArrowWriter::try_new(File::create(path)?, schema, Some(properties))? })
    }

    fn write_full(&mut self) -> Result<(), Box<dyn Error>> {
        if self.rows.len() >= ROW_GROUP_ROWS {
            self.writer.write(&self.rows.take())?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Box<dyn Error>> {
        self.writer.write(&self.rows.take())?;
        self.writer.close()?;
        Ok(())
    }
}
