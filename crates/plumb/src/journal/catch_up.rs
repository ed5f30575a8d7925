//! A command reads what servers have acknowledged before it began: what is in the journal only is loaded first.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::time::sleep;

use super::loader::Loader;
use super::new_segment;
use crate::store::Store;

/// How long running servers may take to load what they have acknowledged. They do so every tenth of a second.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Between two looks at how far they are.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Loads what servers that are gone have left behind in a data folder, and waits until running ones have loaded what they
/// had acknowledged by now.
pub(crate) async fn catch_up(store: &Store, data: &Path) -> Result<()> {
    let folder = data.join("journal");
    if !folder.is_dir() {
        return Ok(());
    }
    let loader = Loader { store: store.clone(), folder: folder.clone(), captures: data.join("capture") };
    loader.recover().await.context("cannot load the journal")?;
    let begun = Instant::now();
    for path in new_segment::list(&folder)? {
        // A file that is gone is loaded.
        let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
        while !is_loaded(store, &path, bytes).await? {
            if begun.elapsed() > WAIT_MAX {
                tracing::warn!(
                    "`{}` is not loaded yet by its server: its newest predictions are not used",
                    path.display()
                );
                break;
            }
            sleep(LOOK_AGAIN).await;
        }
    }
    Ok(())
}

async fn is_loaded(store: &Store, path: &Path, bytes: u64) -> Result<bool> {
    let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { return Ok(true) };
    Ok(store.journal_loaded_bytes(name).await? >= bytes || !path.exists())
}
