//! Counts the different words of a column, up to a bound.

use super::sketch::hash;

/// Different words with their counts, until there are too many.
#[derive(Clone, Debug)]
pub(crate) struct Distinct {
    words: Vec<Word>,
    text: String,
    /// Places in `words`, plus one, by hash; 0 is free. Its length is a power of two, at least twice that of `words`.
    slots: Vec<u32>,
    bounds: Bounds,
}

/// How much is counted word by word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Different words.
    pub(crate) words_max: usize,
    /// Bytes of all of them together.
    pub(crate) bytes_max: usize,
}

#[derive(Clone, Debug)]
struct Word {
    hash: u64,
    begin: usize,
    end: usize,
    count: u64,
    line: u64,
}

/// A word of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted<'a> {
    /// The word, trimmed.
    pub(crate) word: &'a str,
    /// How many cells have it.
    pub(crate) count: u64,
    /// The line of the first of them.
    pub(crate) line: u64,
}

impl Distinct {
    pub(crate) fn new(bounds: Bounds) -> Distinct {
        Distinct { words: Vec::new(), text: String::new(), slots: vec![0; 16], bounds }
    }

    /// Counts a word so many times more; `false` if it is a new one and there are too many.
    pub(crate) fn add(&mut self, word: &str, line: u64, count: u64) -> bool {
        let hash = hash(word.as_bytes());
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while let Some(place) = self.slots[slot].checked_sub(1) {
            let known = &mut self.words[place as usize];
            if known.hash == hash && self.text[known.begin..known.end] == *word {
                known.count += count;
                return true;
            }
            slot = (slot + 1) & mask;
        }
        if self.words.len() >= self.bounds.words_max || self.text.len() + word.len() > self.bounds.bytes_max {
            return false;
        }
        let begin = self.text.len();
        self.text.push_str(word);
        self.words.push(Word { hash, begin, end: self.text.len(), count, line });
        self.slots[slot] = self.words.len() as u32;
        if self.words.len() * 2 > self.slots.len() {
            self.grow();
        }
        true
    }

    /// Returns the words in the order of their first cells.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Counted<'_>> {
        self.words.iter().map(|word| Counted {
            word: &self.text[word.begin..word.end],
            count: word.count,
            line: word.line,
        })
    }

    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    fn grow(&mut self) {
        let mut slots = vec![0; self.slots.len() * 2];
        let mask = slots.len() - 1;
        for (place, word) in self.words.iter().enumerate() {
            let mut slot = word.hash as usize & mask;
            while slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            slots[slot] = place as u32 + 1;
        }
        self.slots = slots;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_with_their_first_line_until_there_are_too_many() {
        let mut distinct = Distinct::new(Bounds { words_max: 100, bytes_max: 1_000 });
        for line in 0..1_000 {
            assert!(distinct.add(&format!("w{}", line % 100), line, 1));
        }
        assert!(!distinct.add("another", 1_000, 1));
        assert!(distinct.add("w7", 1_001, 1));
        let seventh = distinct.iter().nth(7).expect("there are a hundred");
        assert_eq!(seventh, Counted { word: "w7", count: 11, line: 7 });
        assert_eq!(distinct.len(), 100);
    }
}
