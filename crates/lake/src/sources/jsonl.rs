//! JSON Lines: an object a line, nested fields joined by `_`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use plumb_connectors::flatten;

use super::file_rows::FileRows;
use crate::error::Error;
use crate::files::limits::ROW_BYTES_MAX;
use crate::raw::FileState;

/// Reads on from where the last run stopped, and returns the bytes and lines read so far. A last line that does not end
/// yet and is not JSON is left for the next run.
pub(super) fn read(rows: &mut FileRows<'_>, from: &FileState) -> Result<(u64, u64), Error> {
    let mut file = File::open(rows.path).map_err(Error::file("open", rows.path))?;
    file.seek(SeekFrom::Start(from.bytes)).map_err(Error::file("read", rows.path))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let (mut bytes, mut lines) = (from.bytes, from.lines);
    let mut line = Vec::new();
    loop {
        line.clear();
        let failed = Error::file("read", rows.path);
        let length = (&mut reader).take(ROW_BYTES_MAX).read_until(b'\n', &mut line).map_err(failed)?;
        if length == 0 {
            break;
        }
        if length as u64 == ROW_BYTES_MAX && line.last() != Some(&b'\n') {
            bytes += length as u64 + reader.skip_until(b'\n').map_err(Error::file("read", rows.path))? as u64;
            lines += 1;
            rows.reject(lines, "", format!("longer than {ROW_BYTES_MAX} bytes"))?;
            continue;
        }
        // Some programs begin a file with a byte order mark, even in UTF-8.
        let object = if bytes == 0 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line) } else { &line };
        let parsed = parse_object(object);
        if parsed.is_err() && line.last() != Some(&b'\n') {
            break;
        }
        bytes += length as u64;
        lines += 1;
        match parsed {
            Ok(None) => {}
            Ok(Some(fields)) => rows.push(fields, lines)?,
            Err(reason) => rows.reject(lines, "", reason)?,
        }
    }
    Ok((bytes, lines))
}

/// Returns the flattened fields of a line's JSON object, `None` for a blank line, or why it is not one.
fn parse_object(line: &[u8]) -> Result<Option<BTreeMap<String, String>>, String> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let text = std::str::from_utf8(line).map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to()))?;
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let serde_json::Value::Object(object) = value else {
        return Err("expected a JSON object".into());
    };
    flatten(object).map(Some)
}
