//! Puts the events of touched leads in the place of those that they had in the version before.

use datafusion::arrow::array::{Array, AsArray, BooleanArray, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use datafusion::arrow::error::ArrowError;

use super::derived_partition::{DerivedFacts, DerivedPartition};
use super::event_times::EarlyEvents;
use super::lead_ranges::rows_before;
use super::new_events::NewEvents;
use crate::error::Error;
use crate::files::file_hash::FileHash;
use crate::files::parquet_files::read_parquet;
use crate::ground::shared_files::SharedFiles;

/// The events of a partition, beside those of the version before.
pub(super) enum Spliced {
    /// They are as they were, and so are the leads.
    Same(DerivedFacts<EarlyEvents>),
    /// They are as they were, but the leads are not.
    OtherLeads(DerivedFacts<EarlyEvents>, RecordBatch),
    /// All rows.
    Rows(RecordBatch),
}

impl NewEvents {
    /// Returns the events of the leads with the ids from the first to before the end, given the file of those leads.
    pub(super) fn of_partition(
        &self,
        (first, end): (&str, Option<&str>),
        leads: Option<&FileHash>,
        shared: &SharedFiles,
    ) -> Result<Spliced, Error> {
        let is_within = |lead: &str| lead >= first && end.is_none_or(|end| lead < end);
        let is_touched = self.touched.leads.range(first.to_owned()..).next().is_some_and(|lead| is_within(lead));
        let before = self.partitions_between(first, end);
        if let [(partition, its_end)] = before.as_slice()
            && !is_touched
            && (partition.first.as_str(), *its_end) == (first, end)
        {
            let events = partition.events.clone();
            let is_same = partition.leads.versions.file.as_ref() == leads;
            return match &events.facts.file {
                Some(file) if !is_same => {
                    let rows = read_parquet(&shared.path(file))?;
                    Ok(Spliced::OtherLeads(events, rows))
                }
                _ => Ok(Spliced::Same(events)),
            };
        }
        let mut rows = Vec::new();
        for file in before.iter().filter_map(|(partition, _)| partition.events.facts.file.as_ref()) {
            let batch = read_parquet(&shared.path(file))?;
            let is_kept = batch["lead_id"].as_string::<i32>().iter().flatten();
            let is_kept = is_kept.map(|lead| Some(is_within(lead) && !self.touched.leads.contains(lead)));
            let kept = filter_record_batch(&batch, &is_kept.collect::<BooleanArray>());
            rows.push(kept.map_err(Error::engine("keep the events of other leads"))?);
        }
        let touched = between(&self.touched.events, first, end);
        Ok(Spliced::Rows(spliced(&rows, &touched).map_err(Error::engine("put events in their places"))?))
    }

    /// Returns the partitions of the version before that can have leads from the first to before the end, each with where it
    /// ends.
    fn partitions_between(&self, first: &str, end: Option<&str>) -> Vec<(&DerivedPartition, Option<&str>)> {
        let ends = self.earlier.iter().skip(1).map(|partition| Some(partition.first.as_str())).chain([None]);
        let all = self.earlier.iter().zip(ends);
        let is_between = |(partition, its_end): &(&DerivedPartition, Option<&str>)| {
            its_end.is_none_or(|its_end| its_end > first) && end.is_none_or(|end| partition.first.as_str() < end)
        };
        all.filter(is_between).collect()
    }
}

/// Returns the rows of the leads from the first to before the end.
fn between(rows: &RecordBatch, first: &str, end: Option<&str>) -> RecordBatch {
    let leads = rows["lead_id"].as_string::<i32>();
    let begin = rows_before(leads, first);
    rows.slice(begin, end.map_or(leads.len(), |end| rows_before(leads, end)) - begin)
}

/// Unites rows that are in the order of leads, and of different ones.
fn spliced(others: &[RecordBatch], touched: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let others = concat_batches(&touched.schema(), others)?;
    let (of_others, of_touched) = (others["lead_id"].as_string::<i32>(), touched["lead_id"].as_string::<i32>());
    let mut order: Vec<u32> = Vec::with_capacity(others.num_rows() + touched.num_rows());
    let (mut next, begin) = (0, others.num_rows() as u32);
    for row in 0..touched.num_rows() {
        while next < others.num_rows() && of_others.value(next) < of_touched.value(row) {
            order.push(next as u32);
            next += 1;
        }
        order.push(begin + row as u32);
    }
    order.extend(next as u32..begin);
    take_record_batch(&concat_batches(&touched.schema(), [&others, touched])?, &UInt32Array::from(order))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::StringArray;

    use super::*;

    #[test]
    fn rows_of_different_leads_come_into_their_order() {
        let rows = |leads: &[&str]| {
            RecordBatch::try_from_iter([("lead_id", Arc::new(StringArray::from(leads.to_vec())) as _)])
                .expect("a column")
        };
        let texts = |rows: &RecordBatch| {
            rows["lead_id"].as_string::<i32>().iter().flatten().map(str::to_owned).collect::<Vec<String>>()
        };
        let united = spliced(&[rows(&["a", "a", "d"]), rows(&["e"])], &rows(&["b", "b", "f"])).expect("united");
        assert_eq!(texts(&united), ["a", "a", "b", "b", "d", "e", "f"]);
        assert_eq!(texts(&spliced(&[], &rows(&["x"])).expect("united")), ["x"]);
        assert_eq!(texts(&spliced(&[rows(&["x"])], &rows(&[])).expect("united")), ["x"]);
        assert_eq!(texts(&between(&united, "b", Some("e"))), ["b", "b", "d"]);
        assert_eq!(texts(&between(&united, "", None)).len(), 7);
    }
}
