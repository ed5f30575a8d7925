//! The format of a model's file, by its content and never by its name.

use anyhow::{Result, bail};

/// The format of a file, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFormat {
    Json,
    Ubj,
    Gzip,
    Tar,
    /// XGBoost's own before version 1.0, which it wrote until 2.1.
    Binary,
    Pickle,
    Other,
}

impl FileFormat {
    /// Returns the format of a file by its bytes.
    pub(super) fn detect(bytes: &[u8]) -> FileFormat {
        match bytes {
            [0x1f, 0x8b, ..] => FileFormat::Gzip,
            [b'{', b'L', ..] => FileFormat::Ubj,
            [b'b', b'i', b'n', b'f', ..] | [b'b', b's', b'6', b'4', b'\t', ..] => FileFormat::Binary,
            [0x80, 2..=5, ..] => FileFormat::Pickle,
            _ if bytes.get(257..262) == Some(b"ustar") => FileFormat::Tar,
            _ if bytes.trim_ascii_start().first() == Some(&b'{') => FileFormat::Json,
            _ => FileFormat::Other,
        }
    }

    /// Returns an error, with what to do, unless it is a model that can be read.
    pub(super) fn check(self) -> Result<()> {
        let save_again = "load it in Python and save it again by `booster.save_model(\"model.ubj\")`, or `model.json`";
        match self {
            FileFormat::Json | FileFormat::Ubj => Ok(()),
            FileFormat::Binary => bail!(
                "it is in XGBoost's old binary format, which newer versions no longer read either: {save_again}, with an \
                 XGBoost of version 1.6 to 3.0"
            ),
            FileFormat::Pickle => bail!(
                "it is a Python pickle, which could run anything when it is opened and so is not read here: {save_again}"
            ),
            FileFormat::Gzip | FileFormat::Tar => bail!("an archive in an archive: unpack the inner one first"),
            FileFormat::Other => bail!(
                "it is not an XGBoost model: expected JSON or UBJ as `booster.save_model` writes them, or a tar.gz with \
                 one of them"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_detected_by_content() {
        for (bytes, expected) in [
            (&b"{L\0\0\0\0\0\0\0\x07learner"[..], FileFormat::Ubj),
            (b" \n{\"learner\":{}}", FileFormat::Json),
            (b"binf\0\0\0\x3f", FileFormat::Binary),
            (b"bs64\tAAAA", FileFormat::Binary),
            (b"\x80\x04\x95", FileFormat::Pickle),
            (b"\x1f\x8b\x08", FileFormat::Gzip),
            (b"PK\x03\x04", FileFormat::Other),
            (b"", FileFormat::Other),
        ] {
            assert_eq!(FileFormat::detect(bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
