//! The body of `/v1/score` with features.

use super::rows::{read, row};
use super::text::JsonText;
use crate::http::error::Error;
use crate::http::middleware::request_memory::RequestMemory;
use crate::scoring::{Rows, Scorer};

/// The body of `/v1/score` with features, read as far as its target, which determines the model.
pub(in crate::http) struct FastScoreBody<'a> {
    pub(in crate::http) target: &'a str,
    lead_id: Option<&'a str>,
    text: JsonText<'a>,
}

impl<'a> FastScoreBody<'a> {
    pub(in crate::http) fn read(body: &'a [u8]) -> Option<FastScoreBody<'a>> {
        let mut text = JsonText::of(body)?;
        text.take(b'{')?;
        let mut lead_id = None;
        loop {
            match text.name()? {
                "target" => break,
                "lead_id" if lead_id.is_none() => lead_id = Some(text.string()?),
                _ => return None,
            }
            text.take(b',')?;
        }
        let target = Some(text.string()?).filter(|target| !target.trim().is_empty())?;
        Some(FastScoreBody { target, lead_id, text })
    }

    /// Returns the row, and the caller's own name for it.
    pub(in crate::http) fn row(
        mut self,
        scorer: &Scorer,
        memory: &RequestMemory,
    ) -> Result<Option<(Rows, Option<&'a str>)>, Error> {
        let rows = read(scorer, memory, |rows| {
            let mut is_read = false;
            while self.text.continues(b'}')? {
                match self.text.name()? {
                    "features" if !is_read => {
                        row(&mut self.text, rows)?;
                        is_read = true;
                    }
                    "lead_id" if self.lead_id.is_none() => self.lead_id = Some(self.text.string()?),
                    _ => return None,
                }
            }
            self.text.end()
        })?;
        Ok(rows.map(|rows| (rows, self.lead_id)))
    }
}
