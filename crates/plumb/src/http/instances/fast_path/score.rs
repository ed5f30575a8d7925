//! The body of `/v1/score` with features.

use super::rows::{row, writer};
use super::text::JsonText;
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
    pub(in crate::http) fn row(mut self, scorer: &Scorer) -> Option<(Rows, Option<&'a str>)> {
        let (mut rows, mut is_read) = (writer(scorer), false);
        while self.text.continues(b'}')? {
            match self.text.name()? {
                "features" if !is_read => {
                    row(&mut self.text, &mut rows)?;
                    is_read = true;
                }
                "lead_id" if self.lead_id.is_none() => self.lead_id = Some(self.text.string()?),
                _ => return None,
            }
        }
        self.text.end()?;
        Some((rows.finish()?, self.lead_id))
    }
}
