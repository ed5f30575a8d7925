//! Blocks of a reader into a profiler: one thread reads, another one profiles what was read.

use std::sync::mpsc::sync_channel;
use std::thread;

use anyhow::Result;
use plumb_profile::{Options, Profiler};
use plumb_tables::{Block, ReadingPlan, ReadingReport, RecordSource, TableReader};

use super::subject::BlocksOfFeatures;
use crate::blocking::Cancellation;
use crate::lifecycle::progress::{Progress, SharedProgress};

/// Rows that are read at once.
const BLOCK_ROWS: usize = 8_192;

/// Blocks that wait for the profiler.
const BLOCKS_WAITING: usize = 3;

/// Reads a table to its end into a profiler.
pub(super) fn profiler_of_records(
    source: Box<dyn RecordSource>,
    plan: &ReadingPlan,
    options: Options,
    cancellation: &Cancellation,
    progress: &SharedProgress,
) -> Result<(Profiler, ReadingReport)> {
    let mut reader = TableReader::open(source, plan)?;
    let mut profiler = Profiler::new(&reader.columns(), options);
    let profiler = thread::scope(|scope| -> Result<Profiler> {
        let (send, receive) = sync_channel::<Block>(BLOCKS_WAITING);
        let profiling = scope.spawn(move || -> Result<Profiler> {
            // When it fails, the channel closes, and the reader stops.
            receive.iter().try_for_each(|block| profiler.add(&block))?;
            Ok(profiler)
        });
        let read = read_blocks(&mut reader, cancellation, progress, |block| send.send(block).is_ok());
        drop(send);
        let profiled = profiling.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        read.and(profiled)
    })?;
    Ok((profiler, reader.report()))
}

/// Returns a profiler of rows that are in memory.
pub(super) fn profiler_of_blocks(table: &BlocksOfFeatures, options: Options) -> Result<Profiler> {
    let mut profiler = Profiler::new(&table.columns.iter().collect::<Vec<_>>(), options);
    table.blocks.iter().try_for_each(|block| profiler.add(block))?;
    Ok(profiler)
}

fn read_blocks(
    reader: &mut TableReader,
    cancellation: &Cancellation,
    progress: &SharedProgress,
    mut send: impl FnMut(Block) -> bool,
) -> Result<()> {
    while let Some(block) = reader.next_block(BLOCK_ROWS)? {
        cancellation.check()?;
        let (done, total) = reader.progress();
        progress(Progress::Items { done: done as usize, total: total as usize });
        if !send(block) {
            break;
        }
    }
    Ok(())
}
