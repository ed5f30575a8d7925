//! The files of a URL with `*` in it.

use futures::TryStreamExt;
use object_store::path::Path;

use super::address::{Address, Scheme};
use super::fetch::said;
use super::store::{path_of, store_of};
use crate::error::Error;

/// A file of a store.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its URL, as it is fetched.
    pub(crate) url: String,
    /// Its URL, as messages show it.
    pub(crate) label: String,
    pub(crate) bytes: u64,
    /// When it was changed, in microseconds; 0 if the store does not say.
    pub(crate) modified_micros: i64,
}

/// Returns the files of a URL, in the order of their names: the one, or those that its pattern means.
pub(crate) async fn list(url: &str) -> Result<Vec<Found>, Error> {
    let address = Address::parse(url)?;
    let store = store_of(&address)?;
    if !address.path.contains('*') {
        let found =
            store.get_opts(&path_of(&address)?, object_store::GetOptions { head: true, ..Default::default() }).await;
        let meta = found.map_err(|error| address.error(&said(&error)))?.meta;
        return Ok(vec![Found {
            url: url.to_owned(),
            label: address.shown(),
            bytes: meta.size,
            modified_micros: meta.last_modified.timestamp_micros(),
        }]);
    }
    if matches!(address.scheme, Scheme::Https | Scheme::Http) {
        return Err(address.error(&"the web does not list its files: expected a URL without `*`, one for each file"));
    }
    let pattern = glob::Pattern::new(&address.path).map_err(|error| address.error(&error))?;
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
    let before = address.path.split('*').next().unwrap_or_default();
    let folder = before.rsplit_once('/').map(|(folder, _)| Path::from(folder));
    let mut files: Vec<Found> = store
        .list(folder.as_ref())
        .try_filter(|meta| std::future::ready(pattern.matches_with(meta.location.as_ref(), options)))
        .map_ok(|meta| {
            let label = address.of_path(meta.location.as_ref());
            let modified_micros = meta.last_modified.timestamp_micros();
            Found { url: label.clone(), label, bytes: meta.size, modified_micros }
        })
        .try_collect()
        .await
        .map_err(|error| address.error(&said(&error)))?;
    files.sort_by(|a, b| a.label.cmp(&b.label));
    if files.is_empty() {
        return Err(address.error(&"no file of this name is there"));
    }
    Ok(files)
}
