//! What a server needs of lifecycle functions: their futures can be spawned.

use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;

use super::gate::gate;
use super::import::{ImportRequest, import};
use super::monitor::monitor;
use super::progress::SharedProgress;
use super::promote::promote;
use super::quick::{QuickRequest, quick};
use super::reproduce::reproduce;
use super::retrain::{retrain, settle};
use super::rollback::rollback;
use super::train::train;
use super::workspace::{ProjectPaths, Workspace};
use crate::project::Project;
use crate::training::{ProgressCallback, TrainingSpec};

fn assert_send<T: Send>(_: T) {}

/// The compiler checks it; there is nothing to run.
#[expect(dead_code, reason = "it only has to compile")]
fn futures_are_send(workspace: &Workspace, spec: TrainingSpec, request: ImportRequest, quick_request: QuickRequest) {
    let progress: ProgressCallback = Arc::new(|_| ());
    assert_send(train(workspace, spec.clone(), "ada", &progress));
    assert_send(retrain(workspace, spec, "ada", &progress));
    assert_send(settle(workspace, "won", DateTime::UNIX_EPOCH));
    assert_send(import(workspace, request, "ada", &progress));
    assert_send(monitor(workspace, "won", chrono::DateTime::UNIX_EPOCH, &|_| ()));
    assert_send(gate(workspace, "won", &[], &progress));
    assert_send(reproduce(workspace, "cafe", &progress));
    assert_send(promote(&workspace.store, &workspace.data, "won", None, DateTime::UNIX_EPOCH, "ada", "better"));
    assert_send(rollback(&workspace.store, &workspace.data, "won", "ada", "worse"));
    let progress: SharedProgress = Arc::new(|_| ());
    assert_send(quick(quick_request, &progress));
}

#[tokio::test]
async fn a_folder_without_sources_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = ProjectPaths::new(folder.path(), None);
    let error = Workspace::open(&paths).await.err().expect("there is no project");
    assert!(format!("{error:#}").contains("plumb.toml"), "{error:#}");
    assert!(!Project::is_at(Path::new(folder.path())));
}
