//! What a bucket says of itself: the pointer to a version, and the list of its files.

use object_store::UpdateVersion;

use crate::bucket::Bucket;
use crate::error::Error;
use crate::hash;
use crate::version::{Manifest, Version};

/// The pointer's name.
pub(crate) const POINTER: &str = "CURRENT";

/// Files that are under way at once.
pub(crate) const FILES_AT_ONCE: usize = 4;

/// Reads the pointer, with what a conditional put needs to replace it.
pub(crate) async fn pointer(bucket: &Bucket) -> Result<Option<(Version, UpdateVersion)>, Error> {
    let Some(found) = bucket.get(POINTER).await? else { return Ok(None) };
    let seen = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
    let text = found.bytes().await.map_err(|error| bucket.error("read", POINTER, &error))?;
    let version = serde_json::from_slice(&text).map_err(|error| Error::Damaged {
        url: bucket.url_of(POINTER),
        found: error.to_string(),
        expected: "the pointer to a version".to_owned(),
        way_out: "Put back its version before, if the bucket keeps versions, or write it by hand from the newest of \
                  `versions/`",
    })?;
    Ok(Some((version, seen)))
}

/// Reads the list of a version's files.
pub(crate) async fn manifest_of(bucket: &Bucket, version: &Version) -> Result<Manifest, Error> {
    let object = version.object();
    let damaged = |found: String| Error::Damaged {
        url: bucket.url_of(&object),
        found,
        expected: format!("the list with the SHA-256 `{}`", version.sha256),
        way_out: "Put back the object, if the bucket keeps versions, or push to another prefix",
    };
    let Some(found) = bucket.get(&object).await? else { return Err(damaged("it is not there".to_owned())) };
    let text = found.bytes().await.map_err(|error| bucket.error("read", &object, &error))?;
    let sha256 = hash::of_bytes(&text);
    if sha256 != version.sha256 {
        return Err(damaged(format!("it has the SHA-256 `{sha256}`")));
    }
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    match manifest.files.iter().find_map(|entry| Some((entry, entry.problem()?))) {
        Some((entry, problem)) => Err(damaged(format!("of its file {:?} {problem}", entry.path))),
        None => Ok(manifest),
    }
}
