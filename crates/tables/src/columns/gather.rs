//! Gathers the evidence of all columns in one pass over the records, on two threads beside the one that reads.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::distinct::Bounds;
use super::evidence::Evidence;
use crate::error::Error;
use crate::records::{Record, RecordSource};

const WORKERS: usize = 2;
/// Records that travel together, and batches that wait: at most a few megabytes of ordinary rows.
const BATCH_ROWS: usize = 512;
const BATCHES_WAITING: usize = 4;
/// Words and bytes that all columns together may list, and each.
const WORDS_MAX: usize = 1 << 20;
const WORD_BYTES_MAX: usize = 32 << 20;
const COLUMN_BOUNDS: Bounds = Bounds { words_max: 8_192, bytes_max: 512 << 10 };
const COLUMN_WORDS_MIN: usize = 64;

#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    lines: Vec<u64>,
}

/// Reads all records; returns the columns' names and the evidence of those for which `wanted` is true.
pub(crate) fn gather(
    source: &dyn RecordSource,
    wanted: impl Fn(&str) -> bool,
) -> Result<(Vec<String>, Vec<Option<Evidence>>), Error> {
    let mut records = source.open()?;
    let names = records.names().to_vec();
    let bounds = bounds(names.len());
    let mut columns: Vec<Vec<(usize, Evidence)>> = vec![Vec::new(); WORKERS];
    for (place, _) in names.iter().enumerate().filter(|(_, name)| wanted(name)) {
        columns[place % WORKERS].push((place, Evidence::new(bounds)));
    }
    let (read, gathered) = std::thread::scope(|scope| {
        let (senders, workers): (Vec<SyncSender<Arc<Batch>>>, Vec<_>) = columns
            .into_iter()
            .map(|columns| {
                let (sender, receiver) = sync_channel(BATCHES_WAITING);
                (sender, scope.spawn(move || see_all(columns, receiver)))
            })
            .unzip();
        let read = send_all(records.as_mut(), senders);
        let gathered: Vec<_> = workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        (read, gathered)
    });
    read?;
    let mut evidence: Vec<Option<Evidence>> = vec![None; names.len()];
    for worker in gathered {
        let columns = worker.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        for (place, column) in columns {
            evidence[place] = Some(column.finish());
        }
    }
    Ok((names, evidence))
}

fn send_all(records: &mut dyn crate::records::Records, senders: Vec<SyncSender<Arc<Batch>>>) -> Result<(), Error> {
    let mut sent: Vec<Arc<Batch>> = Vec::new();
    loop {
        // A batch that all workers are done with is filled again, with its memory.
        let done = sent.iter().position(|batch| Arc::strong_count(batch) == 1);
        let mut batch = done.and_then(|place| Arc::into_inner(sent.swap_remove(place))).unwrap_or_default();
        batch.lines.clear();
        while batch.lines.len() < BATCH_ROWS {
            let row = batch.lines.len();
            if batch.records.len() == row {
                batch.records.push(Record::new());
            }
            match records.next(&mut batch.records[row])? {
                Some(line) => batch.lines.push(line),
                None => break,
            }
        }
        // Titles and unreadable rows are told by the pass that makes values of the rows.
        drop(records.take_set_aside());
        let is_last = batch.lines.len() < BATCH_ROWS;
        let batch = Arc::new(batch);
        for sender in &senders {
            // A worker that is gone has panicked, which its join tells.
            let _ = sender.send(Arc::clone(&batch));
        }
        if is_last {
            return Ok(());
        }
        sent.push(batch);
    }
}

fn see_all(mut columns: Vec<(usize, Evidence)>, batches: Receiver<Arc<Batch>>) -> Vec<(usize, Evidence)> {
    for batch in batches {
        for (place, evidence) in &mut columns {
            for (record, line) in batch.records.iter().zip(&batch.lines) {
                evidence.see(record.get(*place).unwrap_or_default(), *line);
            }
        }
    }
    columns
}

fn bounds(columns: usize) -> Bounds {
    let columns = columns.max(1);
    Bounds {
        words_max: (WORDS_MAX / columns).clamp(COLUMN_WORDS_MIN, COLUMN_BOUNDS.words_max),
        bytes_max: (WORD_BYTES_MAX / columns).clamp(4 << 10, COLUMN_BOUNDS.bytes_max),
    }
}
