//! A journal without its thread and its task, for tests that decide what happens when.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use tokio::sync::{oneshot, watch};

use super::entry::JournalEntry;
use super::line;
use super::loader::Loader;
use super::segments::Segments;
use super::writer::{Append, Writer};
use crate::store::Store;

/// A journal whose steps are taken one by one.
pub(crate) struct JournalByHand {
    writer: Writer,
    segments: Arc<Segments>,
    loader: Loader,
}

impl JournalByHand {
    /// Opens the journal of a data folder as a server that starts does.
    pub(crate) async fn open(store: &Store, data: &Path) -> Result<JournalByHand> {
        let folder = data.join("journal");
        std::fs::create_dir_all(&folder)?;
        let loader = Loader { store: store.clone(), folder: folder.clone(), captures: data.join("capture") };
        loader.recover().await?;
        let segments = Arc::new(Segments::default());
        let writer = Writer::begin(folder, segments.clone(), watch::channel(0).0)?;
        Ok(JournalByHand { writer, segments, loader })
    }

    /// Appends an entry; when this returns, it is on the disk.
    pub(crate) fn append(&mut self, entry: &JournalEntry<'_>) -> Result<()> {
        let (line, entry) = line::write(entry)?;
        let (done, mut outcome) = oneshot::channel();
        self.writer.append_all(vec![Append { line, entry, done }]);
        outcome.try_recv()?.map_err(anyhow::Error::msg)
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
