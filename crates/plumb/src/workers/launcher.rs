//! Starts a job's workers, here or by people on other machines, and collects their trees, which must be the same to the
//! byte. When one worker dies, all end.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result, bail};
use plumb_lake::DataLock;
use plumb_learn::boosted::Boosted;

use super::job::{Job, JobFolder, trees_file};
use super::supervision::{Launch, Supervision};
use super::{local_processes, remote, rendezvous, token};

/// Runs a job, and returns the trees. `rows` says of each row of the data set whether it is learned from.
pub(crate) fn grow(
    data: &Path,
    job: &Job,
    rows: &[bool],
    launch: Launch,
    supervision: Supervision<'_>,
) -> Result<Boosted> {
    let learned = rows.iter().filter(|row| **row).count();
    if job.workers == 0 || job.workers > learned {
        bail!("{} workers for {learned} rows: expected from 1 to as many as there are rows", job.workers);
    }
    let lock = |area: &str| Ok(DataLock::acquire(data, area, supervision.if_locked, supervision.waiting)?);
    let (name, folder, _lock) = JobFolder::create(data, job, rows, lock)?;
    folder.begin(job.workers, &token::proof(&name).unwrap_or_default())?;
    let address = match launch {
        Launch::Local => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        Launch::Remote(address) => address,
    };
    let (rendezvous, tracker) = match job.workers {
        1 => (None, None),
        workers => {
            let (rendezvous, tracker) = rendezvous::open(workers, address)?;
            (Some(rendezvous), Some(tracker))
        }
    };
    let outcome = match launch {
        Launch::Local => local_processes::run(data, job.workers, learned, &name, tracker, supervision.is_cancelled),
        Launch::Remote(_) => remote::run(data, job.workers, &name, &folder, tracker, supervision),
    };
    if let Err(error) = outcome {
        // Workers that still run see this and end.
        folder.stop()?;
        let hint = if folder.can_resume() {
            "run the same command again: it goes on from the trees that were saved"
        } else {
            "run the same command again"
        };
        return Err(error.context(format!("the training by {} workers failed; {hint}", job.workers)));
    }
    let boosted = job.plan.trees(&same_trees(&folder, job.workers)?)?;
    if let Some(rendezvous) = rendezvous {
        rendezvous.finish()?;
    }
    folder.remove();
    Ok(boosted)
}

/// Returns the trees, which all workers have.
fn same_trees(folder: &JobFolder, workers: usize) -> Result<Vec<u8>> {
    let trees_of = |number: usize| {
        let trees = folder.content(&trees_file(number))?;
        trees.with_context(|| format!("worker {number} has ended and left no trees"))
    };
    let first = trees_of(0)?;
    for number in 1..workers {
        if trees_of(number)? != first {
            bail!("worker {number} has grown other trees than worker 0: none are used; do they run the same program?");
        }
    }
    Ok(first)
}
