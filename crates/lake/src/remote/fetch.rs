//! Fetches a file into a temporary one.

use std::io::{Cursor, Read};

use futures::StreamExt;
use plumb_buckets::with_causes;
use plumb_tables::Input;
use tokio::sync::mpsc::{Receiver, channel};

use super::address::Address;
use super::store::{path_of, store_of};
use crate::error::Error;
use crate::files::limits::FETCHED_BYTES_MAX;

/// Parts of a file that wait to be written.
const PARTS_WAITING: usize = 8;

/// Fetches the file of a URL: `s3://bucket/key`, `gs://`, `az://`, `https://` or `http://`. `progress` is called with the
/// bytes so far and those of the file. Credentials come from the environment, and no message has them.
///
/// The input is a temporary file, which is removed with it; its name is the URL without a signature.
pub async fn fetch(url: &str, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Input, Error> {
    let address = Address::parse(url)?;
    let store = store_of(&address)?;
    let found = store.get_opts(&path_of(&address)?, object_store::GetOptions::default()).await;
    let found = found.map_err(|error| address.error(&said(&error)))?;
    let bytes = found.meta.size;
    check_size(&address, bytes)?;
    let (sender, receiver) = channel(PARTS_WAITING);
    let name = address.shown();
    let writing =
        tokio::task::spawn_blocking(move || Input::of_bytes(&name, Parts { receiver, part: Cursor::new(Vec::new()) }));
    let (mut parts, mut so_far) = (found.into_stream(), 0);
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| address.error(&said(&error)))?;
        so_far += part.len() as u64;
        check_size(&address, so_far)?;
        progress(so_far, bytes.max(so_far));
        if sender.send(part.to_vec()).await.is_err() {
            // It could not be written, as the writer says.
            break;
        }
    }
    let is_whole = so_far >= bytes;
    drop(sender);
    let input = writing.await.map_err(|error| address.error(&error))??;
    if !is_whole {
        return Err(address.error(&format!("it ended after {so_far} of {bytes} bytes: try again")));
    }
    Ok(input)
}

fn check_size(address: &Address, bytes: u64) -> Result<(), Error> {
    if bytes <= FETCHED_BYTES_MAX {
        return Ok(());
    }
    let problem =
        format!("it has {bytes} bytes: expected at most {FETCHED_BYTES_MAX}; split it, or copy it to this machine");
    Err(address.error(&problem))
}

/// Returns what a store says, in plain words where they are known.
pub(super) fn said(error: &object_store::Error) -> String {
    match error {
        object_store::Error::NotFound { .. } => "there is no such file".to_owned(),
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            "access is denied: set the credentials in the environment, as for the store's own programs".to_owned()
        }
        other => with_causes(other),
    }
}

/// Parts of a file that arrive one after the other, read as one.
struct Parts {
    receiver: Receiver<Vec<u8>>,
    part: Cursor<Vec<u8>>,
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.part.read(buffer)? {
                0 => match self.receiver.blocking_recv() {
                    Some(part) => self.part = Cursor::new(part),
                    None => return Ok(0),
                },
                count => return Ok(count),
            }
        }
    }
}
