//! A file with a model that was trained elsewhere: what it is, by its content and never by its name, and the model in it.
//!
//! Nothing of it is run or written to the disk. What the model says is checked by `plumb_learn::trees`; which of our
//! features it sees is found in `columns`.

mod archive;
mod columns;

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use plumb_lead::Imported;
use plumb_learn::trees::Trees;

use crate::card;

pub(crate) use columns::{Columns, Told, columns};

/// The largest file, and the most that an archive may hold: some thousand times an ordinary model.
const BYTES_MAX: u64 = 1 << 30;

/// What is learned where a score is the probability of yes.
const OBJECTIVES: [&str; 3] = ["binary:logistic", "binary:logitraw", "reg:logistic"];

/// A model that was trained elsewhere.
pub(crate) struct Foreign {
    /// Its bytes as XGBoost wrote them.
    pub(crate) bytes: Vec<u8>,
    /// The same, read.
    pub(crate) trees: Trees,
    /// Where it is from.
    pub(crate) imported: Imported,
}

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Ubj,
    Gzip,
    Tar,
    /// XGBoost's own before version 1.0, which it wrote until 2.1.
    Binary,
    Pickle,
    Other,
}

/// Reads the model in a file.
pub(crate) fn read(path: &Path) -> Result<Foreign> {
    let bytes = whole(path)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file_hash = card::hash(&bytes);
    let of_file = || format!("cannot import `{}`", path.display());
    let bytes = model_in(bytes).with_context(of_file)?;
    let trees = Trees::from_bytes(&bytes, None).with_context(of_file)?;
    let about = trees.metadata();
    if !OBJECTIVES.contains(&about.objective.as_str()) {
        bail!(
            "cannot import `{}`: it has learned `{}`, expected one of `{}`: only then is a score the probability of yes",
            path.display(),
            about.objective,
            OBJECTIVES.join("`, `")
        );
    }
    let imported = Imported {
        file,
        file_hash,
        model_hash: card::hash(&bytes),
        objective: about.objective.clone(),
        xgboost: about.version.clone(),
    };
    Ok(Foreign { bytes, trees, imported })
}

fn whole(path: &Path) -> Result<Vec<u8>> {
    let cannot = || format!("cannot read `{}`", path.display());
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes)).with_context(cannot)?;
    match bytes.len() as u64 {
        0 => bail!("`{}` is empty: expected a model of XGBoost's", path.display()),
        length if length > BYTES_MAX => bail!("`{}` is larger than {BYTES_MAX} bytes", path.display()),
        _ => Ok(bytes),
    }
}

/// Returns the bytes of the model that these are, or that an archive holds.
fn model_in(bytes: Vec<u8>) -> Result<Vec<u8>> {
    match Form::of(&bytes) {
        Form::Gzip => archive::only_model(flate2::read::MultiGzDecoder::new(Cursor::new(bytes)), BYTES_MAX),
        Form::Tar => archive::only_model(Cursor::new(bytes), BYTES_MAX),
        form => form.check().map(|()| bytes),
    }
}

impl Form {
    fn of(bytes: &[u8]) -> Form {
        match bytes {
            [0x1f, 0x8b, ..] => Form::Gzip,
            [b'{', b'L', ..] => Form::Ubj,
            [b'b', b'i', b'n', b'f', ..] | [b'b', b's', b'6', b'4', b'\t', ..] => Form::Binary,
            [0x80, 2..=5, ..] => Form::Pickle,
            _ if bytes.get(257..262) == Some(b"ustar") => Form::Tar,
            _ if bytes.trim_ascii_start().first() == Some(&b'{') => Form::Json,
            _ => Form::Other,
        }
    }

    /// Returns an error unless it is a model that can be read, with what to do.
    fn check(self) -> Result<()> {
        let again = "load it in Python and save it again by `booster.save_model(\"model.ubj\")`, or `model.json`";
        match self {
            Form::Json | Form::Ubj => Ok(()),
            Form::Binary => bail!(
                "it is in XGBoost's old binary form, which newer versions no longer read either: {again}, with an XGBoost \
                 of version 1.6 to 3.0"
            ),
            Form::Pickle => bail!(
                "it is a pickle of Python's, which could run anything when it is opened and so is not read here: {again}"
            ),
            Form::Gzip | Form::Tar => bail!("an archive in an archive: unpack the inner one first"),
            Form::Other => bail!(
                "it is no model of XGBoost's: expected JSON or UBJ as `booster.save_model` writes them, or a tar.gz with \
                 one of them"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_known_by_its_content() {
        for (bytes, expected) in [
            (&b"{L\0\0\0\0\0\0\0\x07learner"[..], Form::Ubj),
            (b" \n{\"learner\":{}}", Form::Json),
            (b"binf\0\0\0\x3f", Form::Binary),
            (b"bs64\tAAAA", Form::Binary),
            (b"\x80\x04\x95", Form::Pickle),
            (b"\x1f\x8b\x08", Form::Gzip),
            (b"PK\x03\x04", Form::Other),
            (b"", Form::Other),
        ] {
            assert_eq!(Form::of(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_cannot_be_read_says_what_to_do() {
        let said = |bytes: &[u8]| model_in(bytes.to_vec()).expect_err("no model").to_string();
        assert!(said(b"binf1234").contains("old binary form") && said(b"binf1234").contains("save_model"));
        assert!(said(b"\x80\x04\x95x").contains("could run anything"));
        assert!(said(b"size,channel\n").contains("no model of XGBoost's"));
    }
}
