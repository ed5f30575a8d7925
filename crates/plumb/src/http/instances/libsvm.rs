//! Rows in libsvm's format: `1 0:50 2:3.5 # a note`, that is an optional label, and `index:value` for what is not missing.
//! Whether indices begin at 0 or at 1 is not part of the format: if none of a body's is 0, they are taken to begin at 1, as
//! XGBoost does, unless the content type has the parameter `indexing_mode=0` or `indexing_mode=1`.

use plumb_lead::Feature;

use super::positional;
use super::values::usable;
use crate::http::cost;
use crate::http::error::Error;
use crate::http::middleware::request_memory::RequestMemory;
use crate::serving::Instance;

/// A line that has a row.
struct Row {
    /// The line's number.
    line: usize,
    values: Vec<(usize, f64)>,
}

/// Reads rows. `first` is the index of the first feature, if the content type has it.
pub(super) fn read(
    body: &[u8],
    features: &[Feature],
    first: Option<usize>,
    memory: &RequestMemory,
) -> Result<Vec<Instance>, Error> {
    let values = body.iter().filter(|byte| **byte == b':').count();
    cost::need_for_names(memory, memory.shape.lines, values)?;
    let text = std::str::from_utf8(body)
        .map_err(|error| Error::request(format!("the body is not UTF-8 at byte {}", error.valid_up_to())))?;
    let rows: Vec<Row> = text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| row(line, index + 1).transpose())
        .collect::<Result<_, Error>>()?;
    if rows.is_empty() {
        return Err(Error::empty_body());
    }
    cost::check_rows(memory, rows.len())?;
    let least = rows.iter().flat_map(|row| &row.values).map(|(index, _)| *index).min();
    let first = first.unwrap_or_else(|| usize::from(least.is_some_and(|least| least > 0)));
    rows.into_iter().map(|row| instance(row, features, first)).collect()
}

/// Reads the parameters of the content type: the index of the first feature, if there is one.
pub(super) fn first_index(parameters: impl Iterator<Item = String>) -> Result<Option<usize>, Error> {
    let mut first = None;
    for parameter in parameters.filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=').map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))) {
            Some(("charset", "utf-8" | "utf8" | "us-ascii")) => {}
            Some(("indexing_mode", "0")) => first = Some(0),
            Some(("indexing_mode", "1")) => first = Some(1),
            _ => {
                return Err(Error::content_type(
                    Some(&format!("text/libsvm; {parameter}")),
                    "`text/libsvm` with `charset=utf-8`, `indexing_mode=0` or `indexing_mode=1`",
                ));
            }
        }
    }
    Ok(first)
}

/// Reads a line; `None` if it is blank or only a comment.
fn row(line: &str, number: usize) -> Result<Option<Row>, Error> {
    let line = line.split('#').next().unwrap_or_default();
    let mut fields = line.split_ascii_whitespace().peekable();
    if fields.peek().is_none() {
        return Ok(None);
    }
    let wrong = |field: &str| {
        Error::request(format!("`{field}` in line {number} is not `index:value`"))
            .hint("indices are whole numbers, values finite ones that 32 bits can hold; leave out what is missing")
    };
    // The label is not used.
    if let Some(label) = fields.next_if(|field| !field.contains(':')) {
        label.parse::<f64>().map_err(|_| {
            let problem = format!("`{label}` in line {number} is neither a label nor `index:value`");
            Error::request(problem).hint("a label is a number; libsvm has no header")
        })?;
    }
    let values = fields.map(|field| pair(field).ok_or_else(|| wrong(field)));
    Ok(Some(Row { line: number, values: values.collect::<Result<_, Error>>()? }))
}

fn pair(field: &str) -> Option<(usize, f64)> {
    let (index, value) = field.split_once(':')?;
    Some((index.parse().ok()?, usable(value.parse().ok()?)?))
}

fn instance(row: Row, features: &[Feature], first: usize) -> Result<Instance, Error> {
    let place = format!("line {}", row.line);
    let position = |(index, value): (usize, f64)| {
        let before = || Error::request(format!("{place} has index {index}: expected {first} or more"));
        Ok((index.checked_sub(first).ok_or_else(before)?, value))
    };
    let values = row.values.into_iter().map(position).collect::<Result<Vec<_>, Error>>()?;
    positional::instance(features, &place, values)
}

#[cfg(test)]
mod tests {
    use super::super::test_features::{features, values_of};
    use super::*;

    #[track_caller]
    fn check(body: &str, first: Option<usize>, expected: Result<&str, &str>) {
        let memory = RequestMemory::of_test(body.as_bytes());
        let found = read(body.as_bytes(), &features(), first, &memory).map(|instances| values_of(&instances));
        match expected {
            Ok(expected) => assert_eq!(found.map_err(|error| error.message).as_deref(), Ok(expected), "{body}"),
            Err(part) => {
                let error = found.expect_err(body);
                let text = format!("{}; {}", error.message, error.hint.unwrap_or_default());
                assert!(text.contains(part), "{body}: {text}");
            }
        }
    }

    #[test]
    fn rows_are_read_by_their_indices() {
        let two = "age=30 channel=referral|channel=email";
        check("0:30 1:1\n1:0\n", None, Ok(two));
        check("1 0:30 1:1 # a note\r\n\r\n# nothing\n-1\t1:0", None, Ok(two));
        check("1:30 2:1\n2:0", None, Ok(two));
        check("2:1 1:30\n2:0", Some(1), Ok(two));
        check("0.5 0:3e1 1:1\n1", None, Ok("age=30 channel=referral|"));
        // A body of one row, whose first feature is missing, is taken to count from 1.
        check("1:0", None, Ok("age=0"));
        check("1:0", Some(0), Ok("channel=email"));
    }

    #[test]
    fn malformed_lines_are_rejected_with_line_and_field() {
        check("", None, Err("empty"));
        check("# only this\n \n", None, Err("empty"));
        check("0:30\n1 x:1", None, Err("`x:1` in line 2 is not `index:value`"));
        check("0:30 1", None, Err("`1` in line 1 is not `index:value`"));
        check("1 qid:3 0:30", None, Err("`qid:3` in line 1"));
        check("0:nan", None, Err("leave out what is missing"));
        check("0:1e39", None, Err("`0:1e39` in line 1"));
        check("-1:3", None, Err("`-1:3` in line 1"));
        check("0:1:2", None, Err("`0:1:2` in line 1"));
        check("age channel", None, Err("libsvm has no header"));
        check("0:1 0:2", None, Err("`age` is in line 1 twice"));
        check("0:1 2:1", None, Err("position 2, counted from 0: expected at most 1; the order is `age`, `channel`"));
        check("1:1 3:1", None, Err("position 2, counted from 0"));
        check(
            "0:1 1:2",
            None,
            Err("`channel` is `2` in line 1: expected the code of a category, 0 `email`, 1 `referral`"),
        );
        check("0:1 1:0.5", None, Err("`channel` is `0.5`"));
        check("0:1 1:-1", None, Err("`channel` is `-1`"));
        check("0:1", Some(1), Err("line 1 has index 0: expected 1 or more"));
        check("99999999999999999999:1", None, Err("is not `index:value`"));
    }
}
