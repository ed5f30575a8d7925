//! Opens a table wherever it lies: a file, standard input, or a URL.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Result, ensure};
use plumb_lake::{is_url, record_source_of_parquet};
use plumb_tables::{FilePlan, Input, RecordSource, open_input};

/// The first bytes of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

/// Opens a table as records of text. What `plan` leaves open is found out.
pub(crate) fn open_table(location: &Path, plan: &FilePlan) -> Result<Box<dyn RecordSource>> {
    let shown = location.to_string_lossy();
    ensure!(!is_url(&shown), "`{shown}` is a URL, which is not read here yet: download it, and name the file");
    let input = Input::open(location)?;
    if is_parquet(&input.path) {
        // Its records are read from the file again and again, and a temporary one is gone by then.
        ensure!(!input.is_temporary(), "`{}` is Parquet: save it as a file, and name that", input.name);
        return Ok(record_source_of_parquet(&input.path)?);
    }
    Ok(open_input(input, plan)?)
}

/// Returns the last part of a location without its endings, as a name for what is made of it.
pub(crate) fn name_of(location: &Path) -> String {
    if location == Path::new("-") {
        return "stdin".to_owned();
    }
    let name = location.file_name().unwrap_or(location.as_os_str()).to_string_lossy();
    let stem = Path::new(name.trim_end_matches(".gz").trim_end_matches(".zst")).file_stem();
    stem.map_or_else(|| name.clone().into_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// Returns whether a file begins like Parquet. One that cannot be read is refused where it is opened.
pub(crate) fn is_parquet(path: &Path) -> bool {
    // A pipe would wait for its writer.
    if !path.is_file() {
        return false;
    }
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(PARQUET.len() as u64).read_to_end(&mut beginning));
    read.is_ok() && beginning == PARQUET
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_folders_and_endings() {
        for (location, expected) in [
            ("exports/leads.csv", "leads"),
            ("leads.csv.gz", "leads"),
            ("-", "stdin"),
            ("s3://bucket/2026/leads.jsonl.zst", "leads"),
            ("Leads Q3.xlsx", "Leads Q3"),
        ] {
            assert_eq!(name_of(Path::new(location)), expected);
        }
    }
}
