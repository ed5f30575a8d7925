//! The files of posted rows of one source, written by a thread of their own. What has come in while it waited for the disk is
//! written and forced together.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use tokio::sync::oneshot;

use crate::journal::{ForcedFile, NewSegment};

/// A file of this size is followed by another.
const SEGMENT_BYTES_MAX: u64 = 64 << 20;

/// Requests whose rows are forced together.
const REQUESTS_MAX: usize = 1_024;

/// Where rows are: the file's name, and the byte at which the first of them begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) file: Arc<str>,
    pub(super) from: u64,
}

/// The rows of a request, to be forced to the disk before `done` is sent.
struct Append {
    lines: Vec<u8>,
    done: oneshot::Sender<Result<Place, String>>,
}

/// Appends rows to the files of a folder.
#[derive(Debug)]
pub(super) struct SegmentWriter {
    folder: PathBuf,
    /// The thread begins with the first row: most servers are never posted to.
    appends: Mutex<Option<mpsc::Sender<Append>>>,
}

impl SegmentWriter {
    pub(super) fn new(folder: &Path) -> SegmentWriter {
        SegmentWriter { folder: folder.to_owned(), appends: Mutex::new(None) }
    }

    /// Appends the lines of a request, all of them or none; when this returns, they are on the disk.
    pub(super) async fn append(&self, lines: Vec<u8>) -> Result<Place> {
        let (done, outcome) = oneshot::channel();
        let stopped = || anyhow!("the thread that writes posted rows has stopped");
        self.sender()?.send(Append { lines, done }).map_err(|_| stopped())?;
        let outcome = outcome.await.map_err(|_| stopped())?;
        outcome.map_err(|error| anyhow!("cannot write posted rows: {error}"))
    }

    fn sender(&self) -> Result<mpsc::Sender<Append>> {
        let mut appends = self.appends.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(appends) = &*appends {
            return Ok(appends.clone());
        }
        plumb_lake::create_folder(&self.folder)?;
        let (sender, received) = mpsc::channel();
        let folder = self.folder.clone();
        let run = move || run(&folder, &received);
        std::thread::Builder::new().name("posted".to_owned()).spawn(run).context("no thread for posted rows")?;
        Ok(appends.insert(sender).clone())
    }
}

fn run(folder: &Path, received: &Receiver<Append>) {
    let mut file: Option<(Arc<str>, ForcedFile)> = None;
    while let Ok(first) = received.recv() {
        let mut appends = vec![first];
        appends.extend(received.try_iter().take(REQUESTS_MAX - 1));
        let outcome = append_all(folder, &mut file, &appends).map_err(|error| format!("{error:#}"));
        if outcome.is_err() {
            // An ingestion may have read what was cut off again, and goes on behind it.
            file = None;
        }
        let mut from = outcome.as_ref().map_or(0, |place| place.from);
        for Append { lines, done } in appends {
            let own = outcome.clone().map(|place| Place { from, ..place });
            from += lines.len() as u64;
            // The caller may have gone away.
            let _ = done.send(own);
        }
    }
}

/// Writes the lines of some requests, and returns where they begin.
fn append_all(folder: &Path, file: &mut Option<(Arc<str>, ForcedFile)>, appends: &[Append]) -> Result<Place> {
    if file.as_ref().is_none_or(|(_, file)| !file.takes_more(SEGMENT_BYTES_MAX)) {
        let NewSegment { name, file: begun } = NewSegment::begin(folder)?;
        *file = Some((format!("{name}.jsonl").into(), ForcedFile::new(Arc::new(begun))));
    }
    let (name, file) = file.as_mut().context("a file was begun")?;
    let from = file.bytes();
    let lines = appends.iter().map(|append| append.lines.as_slice()).collect::<Vec<&[u8]>>().concat();
    file.append(&lines)?;
    Ok(Place { file: name.clone(), from })
}
