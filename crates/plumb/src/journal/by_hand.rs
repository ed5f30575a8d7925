//! A journal without its thread and its task, for tests that decide what happens when.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use tokio::sync::{oneshot, watch};

use super::entry::{JournalEntry, StoredEntry};
use super::handle::loader;
use super::line;
use super::loader::Loader;
use super::search::{RecordedPrediction, Search};
use super::segments::Segments;
use super::writer::{Append, Writer};
use crate::store::{RecordedFlag, Store};

/// A journal whose steps are taken one by one.
pub(crate) struct JournalByHand {
    writer: Writer,
    segments: Arc<Segments>,
    loader: Loader,
    search: Search,
}

impl JournalByHand {
    /// Opens the journal of a data folder as a server that starts does.
    pub(crate) async fn open(store: &Store, data: &Path) -> Result<JournalByHand> {
        let loader = loader(store, data)?;
        loader.recover().await?;
        let (folder, search) = (loader.folder.clone(), Search::new(store.clone(), loader.folder.clone()));
        let segments = Arc::new(Segments::default());
        let writer = Writer::begin(folder, segments.clone(), watch::channel(0).0)?;
        Ok(JournalByHand { writer, segments, loader, search })
    }

    /// Appends an entry; when this returns, it is on the disk.
    pub(crate) fn append(&mut self, entry: &JournalEntry<'_>) -> Result<()> {
        self.append_line(line::write(entry)?)
    }

    /// Appends a flag; when this returns, it is on the disk.
    pub(crate) fn append_flag(&mut self, flag: &RecordedFlag) -> Result<()> {
        self.append_line(line::write_flag(flag)?)
    }

    fn append_line(&mut self, (line, entry): (Vec<u8>, StoredEntry)) -> Result<()> {
        let (done, mut outcome) = oneshot::channel();
        self.writer.append_all(vec![Append { line, entry, done }]);
        outcome.try_recv()?.map_err(anyhow::Error::msg)
    }

    /// Returns what was predicted under an id, if the prediction is recorded.
    pub(crate) async fn recorded_prediction(&self, prediction_id: &str) -> Result<Option<RecordedPrediction>> {
        self.search.find(prediction_id).await
    }

    /// Loads what was appended into the database.
    pub(crate) async fn load(&self) -> Result<()> {
        self.loader.load_all(&self.segments).await
    }

    /// Has the next entry begin another file.
    pub(crate) fn begin_another_file(&mut self) {
        self.writer.fill();
    }
}
