//! What one of the processes does: it reads its rows in batches, grows trees together with the others, and leaves them in
//! the job's folder.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use plumb_lake::dataset::{self, Part, RowsFile};
use plumb_learn::out_of_core::{GrowConfig, Pass, Rows, WorkerGroup};

use super::job::{Folder, Job, Member};

/// Rows that are read at once. Quantiles depend on it a little, so it is never another.
pub(crate) const ROWS_AT_ONCE: usize = 65_536;

/// The trees are saved each time after so many rounds.
const ROUNDS_BETWEEN_CHECKPOINTS: usize = 25;

/// How long others are waited for: as long as one of them may need to read its rows.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);

/// How often a worker says that it lives.
pub(super) const BEAT: Duration = Duration::from_secs(1);

/// One worker's part of a job.
#[derive(Clone, Debug)]
pub(crate) struct Duty {
    /// The job's name.
    pub(crate) job: String,
    /// Its number, from 0.
    pub(crate) number: usize,
    /// Where the workers meet; nowhere if there is only one.
    pub(crate) tracker: Option<SocketAddr>,
    /// Threads; 0 is one for each core.
    pub(crate) threads: usize,
    /// Whether it ends when its input does, because then who started it has died.
    pub(crate) attached: bool,
}

/// Does one worker's part.
pub(crate) fn work(data: &Path, duty: &Duty) -> Result<()> {
    let folder = Folder::named(data, &duty.job)?;
    let (job, rows) = folder.read()?;
    if duty.number >= job.workers {
        bail!("worker {} of {}: they are numbered from 0", duty.number, job.workers);
    }
    let expected = folder.content("token")?.unwrap_or_default();
    if expected != super::proof(&duty.job).unwrap_or_default().as_bytes() {
        bail!("the job `{}` wants its token: set PLUMB_CLUSTER_TOKEN to what `plumb train` was started with", duty.job);
    }
    if duty.attached {
        thread::spawn(end_with_input);
    }
    let done = Arc::new(AtomicBool::new(false));
    live(folder.clone(), duty.number, done.clone())?;
    let outcome = grow(data, &folder, &job, &rows, duty, &done);
    if let Err(error) = &outcome {
        folder.write(&format!("failed-{}.json", duty.number), format!("{error:#}").as_bytes())?;
    }
    outcome
}

fn grow(data: &Path, folder: &Folder, job: &Job, rows: &[bool], duty: &Duty, done: &AtomicBool) -> Result<()> {
    let manifest = dataset::find(data, &job.dataset_id)?;
    let file = dataset::open(data, &manifest)?;
    let own = own_rows(rows, duty.number, job.workers);
    let _group = match duty.tracker {
        Some(tracker) => Some(WorkerGroup::join(tracker.ip(), tracker.port(), duty.number, PATIENCE)?),
        None => None,
    };
    let cache = folder.path(&format!("cache-{}", duty.number));
    if job.on_disk {
        std::fs::create_dir_all(&cache).with_context(|| format!("cannot make `{}`", cache.display()))?;
    }
    let saved = folder.content("resume.ubj")?;
    let place =
        GrowConfig { cache: job.on_disk.then_some(cache.as_path()), threads: duty.threads, saved: saved.as_deref() };
    let open = || pass(&file, &own, job);
    let trees = job.plan.grow(&open, place, &mut |growth| -> Result<(), Stopped> {
        if duty.number == 0 && growth.rounds.is_multiple_of(ROUNDS_BETWEEN_CHECKPOINTS) {
            folder.write("checkpoint.ubj", &growth.save()?).map_err(Stopped)?;
        }
        Ok(())
    });
    let trees = trees.map_err(|Stopped(error)| error)?;
    // From here on the folder may go.
    done.store(true, Ordering::Relaxed);
    folder.write(&format!("trees-{}.json", duty.number), &trees)
}

/// Returns which rows are this worker's: those that are learned from are dealt out in runs of equal length.
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
fn pass<'a>(file: &RowsFile, own: &'a [bool], job: &'a Job) -> Result<Pass<'a, Stopped>, Stopped> {
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

/// Says every second that this worker lives, until it is done, and ends the process when it is told to stop.
fn live(folder: Folder, number: usize, done: Arc<AtomicBool>) -> Result<()> {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let mut member = Member { host: host.trim().to_owned(), process: std::process::id(), beat: 0 };
    let beat = move |member: &Member| {
        let told = serde_json::to_vec(member).context("cannot write JSON")?;
        folder.write(&format!("worker-{number}.json"), &told)?;
        Ok::<bool, anyhow::Error>(folder.path("stop").exists())
    };
    beat(&member)?;
    thread::spawn(move || {
        loop {
            thread::sleep(BEAT);
            member.beat += 1;
            // The folder is gone when nobody wants the trees any more.
            let stopped = !done.load(Ordering::Relaxed) && beat(&member).unwrap_or(true);
            if stopped && !done.load(Ordering::Relaxed) {
                std::process::exit(1);
            }
        }
    });
    Ok(())
}

/// Waits until who started this process is gone, and follows.
fn end_with_input() {
    let mut nothing = [0; 64];
    while matches!(std::io::stdin().read(&mut nothing), Ok(1..)) {}
    std::process::exit(1);
}

/// Whatever keeps a worker from going on.
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
    fn rows_are_dealt_out_once_each() {
        let rows = [true, false, true, true, true, false, true];
        let dealt: Vec<Vec<bool>> = (0..3).map(|number| own_rows(&rows, number, 3)).collect();
        assert_eq!(dealt[0], [true, false, false, false, false, false, false]);
        assert_eq!(dealt[1], [false, false, true, true, false, false, false]);
        assert_eq!(dealt[2], [false, false, false, false, true, false, true]);
    }
}
