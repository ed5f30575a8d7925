//! Checks of what a data folder keeps: `plumb.db` when a server starts, and on request everything that hangs together: the
//! database, the models' files and the journal.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::store::{RECOVERY, Store};
use crate::{journal, registry};

/// How long a server waits for the check before it begins to serve; the check goes on then. A database of a few hundred
/// thousand predictions is read in this time; one of many gigabytes would keep a server from starting for minutes, and its
/// answers are in the journal first in any case.
pub(crate) const START_CHECK_WAIT: Duration = Duration::from_secs(5);

/// The outcome of a deep check.
#[derive(Debug, Serialize)]
pub(crate) struct DatabaseReport {
    /// The database.
    pub(crate) path: PathBuf,
    /// Models whose files were read.
    pub(crate) models: usize,
    /// Lines of the journal that are not in the database yet, and were read.
    pub(crate) journal_lines: usize,
    /// What is wrong; nothing was changed.
    pub(crate) problems: Vec<String>,
}

/// Checks the database when a server starts. One that is damaged is an error; if the check takes long, it goes on while the
/// server runs, and damage is logged and makes the server not ready.
pub(crate) async fn check_at_start(store: &Store, data: &Path, wait: Duration) -> Result<()> {
    let (checked, path) = (store.clone(), data.join("plumb.db"));
    let mut check = tokio::spawn(async move { checked.quick_check().await });
    match timeout(wait, &mut check).await {
        Ok(problems) => refuse(&path, &problems.context("the check of the database was interrupted")??),
        Err(_) => {
            tracing::info!("`{}` is large: its check goes on while the server runs", path.display());
            tokio::spawn(go_on(store.clone(), path, check));
            Ok(())
        }
    }
}

async fn go_on(store: Store, path: PathBuf, check: JoinHandle<Result<Vec<String>>>) {
    match check.await {
        Ok(Ok(problems)) => {
            if let Err(error) = refuse(&path, &problems) {
                tracing::error!("{error:#}");
                store.set_damage(format!("{error:#}"));
            }
        }
        Ok(Err(error)) => tracing::error!("{error:#}"),
        // The server is stopping.
        Err(_) => {}
    }
}

fn refuse(path: &Path, problems: &[String]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    bail!("the operational database `{}` is damaged: {}; {RECOVERY}", path.display(), problems.join("; "))
}

/// Checks the database of a data folder, the files of all models of the registry, and the lines of the journal. Nothing is
/// changed, and servers may run.
pub(crate) async fn check_database(data: &Path) -> Result<DatabaseReport> {
    let path = data.join("plumb.db");
    let store = Store::open_existing(&path).await?;
    let mut problems = store.deep_check().await?;
    let models = store.model_ids().await?;
    let folder = data.to_owned();
    let ids: Vec<String> = models.into_iter().map(|(model_id, _)| model_id).collect();
    let checked = ids.len();
    let unreadable = spawn_blocking(move || -> Vec<String> {
        ids.iter().filter_map(|id| Some(format!("{:#}", registry::load(&folder, id).err()?))).collect()
    });
    problems.extend(unreadable.await.context("the check of the models was interrupted")?);
    let (journal_lines, unreadable) = journal::check(&store, data).await?;
    problems.extend(unreadable);
    Ok(DatabaseReport { path, models: checked, journal_lines, problems })
}

#[cfg(test)]
mod tests {
    use plumb_lead::ModelKind;

    use super::*;
    use crate::registry::tests::card;
    use crate::store::tests::empty;

    #[tokio::test]
    async fn models_and_journal_are_checked_with_the_database() {
        let (store, folder) = empty().await;
        let data = folder.path().join("data");
        let card = card("converted", ModelKind::Logistic, b"a model");
        registry::add(&store, &data, b"a model", &card).await.expect("its own card");
        std::fs::create_dir(data.join("journal")).expect("it can be made");
        let report = check_database(&data).await.expect("checked");
        assert_eq!((report.models, report.problems.len()), (1, 0), "{report:?}");

        std::fs::write(data.join("models").join(format!("{}.json", card.model_id)), "another").expect("writable");
        std::fs::write(data.join("journal/left.jsonl"), "{\"half\nhalf a line").expect("writable");
        let report = check_database(&data).await.expect("checked");
        assert_eq!(report.problems.len(), 2, "{report:?}");
        assert!(report.problems[0].contains("corrupted") && report.problems[1].contains("left.jsonl"), "{report:?}");
        check_at_start(&store, &data, START_CHECK_WAIT).await.expect("the database itself is sound");
    }

    #[tokio::test]
    async fn a_check_that_takes_long_does_not_keep_a_server_from_starting() {
        let (store, folder) = empty().await;
        check_at_start(&store, folder.path(), Duration::ZERO).await.expect("it goes on");
        let problems = vec!["page 7 is never used".to_owned()];
        go_on(store.clone(), "plumb.db".into(), tokio::spawn(async { Ok(problems) })).await;
        assert!(store.damage().is_some_and(|damage| damage.contains("page 7") && damage.contains(".recover")));
    }
}
