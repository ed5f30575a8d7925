//! The file of a model that was trained elsewhere: its format, by content and never by name, and the model in it.
//!
//! Nothing in it is run or written to the disk, and `plumb_learn::trees` checks the model.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use plumb_lead::Imported;
use plumb_learn::trees::Trees;

use super::archive;
use super::format::FileFormat;
use super::limits::{FILE_BYTES_MAX, Limits};
use crate::content_hash::sha256;
use crate::files::read_within;

/// Objectives whose score is the probability of yes; those of several classes are read with two classes only.
const OBJECTIVES: [&str; 5] = ["binary:logistic", "binary:logitraw", "reg:logistic", "multi:softprob", "multi:softmax"];

/// A model that was trained elsewhere.
pub(crate) struct ImportedFile {
    /// The model's bytes as XGBoost wrote them.
    pub(crate) bytes: Vec<u8>,
    /// The same, parsed.
    pub(crate) trees: Trees,
    /// The file, for the model's card.
    pub(crate) imported: Imported,
}

/// Reads the model in a file.
pub(crate) fn read(path: &Path) -> Result<ImportedFile> {
    let bytes = read_bytes(path)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file_hash = sha256(&bytes);
    let message = || format!("cannot import `{}`", path.display());
    let bytes = model_in(bytes, &Limits::DEFAULT).with_context(message)?;
    let trees = Trees::from_bytes(&bytes, None, None).with_context(message)?;
    let metadata = trees.metadata();
    if !OBJECTIVES.contains(&metadata.objective.as_str()) {
        bail!(
            "cannot import `{}`: its objective is `{}`, expected one of `{}`: only then is a score the probability of yes",
            path.display(),
            metadata.objective,
            OBJECTIVES.join("`, `")
        );
    }
    let imported = Imported {
        file,
        file_hash,
        model_hash: sha256(&bytes),
        objective: metadata.objective.clone(),
        xgboost: metadata.version.clone(),
    };
    Ok(ImportedFile { bytes, trees, imported })
}

fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let bytes = read_within(path, FILE_BYTES_MAX, "an XGBoost model")?;
    ensure!(!bytes.is_empty(), "`{}` is empty: expected an XGBoost model", path.display());
    Ok(bytes)
}

/// Returns the bytes of the model: these, or those that an archive holds.
fn model_in(bytes: Vec<u8>, limits: &Limits) -> Result<Vec<u8>> {
    let packed = bytes.len() as u64;
    match FileFormat::detect(&bytes) {
        FileFormat::Gzip => archive::only_model(flate2::read::MultiGzDecoder::new(Cursor::new(bytes)), packed, limits),
        FileFormat::Tar => archive::only_model(Cursor::new(bytes), packed, limits),
        format => format.check().map(|()| bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_file_is_refused_with_what_to_do() {
        let error = |bytes: &[u8]| model_in(bytes.to_vec(), &Limits::DEFAULT).expect_err("no model").to_string();
        assert!(error(b"binf1234").contains("old binary format") && error(b"binf1234").contains("save_model"));
        assert!(error(b"\x80\x04\x95x").contains("could run anything"));
        assert!(error(b"size,channel\n").contains("not an XGBoost model"));
    }
}
