//! An opened project: what every lifecycle function works on.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::cluster::Cluster;
use plumb_lake::{IfLocked, Lake, with_ingestion_of_second};

use crate::project::Project;
use crate::registry;
use crate::scoring::Scorer;
use crate::store::Store;
use crate::training::TrainingContext;

/// The folder in a project that holds its data by default.
const DATA_FOLDER: &str = "data";

/// Where a project and its data lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProjectPaths {
    /// The project folder, which holds `plumb.toml`.
    pub(crate) project: PathBuf,
    /// The data folder.
    pub(crate) data: PathBuf,
}

/// An opened project with its data.
pub(crate) struct Workspace {
    /// What the project folder says.
    pub(crate) project: Project,
    /// The data folder.
    pub(crate) data: PathBuf,
    /// The leads, and the features over them.
    pub(crate) lake: Lake,
    /// The operational database.
    pub(crate) store: Store,
    /// What to do while another process writes the same part of the data.
    pub(crate) if_locked: IfLocked,
}

impl ProjectPaths {
    /// Returns the paths of a project whose data lies in `data`, or in its folder `data`.
    pub(crate) fn new(project: &Path, data: Option<&Path>) -> ProjectPaths {
        let default = || match project == Path::new(".") {
            true => PathBuf::from(DATA_FOLDER),
            false => project.join(DATA_FOLDER),
        };
        ProjectPaths { project: project.to_owned(), data: data.map_or_else(default, Path::to_owned) }
    }

    /// Opens the operational database, and creates it if it is missing.
    pub(crate) async fn open_store(&self) -> Result<Store> {
        Store::open(&self.data.join("plumb.db")).await
    }
}

impl Workspace {
    /// Opens a project whose sources were ingested.
    pub(crate) async fn open(paths: &ProjectPaths) -> Result<Workspace> {
        let project = Project::open(&paths.project)?;
        let lake = Lake::open(&paths.data).await?;
        let store = paths.open_store().await?;
        Ok(Workspace { project, data: paths.data.clone(), lake, store, if_locked: IfLocked::Refuse })
    }

    /// Returns the time that a command works at, as [`Project::as_of`]; a given one without a fraction of a second is the whole
    /// second, so that who ingests and then asks as of that second sees what was ingested.
    pub(crate) fn as_of(&self, given: Option<DateTime<Utc>>) -> Result<DateTime<Utc>> {
        self.whole_second(given, self.project.as_of(given)?)
    }

    /// Returns the time that a command looks at that keeps nothing, as [`Project::as_of_by_clock`].
    pub(crate) fn as_of_by_clock(&self, given: Option<DateTime<Utc>>) -> Result<DateTime<Utc>> {
        self.whole_second(given, self.project.as_of_by_clock(given)?)
    }

    fn whole_second(&self, given: Option<DateTime<Utc>>, as_of: DateTime<Utc>) -> Result<DateTime<Utc>> {
        match given {
            Some(_) => Ok(with_ingestion_of_second(&self.data, as_of)?),
            None => Ok(as_of),
        }
    }

    /// Returns the same workspace, of which commands do this while another process writes the same part of the data.
    pub(crate) fn if_locked(mut self, if_locked: IfLocked) -> Workspace {
        self.if_locked = if_locked;
        self
    }

    /// Returns the same workspace with its batches computed by a cluster, if one is given.
    pub(crate) fn on_cluster(mut self, cluster: Option<Cluster>) -> Workspace {
        self.lake = self.lake.on_cluster(cluster);
        self
    }

    /// Returns the same workspace with at most so many rows of features computed at once.
    pub(crate) fn in_chunks_of(mut self, rows: usize) -> Workspace {
        self.lake = self.lake.in_chunks_of(rows);
        self
    }

    /// Returns what a training reads.
    pub(crate) fn training_context(&self) -> TrainingContext<'_> {
        TrainingContext { project: &self.project, data: &self.data, lake: &self.lake, store: &self.store }
    }

    /// Reads a model of the registry.
    pub(crate) async fn load_model(&self, model_id: &str) -> Result<Scorer> {
        load_model(&self.data, model_id).await
    }
}

/// Reads a model of the registry in a data folder, off the async threads: a large one takes a while to parse.
pub(crate) async fn load_model(data: &Path, model_id: &str) -> Result<Scorer> {
    let (data, id) = (data.to_owned(), model_id.to_owned());
    tokio::task::spawn_blocking(move || Scorer::from_bytes(&registry::load(&data, &id)?))
        .await
        .context("loading the model ended early")?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_lies_in_the_project_folder_by_default() {
        let data = |project: &str, data: Option<&str>| ProjectPaths::new(Path::new(project), data.map(Path::new)).data;
        assert_eq!(data(".", None), Path::new("data"));
        assert_eq!(data("shop", None), Path::new("shop/data"));
        assert_eq!(data("shop", Some("/srv/data")), Path::new("/srv/data"));
    }
}
