//! Words and texts: how often each occurs, and how long they are.

use plumb_tables::Texts;

use crate::sketch::{Moments, ValueCounter};

/// What is summed up of a column of texts.
pub(crate) struct TextFacts {
    pub(crate) counts: ValueCounter,
    /// Lengths in characters.
    pub(crate) lengths: Moments,
    pub(crate) length_min: u64,
    pub(crate) length_max: u64,
}

impl TextFacts {
    pub(crate) fn new() -> TextFacts {
        TextFacts { counts: ValueCounter::new(), lengths: Moments::default(), length_min: u64::MAX, length_max: 0 }
    }

    /// Adds the texts of a block with their hashes.
    pub(crate) fn add(&mut self, texts: &Texts, hashes: &[u64]) {
        let mut lengths = Vec::with_capacity(texts.len());
        for (text, hash) in texts.iter().zip(hashes) {
            let Some(text) = text else { continue };
            self.counts.add(*hash, text);
            let length = length_of(text);
            self.length_min = self.length_min.min(length);
            self.length_max = self.length_max.max(length);
            lengths.push(length as f64);
        }
        self.lengths.join(Moments::of(&lengths));
    }
}

/// Returns the length of a text in characters.
pub(crate) fn length_of(text: &str) -> u64 {
    if text.is_ascii() { text.len() as u64 } else { text.chars().count() as u64 }
}
