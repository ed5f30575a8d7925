//! Options of how a file is read.

use std::path::PathBuf;

use anyhow::Result;
use plumb_tables::ReadingPlan;

use crate::lifecycle::reading::read_plan;

/// How a file is read, where what is found out is not what is meant.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadingArgs {
    /// Read the file by this plan, such as the `reading.toml` in a model's folder; what it leaves open is found out.
    #[arg(long, value_name = "FILE")]
    reading: Option<PathBuf>,
    /// Read this sheet of a workbook [default: the first with a table].
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Read the file in this character encoding, as `windows-1252` [default: found out].
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Separate cells by this character, or `tab` [default: found out].
    #[arg(long, value_name = "CHARACTER", value_parser = separator)]
    separator: Option<char>,
}

impl ReadingArgs {
    /// Returns the plan that the options make; `None` if there are none.
    pub(crate) fn plan(&self) -> Result<Option<ReadingPlan>> {
        let ReadingArgs { reading, sheet, encoding, separator } = self;
        if reading.is_none() && sheet.is_none() && encoding.is_none() && separator.is_none() {
            return Ok(None);
        }
        let mut plan = reading.as_deref().map(read_plan).transpose()?.unwrap_or_default();
        plan.file.sheet = sheet.clone().or(plan.file.sheet);
        plan.file.encoding = encoding.clone().or(plan.file.encoding);
        plan.file.separator = separator.or(plan.file.separator);
        Ok(Some(plan))
    }
}

/// Parses a share in percent.
pub(crate) fn percent(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=100.0).contains(share));
    share.ok_or_else(|| format!("`{text}` is no share: expected a number from 0 to 100, in percent"))
}

/// Parses one character; a tab may be written as a word.
fn separator(text: &str) -> Result<char, String> {
    let mut letters = text.chars();
    match (text, letters.next(), letters.next()) {
        ("tab" | "\\t", _, _) => Ok('\t'),
        (_, Some(letter), None) => Ok(letter),
        _ => Err(format!("`{text}` is not a character: expected one, such as `;`, or `tab`")),
    }
}
