//! The list of rejected rows beside a file of scores, `NAME.rejected.csv`. It is created with the first rejected row.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plumb_lake::rows::RejectedRow;

use super::pending_file::PendingFile;

/// The list of rejected rows, while it is being written.
pub(super) struct RejectedRows {
    path: Option<PathBuf>,
    writer: Option<csv::Writer<PendingFile>>,
}

impl RejectedRows {
    /// Returns the list beside `out`; rows are dropped if there is no such file.
    pub(super) fn beside(out: Option<&Path>) -> RejectedRows {
        let path = out.map(|out| {
            let mut name = out.file_name().unwrap_or_default().to_owned();
            name.push(".rejected.csv");
            out.with_file_name(name)
        });
        RejectedRows { path, writer: None }
    }

    /// Adds rows.
    pub(super) fn add(&mut self, rejected: &[RejectedRow]) -> Result<()> {
        let Some(path) = self.path.as_deref().filter(|_| !rejected.is_empty()) else { return Ok(()) };
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let mut writer = csv::Writer::from_writer(PendingFile::create(path)?);
                writer.write_record(["row", "line", "column", "reason"])?;
                self.writer.insert(writer)
            }
        };
        for RejectedRow { number, line, field, reason } in rejected {
            let line = line.map(|line| line.to_string()).unwrap_or_default();
            writer.write_record([&number.to_string(), &line, field.as_deref().unwrap_or_default(), reason])?;
        }
        Ok(())
    }

    /// Finishes the list and returns its path, or removes the list of an earlier run if no row was rejected.
    pub(super) fn finish(self) -> Result<Option<PathBuf>> {
        let Some(path) = self.path else { return Ok(None) };
        match self.writer {
            Some(writer) => {
                let file = writer.into_inner().map_err(csv::IntoInnerError::into_error);
                file.context("cannot write the list of rejected rows")?.finish()?;
                Ok(Some(path))
            }
            None if path.exists() => {
                std::fs::remove_file(&path).with_context(|| format!("cannot remove the older `{}`", path.display()))?;
                Ok(None)
            }
            None => Ok(None),
        }
    }
}
