//! A job on the disk: what is to be grown, by how many, and how far it is.
//!
//! ```text
//! training/3f2a91c0e4b7d815/job.json         what, on which data set; its hash and that of the rows name the folder
//! training/3f2a91c0e4b7d815/rows.bin         a byte a row of the data set: whether it is learned from
//! training/3f2a91c0e4b7d815/worker-0.json    who works on it, and a number that goes up while it lives
//! training/3f2a91c0e4b7d815/checkpoint.ubj   the trees so far, for a run that follows one that broke off
//! training/3f2a91c0e4b7d815/trees-0.json     the trees of a worker that has ended
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use plumb_learn::out_of_core::TreePlan;
use serde::{Deserialize, Serialize};

use crate::card;

/// Digits of a job's name.
const NAME_DIGITS: usize = 16;

/// What is to be grown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The data set.
    pub(crate) dataset_id: String,
    /// How many share the rows.
    pub(crate) workers: usize,
    /// Whether quantiles are kept on the disk.
    pub(crate) on_disk: bool,
    /// How trees are grown.
    pub(crate) plan: TreePlan,
}

/// The folder of a job.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

/// One who works on a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) host: String,
    pub(super) process: u32,
    /// Goes up while it lives.
    pub(super) beat: u64,
}

impl Folder {
    /// Writes a job, unless it is there. `rows` says of each row of the data set whether it is learned from.
    pub(super) fn of(data: &Path, job: &Job, rows: &[bool]) -> Result<(String, Folder)> {
        let text = serde_json::to_vec(job).context("cannot write a job as JSON")?;
        let rows: Vec<u8> = rows.iter().map(|row| u8::from(*row)).collect();
        let name: String = card::hash(&[text.as_slice(), &rows].concat()).chars().take(NAME_DIGITS).collect();
        let folder = Folder::named(data, &name)?;
        fs::create_dir_all(&folder.0).with_context(|| format!("cannot make `{}`", folder.0.display()))?;
        folder.write("rows.bin", &rows)?;
        folder.write("job.json", &text)?;
        Ok((name, folder))
    }

    /// Returns the folder of a job by its name.
    pub(super) fn named(data: &Path, name: &str) -> Result<Folder> {
        if name.len() != NAME_DIGITS || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            bail!(
                "`{name}` is no job: expected {NAME_DIGITS} hexadecimal digits, as `plumb train --workers` says them"
            );
        }
        Ok(Folder(data.join("training").join(name)))
    }

    /// Returns what is to be grown, and on which rows.
    pub(super) fn read(&self) -> Result<(Job, Vec<bool>)> {
        let read = |file: &str| {
            let path = self.path(file);
            fs::read(&path).with_context(|| format!("cannot read `{}` of a job", path.display()))
        };
        let job = serde_json::from_slice(&read("job.json")?)
            .with_context(|| format!("`{}` is no job of this version", self.path("job.json").display()))?;
        Ok((job, read("rows.bin")?.into_iter().map(|row| row != 0).collect()))
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    /// Writes a file that is whole or absent.
    pub(super) fn write(&self, file: &str, bytes: &[u8]) -> Result<()> {
        let (path, draft) = (self.path(file), self.path(&format!(".{file}.{}", std::process::id())));
        fs::write(&draft, bytes)
            .and_then(|()| fs::rename(&draft, &path))
            .with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// Returns a file's content; `None` if it is not there.
    pub(super) fn content(&self, file: &str) -> Result<Option<Vec<u8>>> {
        match fs::read(self.path(file)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", self.path(file).display())),
        }
    }

    /// Returns who works under a number, as far as it has said so.
    pub(super) fn member(&self, number: usize) -> Result<Option<Member>> {
        let told = self.content(&format!("worker-{number}.json"))?;
        Ok(told.and_then(|told| serde_json::from_slice(&told).ok()))
    }

    /// Makes ready for a run: what an earlier one left is removed, but for its trees, which are gone on from.
    pub(super) fn begin(&self, workers: usize) -> Result<()> {
        if self.path("checkpoint.ubj").exists() {
            fs::rename(self.path("checkpoint.ubj"), self.path("resume.ubj"))
                .context("cannot keep the trees of a run")?;
        }
        let of_workers =
            (0..workers).flat_map(|number| ["worker", "trees", "failed"].map(|what| format!("{what}-{number}.json")));
        for file in of_workers.chain(["stop".to_owned()]) {
            match fs::remove_file(self.path(&file)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove `{}`", self.path(&file).display()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes the folder of a job that is done. What a worker that is just ending leaves there does no harm.
    pub(super) fn remove(&self) {
        for _ in 0..3 {
            if fs::remove_dir_all(&self.0).is_ok() {
                break;
            }
        }
    }
}
