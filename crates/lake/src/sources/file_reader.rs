//! Which reader a file of a source needs: by the source's kind and plan, and else by what the file begins with.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use plumb_tables::{Compression, FileFormat, FilePlan, Input, ReadingPlan, RecordSource, open_input};

use super::source::in_project;
use super::source_pull::SourcePull;
use crate::error::Error;
use crate::files::limits::ROW_BYTES_MAX;

/// The first bytes of compressed files, and of text in UTF-16.
const NOT_PLAIN: [&[u8]; 4] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xff\xfe", b"\xfe\xff"];

/// How one file is read.
pub(super) enum FileReader {
    /// Parquet, whose columns have types.
    Parquet { _input: Input },
    /// JSON Lines in UTF-8, which may grow: a later run reads on.
    GrowingLines { _input: Input },
    /// Anything else, from its start.
    Records(Box<dyn RecordSource>),
}

impl FileReader {
    /// Finds out how a file is read.
    pub(super) fn of(pull: &SourcePull<'_>, plan: &ReadingPlan, input: Input) -> Result<FileReader, Error> {
        let beginning = beginning(&input.path)?;
        let is_plain = !NOT_PLAIN.iter().any(|magic| beginning.starts_with(magic));
        match plan.file.format {
            Some(FileFormat::Parquet) => return Ok(FileReader::Parquet { _input: input }),
            None if beginning == b"PAR1" => return Ok(FileReader::Parquet { _input: input }),
            None if is_plain && is_utf8(&plan.file) && begins_with_object(&input.path)? => {
                return Ok(FileReader::GrowingLines { _input: input });
            }
            Some(FileFormat::Jsonl) if is_plain && is_utf8(&plan.file) => {
                return Ok(FileReader::GrowingLines { _input: input });
            }
            _ => {}
        }
        let again = (!input.is_temporary()).then(|| (input.name.clone(), input.path.clone()));
        let source = open_input(input, &plan.file).map_err(|error| pull.table_error(error))?;
        let found = source.plan();
        match again.filter(|_| found.format == Some(FileFormat::Jsonl) && is_plain && is_utf8(found)) {
            Some((name, path)) => {
                let mut input = Input::open(&path).map_err(|error| pull.table_error(error))?;
                input.name = name;
                Ok(FileReader::GrowingLines { _input: input })
            }
            None => Ok(FileReader::Records(source)),
        }
    }
}

/// Returns the plan of a source: what its kind fixes, and what the file says that it names by `reading`.
pub(super) fn plan_of(pull: &SourcePull<'_>) -> Result<ReadingPlan, Error> {
    let mut plan = match &pull.source.reading {
        None => ReadingPlan::default(),
        Some(name) => {
            let path = in_project(pull.project, name);
            let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
            toml::from_str(&text).map_err(|error| {
                pull.error(format!("`{name}` is no plan of reading: {error}"), "mend it, or leave `reading` out")
            })?
        }
    };
    let kind = pull.source.kind.format();
    match (kind, plan.file.format) {
        (Some(kind), Some(format)) if kind != format => Err(pull.error(
            format!("its kind is of the format {kind:?}, and its plan of reading of {format:?}"),
            "set `kind = \"files\"` in plumb.toml, which takes the format of the plan",
        )),
        (kind, format) => {
            plan.file.format = format.or(kind);
            Ok(plan)
        }
    }
}

fn is_utf8(plan: &FilePlan) -> bool {
    let is_uncompressed = plan.compression.is_none_or(|compression| compression == Compression::None);
    is_uncompressed && plan.encoding.as_deref().is_none_or(|label| label.eq_ignore_ascii_case("utf-8"))
}

fn beginning(path: &Path) -> Result<Vec<u8>, Error> {
    let mut beginning = Vec::new();
    let failed = Error::file("read", path);
    File::open(path).and_then(|file| file.take(4).read_to_end(&mut beginning)).map_err(failed)?;
    Ok(beginning)
}

/// Returns whether the first line of a file is a JSON object and nothing else: then it is JSON Lines.
fn begins_with_object(path: &Path) -> Result<bool, Error> {
    let mut line = Vec::new();
    let failed = Error::file("read", path);
    let mut reader = BufReader::new(File::open(path).map_err(Error::file("read", path))?.take(ROW_BYTES_MAX));
    reader.read_until(b'\n', &mut line).map_err(failed)?;
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line);
    let is_object = line.first() == Some(&b'{');
    Ok(is_object
        && line.ends_with(b"\n")
        && serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok())
}
