//! Whether a prediction is recorded: in the database, or in a file of the journal that is not loaded yet, whichever server
//! writes it.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::entry::StoredEntry;
use super::{line, new_segment};
use crate::store::Store;

/// What a flag has to know of its prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordedPrediction {
    /// The lead.
    pub(crate) lead_id: String,
    /// The target.
    pub(crate) target: String,
}

/// Looks for predictions.
#[derive(Debug)]
pub(super) struct Search {
    store: Store,
    folder: PathBuf,
    /// Held while files are read, so that guesses of many callers cost no more than those of one.
    turn: Mutex<()>,
}

impl Search {
    pub(super) fn new(store: Store, folder: PathBuf) -> Search {
        Search { store, folder, turn: Mutex::new(()) }
    }

    /// Returns a recorded prediction. One that no caller got, as it was made in the shadow, is not there.
    pub(super) async fn find(&self, prediction_id: &str) -> Result<Option<RecordedPrediction>> {
        if let Some(found) = self.in_database(prediction_id).await? {
            return Ok(Some(found));
        }
        let _turn = self.turn.lock().await;
        let mut unloaded = Vec::new();
        for path in new_segment::list(&self.folder)? {
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            let from = self.store.journal_loaded_bytes(name).await?;
            unloaded.push((path, from));
        }
        let id = prediction_id.to_owned();
        let search = move || unloaded.iter().find_map(|(path, from)| in_file(path, *from, &id).transpose()).transpose();
        let found = spawn_blocking(search).await.context("the search in the journal was interrupted")??;
        // It may have been loaded, and its file removed, just before that was read.
        if found.is_some() { Ok(found) } else { self.in_database(prediction_id).await }
    }

    async fn in_database(&self, prediction_id: &str) -> Result<Option<RecordedPrediction>> {
        let found = self.store.prediction(prediction_id).await?;
        Ok(found.map(|prediction| RecordedPrediction { lead_id: prediction.lead_id, target: prediction.target }))
    }
}

/// Looks for a prediction in what follows a byte of a file. A last line without an end was never acknowledged.
fn in_file(path: &Path, from: u64, prediction_id: &str) -> Result<Option<RecordedPrediction>> {
    let cannot = || format!("cannot read `{}`", path.display());
    let mut file = match File::open(path) {
        // It was loaded since.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.with_context(cannot)?,
    };
    file.seek(SeekFrom::Start(from)).with_context(cannot)?;
    let (mut reader, mark, mut line) =
        (BufReader::with_capacity(1 << 16, file), line::mark_of(prediction_id)?, Vec::new());
    while reader.read_until(b'\n', &mut line).with_context(cannot)? > 0 && line.ends_with(b"\n") {
        if let Ok(text) = std::str::from_utf8(&line)
            && text.contains(&mark)
            && let StoredEntry::Call { call, .. } = line::read(text.as_bytes()).with_context(cannot)?
            && !call.shadow
            && let Some(row) = call.rows.iter().find(|row| *row.prediction_id == *prediction_id)
        {
            let (lead_id, target) = (row.lead_id.as_ref().to_owned(), row.target.as_ref().to_owned());
            return Ok(Some(RecordedPrediction { lead_id, target }));
        }
        line.clear();
    }
    Ok(None)
}
