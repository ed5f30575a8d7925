//! A job on the disk: what is to be grown, by how many workers, and how far it is.
//!
//! ```text
//! training/3f2a91c0e4b7d815/job.json         the job; its hash and that of the rows name the folder
//! training/3f2a91c0e4b7d815/rows.bin         a byte for each row of the data set: whether it is learned from
//! training/3f2a91c0e4b7d815/token            proof of the cluster's token
//! training/3f2a91c0e4b7d815/worker-0.json    the heartbeat of a worker
//! training/3f2a91c0e4b7d815/checkpoint.ubj   the trees so far, for a run that follows an interrupted one
//! training/3f2a91c0e4b7d815/trees-0.json     the trees of a worker that has finished
//! training/3f2a91c0e4b7d815/failed-0.json    the error of a worker that has failed
//! training/3f2a91c0e4b7d815/stop             there if the workers have to end
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use plumb_lake::DataLock;
use plumb_learn::out_of_core::TreePlan;
use serde::{Deserialize, Serialize};

use crate::content_hash::sha256;

/// Digits of a job's name.
const NAME_DIGITS: usize = 16;

const JOB: &str = "job.json";
const ROWS: &str = "rows.bin";
const TOKEN: &str = "token";
const CHECKPOINT: &str = "checkpoint.ubj";
const RESUME: &str = "resume.ubj";
const STOP: &str = "stop";

/// What is to be grown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The data set.
    pub(crate) dataset_id: String,
    /// How many workers share the rows.
    pub(crate) workers: usize,
    /// Whether quantiles stay on the disk.
    pub(crate) on_disk: bool,
    /// How trees are grown.
    pub(crate) plan: TreePlan,
}

/// The folder of a job.
#[derive(Clone, Debug)]
pub(super) struct JobFolder(PathBuf);

impl JobFolder {
    /// Writes a job, unless it is there, and returns its name and folder, with the lock of the folder. `rows` says of each
    /// row of the data set whether it is learned from. `lock` locks the part of the data folder that it is given.
    pub(super) fn create(
        data: &Path,
        job: &Job,
        rows: &[bool],
        lock: impl FnOnce(&str) -> Result<DataLock>,
    ) -> Result<(String, JobFolder, DataLock)> {
        let text = serde_json::to_vec(job).context("cannot write a job as JSON")?;
        let rows: Vec<u8> = rows.iter().map(|row| u8::from(*row)).collect();
        let name: String = sha256(&[text.as_slice(), &rows].concat()).chars().take(NAME_DIGITS).collect();
        // Only then: another run of the same job removes the folder when it is done.
        let lock = lock(&format!("training-{name}"))?.removed_at_end();
        let folder = JobFolder::named(data, &name)?;
        fs::create_dir_all(&folder.0).with_context(|| format!("cannot create `{}`", folder.0.display()))?;
        folder.write(ROWS, &rows)?;
        folder.write(JOB, &text)?;
        Ok((name, folder, lock))
    }

    /// Returns the folder of a job by its name.
    pub(super) fn named(data: &Path, name: &str) -> Result<JobFolder> {
        if name.len() != NAME_DIGITS || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            bail!(
                "`{name}` is no job: expected {NAME_DIGITS} hexadecimal digits, as `plumb train --workers` prints them"
            );
        }
        Ok(JobFolder(data.join("training").join(name)))
    }

    /// Returns the job, and for each row of the data set whether it is learned from.
    pub(super) fn read(&self) -> Result<(Job, Vec<bool>)> {
        let read = |file: &str| {
            let path = self.path(file);
            fs::read(&path).with_context(|| format!("cannot read `{}` of a job", path.display()))
        };
        let job = serde_json::from_slice(&read(JOB)?)
            .with_context(|| format!("`{}` is no job of this version", self.path(JOB).display()))?;
        Ok((job, read(ROWS)?.into_iter().map(|row| row != 0).collect()))
    }

    /// Returns the path of a file of the job.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    /// Writes a file that is whole or absent.
    pub(super) fn write(&self, file: &str, bytes: &[u8]) -> Result<()> {
        Ok(plumb_lake::write_atomically(&self.path(file), bytes)?)
    }

    /// Returns a file's content; `None` if it is not there.
    pub(super) fn content(&self, file: &str) -> Result<Option<Vec<u8>>> {
        match fs::read(self.path(file)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", self.path(file).display())),
        }
    }

    /// Prepares a run: removes what an earlier one left, but keeps its trees, from which the run resumes.
    pub(super) fn begin(&self, workers: usize, proof: &str) -> Result<()> {
        if self.path(CHECKPOINT).exists() {
            fs::rename(self.path(CHECKPOINT), self.path(RESUME)).context("cannot keep the trees of a run")?;
        }
        let heartbeats = (0..workers).map(|number| format!("worker-{number}.json"));
        let results = (0..workers).flat_map(|number| [trees_file(number), failure_file(number)]);
        for file in heartbeats.chain(results).chain([STOP.to_owned()]) {
            match fs::remove_file(self.path(&file)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove `{}`", self.path(&file).display()));
                }
                _ => {}
            }
        }
        self.write(TOKEN, proof.as_bytes())
    }

    /// Returns the proof that a worker has to give.
    pub(super) fn proof(&self) -> Result<Vec<u8>> {
        Ok(self.content(TOKEN)?.unwrap_or_default())
    }

    /// Makes workers that still run end.
    pub(super) fn stop(&self) -> Result<()> {
        self.write(STOP, b"")
    }

    /// Returns whether the workers have to end.
    pub(super) fn is_stopped(&self) -> bool {
        self.path(STOP).exists()
    }

    /// Saves the trees so far.
    pub(super) fn save_checkpoint(&self, trees: &[u8]) -> Result<()> {
        self.write(CHECKPOINT, trees)
    }

    /// Returns whether there are trees from which another run resumes.
    pub(super) fn can_resume(&self) -> bool {
        self.path(CHECKPOINT).exists() || self.path(RESUME).exists()
    }

    /// Returns the trees from which this run resumes, if there are any.
    pub(super) fn resumed_trees(&self) -> Result<Option<Vec<u8>>> {
        self.content(RESUME)
    }

    /// Removes the folder of a finished job. What a worker that is just ending leaves there does no harm.
    pub(super) fn remove(&self) {
        for _ in 0..3 {
            if fs::remove_dir_all(&self.0).is_ok() {
                break;
            }
        }
    }
}

/// Returns the name of the file with a worker's trees.
pub(super) fn trees_file(number: usize) -> String {
    format!("trees-{number}.json")
}

/// Returns the name of the file with a worker's error.
pub(super) fn failure_file(number: usize) -> String {
    format!("failed-{number}.json")
}
