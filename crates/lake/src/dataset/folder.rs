//! The folders of data sets: found, listed and checked against their manifests.

use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use crate::error::Error;
use crate::files::file_hash::FileHash;

/// Returns the folder of a data set.
pub(super) fn folder(data: &Path, dataset_id: &str) -> PathBuf {
    data.join("datasets").join(dataset_id)
}

/// Returns the manifests of all data sets, ordered by target and `as_of`.
pub fn list(data: &Path) -> Result<Vec<Manifest>, Error> {
    let datasets = data.join("datasets");
    let entries = match std::fs::read_dir(&datasets) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::file("list", &datasets)(error)),
    };
    let mut manifests = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::file("list", &datasets))?;
        // A run that died may have left a name with a dot: nothing was frozen there.
        if entry.file_name().to_str().is_some_and(|name| !name.starts_with('.')) {
            manifests.push(read_manifest(&entry.path())?);
        }
    }
    manifests.sort_by(|a: &Manifest, b| (&a.target, a.as_of, &a.dataset_id).cmp(&(&b.target, b.as_of, &b.dataset_id)));
    Ok(manifests)
}

/// Returns the manifest of a data set, by its id or a unique prefix of it.
pub fn find(data: &Path, dataset_id: &str) -> Result<Manifest, Error> {
    let known = list(data)?;
    let mut matching = known.iter().filter(|manifest| manifest.dataset_id.starts_with(dataset_id));
    match (matching.next(), matching.next()) {
        (Some(only), None) => Ok(only.clone()),
        _ => Err(Error::NoDataset {
            dataset_id: dataset_id.to_owned(),
            known: known.into_iter().map(|manifest| manifest.dataset_id).collect(),
        }),
    }
}

/// Returns the path of a data set's rows. A file that does not match the manifest is refused.
pub(super) fn rows_path(data: &Path, manifest: &Manifest) -> Result<PathBuf, Error> {
    let path = folder(data, &manifest.dataset_id).join("rows.parquet");
    let found = FileHash::of_file(&path)?.sha256;
    if found != manifest.file_hash {
        return Err(Error::DatasetChanged { path, found, expected: manifest.file_hash.clone() });
    }
    Ok(path)
}

/// Reads the manifest in a folder.
pub(super) fn read_manifest(folder: &Path) -> Result<Manifest, Error> {
    let path = folder.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    serde_json::from_str(&text).map_err(|error| Error::file("understand", &path)(std::io::Error::other(error)))
}
