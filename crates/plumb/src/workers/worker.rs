//! What one of the processes does: it reads its rows in batches, grows trees together with the others, and leaves them in
//! the job's folder.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, Result, bail};
use plumb_lake::dataset::{self, Part, RowsFile};
use plumb_learn::out_of_core::{GrowConfig, RowBatches, Rows, WorkerGroup};

use super::job::{Job, JobFolder, failure_file, trees_file};
use super::token::{self, TOKEN_VARIABLE};
use super::{heartbeat, rendezvous};

/// Rows that are read at once. Quantiles depend on it a little, so it never changes.
const ROWS_AT_ONCE: usize = 65_536;

/// The trees are saved each time after so many rounds.
const ROUNDS_BETWEEN_CHECKPOINTS: usize = 25;

/// One worker's part of a job.
#[derive(Clone, Debug)]
pub(crate) struct WorkerTask {
    /// The job's name.
    pub(crate) job: String,
    /// The worker's number, from 0.
    pub(crate) number: usize,
    /// The address of the rendezvous; `None` if there is only one worker.
    pub(crate) tracker: Option<SocketAddr>,
    /// Threads; 0 is one for each core.
    pub(crate) threads: usize,
    /// Whether the process ends when its input does, because then its launcher has died.
    pub(crate) attached: bool,
}

/// Does one worker's part.
pub(crate) fn run_worker(data: &Path, task: &WorkerTask) -> Result<()> {
    let folder = JobFolder::named(data, &task.job)?;
    let (job, rows) = folder.read()?;
    if task.number >= job.workers {
        bail!("worker {} of {}: workers are numbered from 0", task.number, job.workers);
    }
    if folder.proof()? != token::proof(&task.job).unwrap_or_default().as_bytes() {
        bail!("the job `{}` wants its token: set {TOKEN_VARIABLE} to the value that `plumb train` runs with", task.job);
    }
    if task.attached {
        thread::spawn(end_with_input);
    }
    let done = Arc::new(AtomicBool::new(false));
    heartbeat::start(folder.clone(), task.number, done.clone())?;
    let outcome = grow(data, &folder, &job, &rows, task, &done);
    if let Err(error) = &outcome {
        folder.write(&failure_file(task.number), format!("{error:#}").as_bytes())?;
    }
    outcome
}

fn grow(data: &Path, folder: &JobFolder, job: &Job, rows: &[bool], task: &WorkerTask, done: &AtomicBool) -> Result<()> {
    let manifest = dataset::find(data, &job.dataset_id)?;
    let file = dataset::open(data, &manifest)?;
    let own = own_rows(rows, task.number, job.workers);
    let _group = match task.tracker {
        Some(tracker) => Some(WorkerGroup::join(tracker.ip(), tracker.port(), task.number, rendezvous::TIMEOUT)?),
        None => None,
    };
    let cache = folder.path(&format!("cache-{}", task.number));
    if job.on_disk {
        std::fs::create_dir_all(&cache).with_context(|| format!("cannot create `{}`", cache.display()))?;
    }
    let saved = folder.resumed_trees()?;
    let config =
        GrowConfig { cache: job.on_disk.then_some(cache.as_path()), threads: task.threads, saved: saved.as_deref() };
    let open = || batches(&file, &own, job);
    let trees = job.plan.grow(&open, config, &mut |grown| -> Result<(), Stopped> {
        if task.number == 0 && grown.rounds.is_multiple_of(ROUNDS_BETWEEN_CHECKPOINTS) {
            folder.save_checkpoint(&grown.save()?).map_err(Stopped)?;
        }
        Ok(())
    });
    let trees = trees.map_err(|Stopped(error)| error)?;
    // From here on the folder may go.
    done.store(true, Ordering::Relaxed);
    folder.write(&trees_file(task.number), &trees)
}

/// Returns which rows are this worker's: the rows that are learned from are divided into runs of equal length.
fn own_rows(rows: &[bool], number: usize, workers: usize) -> Vec<bool> {
    let all = rows.iter().filter(|row| **row).count();
    let own = number * all / workers..(number + 1) * all / workers;
    let mut seen = 0;
    let mut is_own = |row: &bool| {
        let at = seen;
        seen += usize::from(*row);
        *row && own.contains(&at)
    };
    rows.iter().map(&mut is_own).collect()
}

/// Reads the worker's rows from the first on.
fn batches<'a>(file: &RowsFile, own: &'a [bool], job: &'a Job) -> Result<RowBatches<'a, Stopped>, Stopped> {
    let parts = file.parts(ROWS_AT_ONCE).map_err(|error| Stopped(error.into()))?;
    let rows = parts.map(move |part| rows_of(&part.map_err(|error| Stopped(error.into()))?, own, job));
    Ok(Box::new(rows.filter(|rows| !rows.as_ref().is_ok_and(|rows| rows.labels.is_empty()))))
}

fn rows_of(part: &Part, own: &[bool], job: &Job) -> Result<Rows, Stopped> {
    let own = own.get(part.places.clone()).context("the data set has more rows than the job");
    let own = own.map_err(Stopped)?;
    let wanted: Vec<usize> = (0..own.len()).filter(|row| own[*row]).collect();
    let encoded = job.plan.features.encode(&part.table.select(&wanted));
    let (matrix, _) = encoded.map_err(|error| Stopped(error.into()))?;
    let labels = wanted.iter().map(|row| part.labels[*row]).collect();
    Ok(Rows { matrix, labels, weights: wanted.iter().map(|row| part.weights[*row]).collect() })
}

/// Ends the process when its input ends: then its launcher is gone.
fn end_with_input() {
    let mut nothing = [0; 64];
    while matches!(std::io::stdin().read(&mut nothing), Ok(1..)) {}
    std::process::exit(1);
}

/// What keeps a worker from growing trees.
struct Stopped(anyhow::Error);

impl From<plumb_learn::Error> for Stopped {
    fn from(error: plumb_learn::Error) -> Stopped {
        Stopped(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_belongs_to_one_worker() {
        let rows = [true, false, true, true, true, false, true];
        let own: Vec<Vec<bool>> = (0..3).map(|number| own_rows(&rows, number, 3)).collect();
        assert_eq!(own[0], [true, false, false, false, false, false, false]);
        assert_eq!(own[1], [false, false, true, true, false, false, false]);
        assert_eq!(own[2], [false, false, false, false, true, false, true]);
    }
}
