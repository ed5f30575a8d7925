//! Evidence of one column: its words while they are few, the forms of its cells, and how many are different.

use super::distinct::{Bounds, Counted, Distinct};
use super::forms::Forms;
use super::sketch::{Sketch, hash};

/// What the cells of one column say.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    /// All rows.
    pub(crate) rows: u64,
    /// Rows whose cell is empty.
    pub(crate) empty: u64,
    /// Cells with blanks around them.
    pub(crate) padded: u64,
    /// The different words; not complete if they are many.
    pub(crate) words: Distinct,
    /// Whether there are more different words than are listed.
    pub(crate) is_many: bool,
    /// What the cells are; complete after [`Evidence::finish`].
    pub(crate) forms: Forms,
    sketch: Option<Sketch>,
    running: Running,
}

/// Whether the cells count the rows.
#[derive(Clone, Copy, Debug)]
struct Running {
    last: Option<u64>,
    steps: u64,
    gaps: u64,
    is_possible: bool,
}

impl Evidence {
    pub(crate) fn new(bounds: Bounds) -> Evidence {
        Evidence {
            rows: 0,
            empty: 0,
            padded: 0,
            words: Distinct::new(bounds),
            is_many: false,
            forms: Forms::new(),
            sketch: None,
            running: Running { last: None, steps: 0, gaps: 0, is_possible: true },
        }
    }

    /// Takes note of the column's cell in the next row.
    pub(crate) fn see(&mut self, raw: &str, line: u64) {
        self.rows += 1;
        let cell = trimmed(raw);
        if cell.is_empty() {
            self.empty += 1;
            self.running.is_possible = false;
            return;
        }
        self.padded += u64::from(cell.len() != raw.len());
        if self.running.is_possible {
            self.running.see(cell);
        }
        if !self.is_many {
            if self.words.add(cell, line, 1) {
                return;
            }
            self.is_many = true;
            self.see_words();
        }
        if let Some(sketch) = &mut self.sketch {
            sketch.add(hash(cell.as_bytes()));
        }
        self.forms.see(Counted { word: cell, count: 1, line });
    }

    /// Ends the column.
    pub(crate) fn finish(mut self) -> Evidence {
        if !self.is_many {
            self.see_words();
        }
        self
    }

    /// Returns the cells that are there.
    pub(crate) fn present(&self) -> u64 {
        self.rows - self.empty
    }

    /// Returns how many words are different: an estimate if they are many.
    pub(crate) fn distinct(&self) -> u64 {
        match &self.sketch {
            Some(sketch) if self.is_many => sketch.distinct().min(self.present()),
            _ => self.words.len() as u64,
        }
    }

    /// Returns whether the cells count the rows, apart from rows that are left out.
    pub(crate) fn counts_rows(&self) -> bool {
        let running = &self.running;
        self.rows > 2 && running.is_possible && running.steps + 1 == self.rows && running.gaps * 100 <= running.steps
    }

    fn see_words(&mut self) {
        let mut sketch = self.is_many.then(Sketch::new);
        for word in self.words.iter() {
            if let Some(sketch) = &mut sketch {
                sketch.add(hash(word.word.as_bytes()));
            }
            self.forms.see(word);
        }
        self.sketch = sketch;
    }
}

impl Running {
    fn see(&mut self, cell: &str) {
        let number = cell.strip_suffix(".0").unwrap_or(cell).parse::<u64>().ok();
        self.is_possible = match (number, self.last) {
            (Some(number), Some(last)) if number > last => {
                self.steps += 1;
                self.gaps += u64::from(number != last + 1);
                self.gaps <= 16 + self.steps / 100
            }
            (Some(_), None) => true,
            _ => false,
        };
        self.last = number;
    }
}

/// Returns a cell without blanks around it; most have none, which their first and last byte tell.
pub(crate) fn trimmed(cell: &str) -> &str {
    match cell.as_bytes() {
        [first, .., last] if (b'!'..0x80).contains(first) && (b'!'..0x80).contains(last) => cell,
        [only] if (b'!'..0x80).contains(only) => cell,
        [] => cell,
        _ => cell.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}')),
    }
}
