//! A file of rows, read whole.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use plumb_lead::{MISSING_LEVEL, Values};
use plumb_tables::{
    ColumnPlan, ColumnReading, ColumnValues, Level, Note, NoteCode, ReadingReport, RecordSource, TableReader,
};

use super::target::find_name;
use crate::lifecycle::reading::{ReadingOptions, open_table};

/// The most rows and cells of a file that is read whole: for a data set on someone's desk.
const ROWS_MAX: usize = 10_000_000;
const CELLS_MAX: usize = 250_000_000;

/// The most bytes of different words that are kept.
const WORD_BYTES_MAX: usize = 1 << 30;

/// Words that say of an outcome that it is not known.
const MISSING_OUTCOMES: [&str; 13] =
    ["NA", "N/A", "#N/A", "null", "NaN", "unknown", "?", "-", "--", "Select", "(not set)", "(blank)", "undefined"];

/// Rows that are decoded at once.
const BLOCK_ROWS: usize = 8_192;

/// A file in memory: every column that its reader did not pass over, and what became of the rest.
#[derive(Clone, Debug)]
pub(super) struct FileTable {
    /// The number of rows.
    pub(super) rows: usize,
    /// The columns in the order of the file.
    pub(super) columns: Vec<FileColumn>,
    /// How it was read.
    pub(super) report: ReadingReport,
}

/// A column of a file.
#[derive(Clone, Debug)]
pub(super) struct FileColumn {
    /// Its name, and how its cells were read.
    pub(super) plan: ColumnPlan,
    /// Its values.
    pub(super) values: FileValues,
}

/// The values of a column of a file.
#[derive(Clone, Debug)]
pub(super) enum FileValues {
    /// Numbers, flags or words; identifiers and texts are words as well.
    Values(Values),
    /// Microseconds since 1970 in UTC; `i64::MIN` is missing.
    Timestamps(Vec<i64>),
}

impl FileTable {
    /// Reads all rows, and returns the name of the target's column in the file as well. The target is read as words, so that
    /// none is reinterpreted, unless a plan says otherwise.
    pub(super) fn read(location: &Path, options: &ReadingOptions, target: &str) -> Result<(FileTable, String)> {
        let source = open_table(location, &options.plan.file)?;
        let target = target_name(source.as_ref(), target)?;
        let mut plan = options.plan.clone();
        if !plan.columns.iter().any(|column| column.name == target) {
            plan.columns.push(words_of_outcome(&target));
        }
        let mut reader = TableReader::open(source, &plan)?;
        let plans: Vec<ColumnPlan> = reader.columns().into_iter().cloned().collect();
        let mut columns: Vec<Gathered> = plans.iter().map(|_| Gathered::default()).collect();
        let (mut rows, name) = (0, name_shown(location));
        while let Some(block) = reader.next_block(BLOCK_ROWS)? {
            rows += block.rows();
            for (column, values) in columns.iter_mut().zip(&block.columns) {
                column.add(values);
            }
            check_size(&name, rows, &columns)?;
        }
        let mut report = reader.report();
        let noted = plans.iter().zip(&columns).filter(|(_, column)| column.too_large > 0);
        report.notes.splice(0..0, noted.map(|(plan, column)| too_large(&plan.name, column.too_large)));
        report.check_lost(options.allow_lost_percent)?;
        ensure!(rows > 0, "`{name}` has no rows{}", first_set_aside(&report));
        let columns = plans.into_iter().zip(columns);
        let columns = columns.map(|(plan, column)| FileColumn { plan, values: column.values }).collect();
        Ok((FileTable { rows, columns, report }, target))
    }

    /// Returns a column by its name.
    pub(super) fn column(&self, name: &str) -> Option<&FileColumn> {
        self.columns.iter().find(|column| column.plan.name == name)
    }
}

fn target_name(source: &dyn RecordSource, typed: &str) -> Result<String> {
    let records = source.open()?;
    Ok(find_name(records.names().iter().map(String::as_str), typed)?.to_owned())
}

fn words_of_outcome(name: &str) -> ColumnPlan {
    let missing = MISSING_OUTCOMES.iter().map(|word| (*word).to_owned()).collect();
    ColumnPlan { name: name.to_owned(), reading: ColumnReading::Category, missing, merge_spellings: false }
}

/// A column that is being read.
struct Gathered {
    values: FileValues,
    /// The codes of words, if it is one of words.
    codes_of: HashMap<String, u32>,
    word_bytes: usize,
    /// Numbers that do not fit into a model's 32 bits.
    too_large: u64,
}

impl Default for Gathered {
    fn default() -> Gathered {
        let values = FileValues::Values(Values::Number(Vec::new()));
        Gathered { values, codes_of: HashMap::new(), word_bytes: 0, too_large: 0 }
    }
}

impl Gathered {
    fn add(&mut self, block: &ColumnValues) {
        if self.values.is_empty() {
            self.values = FileValues::empty_like(block);
        }
        match (&mut self.values, block) {
            (FileValues::Values(Values::Number(all)), ColumnValues::Number(more)) => {
                let fits = |number: &f64| number.is_nan() || (*number as f32).is_finite();
                self.too_large += more.iter().filter(|number| !fits(number)).count() as u64;
                all.extend(more.iter().map(|number| if fits(number) { *number as f32 } else { f32::NAN }));
            }
            (FileValues::Values(Values::Flag(all)), ColumnValues::Flag(more)) => all.extend(more),
            (FileValues::Timestamps(all), ColumnValues::Timestamp(more)) => all.extend(more),
            (FileValues::Values(Values::Category { codes, levels }), ColumnValues::Text(more)) => {
                for text in more.iter() {
                    let Some(text) = text else {
                        codes.push(MISSING_LEVEL);
                        continue;
                    };
                    let code = match self.codes_of.get(text) {
                        Some(code) => *code,
                        None => {
                            let code = levels.len() as u32;
                            levels.push(text.to_owned());
                            self.codes_of.insert(text.to_owned(), code);
                            self.word_bytes += text.len();
                            code
                        }
                    };
                    codes.push(code);
                }
            }
            // A reader's column keeps its kind from block to block.
            (_, _) => debug_assert!(false, "a column has changed its kind"),
        }
    }
}

impl FileValues {
    fn is_empty(&self) -> bool {
        match self {
            FileValues::Values(values) => values.is_empty(),
            FileValues::Timestamps(times) => times.is_empty(),
        }
    }

    fn empty_like(block: &ColumnValues) -> FileValues {
        match block {
            ColumnValues::Number(_) => FileValues::Values(Values::Number(Vec::new())),
            ColumnValues::Flag(_) => FileValues::Values(Values::Flag(Vec::new())),
            ColumnValues::Timestamp(_) => FileValues::Timestamps(Vec::new()),
            ColumnValues::Text(_) => FileValues::Values(Values::Category { codes: Vec::new(), levels: Vec::new() }),
        }
    }
}

/// Refuses more rows, cells or words than fit into memory.
fn check_size(name: &str, rows: usize, columns: &[Gathered]) -> Result<()> {
    let word_bytes: usize = columns.iter().map(|column| column.word_bytes).sum();
    let most = if rows > ROWS_MAX {
        format!("{ROWS_MAX} rows")
    } else if rows.saturating_mul(columns.len()) > CELLS_MAX {
        format!("{CELLS_MAX} cells")
    } else if word_bytes > WORD_BYTES_MAX {
        format!("{WORD_BYTES_MAX} bytes of different words")
    } else {
        return Ok(());
    };
    bail!(
        "`{name}` has more than {most}, the most that is read whole: take part of its rows or columns, or make a project of \
         it, whose sources may be of any length"
    )
}

fn too_large(column: &str, count: u64) -> Note {
    Note {
        level: Level::Warning,
        code: NoteCode::Precision,
        column: Some(column.to_owned()),
        count,
        what: format!("{count} numbers do not fit into the 32 bits of a model, and count as missing"),
        way_out: "write them in a larger unit, such as thousands".to_owned(),
    }
}

fn name_shown(location: &Path) -> String {
    if location == Path::new("-") { "standard input".to_owned() } else { location.display().to_string() }
}

fn first_set_aside(report: &ReadingReport) -> String {
    let first = report.set_aside.iter().find(|record| record.is_row);
    first.map_or_else(String::new, |record| format!(" that can be read; line {}: {}", record.line, record.reason))
}
