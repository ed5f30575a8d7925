//! Keys by their numbers: all texts lie in one buffer, so that a million keys take little more than their letters.

use std::hash::{BuildHasher, RandomState};

/// A place of the table that has no key.
const FREE: u32 = u32::MAX;

/// Different texts, numbered from 0 in the order in which they came.
#[derive(Default)]
pub(super) struct Keys {
    texts: String,
    /// Where each text ends.
    ends: Vec<usize>,
    /// Numbers by the hash of their texts; a place that is taken passes on to the next.
    places: Vec<u32>,
    hasher: RandomState,
}

impl Keys {
    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the number of a text, which gets one if it has none.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if (self.ends.len() + 1) * 4 > self.places.len() * 3 {
            self.grow();
        }
        let place = self.place(text);
        if self.places[place] == FREE {
            self.places[place] = u32::try_from(self.ends.len()).expect("there are fewer than four billion keys");
            self.texts.push_str(text);
            self.ends.push(self.texts.len());
        }
        self.places[place]
    }

    /// Returns the number of a text; `None` if it has none.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        if self.places.is_empty() {
            return None;
        }
        Some(self.places[self.place(text)]).filter(|number| *number != FREE)
    }

    /// Returns the text of a number.
    pub(super) fn text(&self, number: u32) -> &str {
        let number = number as usize;
        let begin = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.texts[begin..self.ends[number]]
    }

    /// Returns where a text is, or would be.
    fn place(&self, text: &str) -> usize {
        let mut place = self.hasher.hash_one(text) as usize % self.places.len();
        while self.places[place] != FREE && self.text(self.places[place]) != text {
            place = (place + 1) % self.places.len();
        }
        place
    }

    fn grow(&mut self) {
        self.places = vec![FREE; (self.places.len() * 2).max(64)];
        for number in 0..self.ends.len() as u32 {
            let place = self.place(self.text(number));
            self.places[place] = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_number() {
        let mut keys = Keys::default();
        assert_eq!(keys.find("crm:1"), None);
        let text = |number: u32| format!("crm:{}", number * 7);
        for round in 0..2 {
            for number in 0..1_000 {
                assert_eq!(keys.number(&text(number)), number, "round {round}");
            }
        }
        assert_eq!((keys.len(), keys.find(""), keys.number("")), (1_000, None, 1_000));
        for number in 0..1_000 {
            assert_eq!((keys.text(number), keys.find(&text(number))), (text(number).as_str(), Some(number)));
        }
        assert_eq!((keys.text(1_000), keys.find("crm:1")), ("", None));
    }
}
