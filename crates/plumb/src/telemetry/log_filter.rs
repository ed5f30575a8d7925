//! Which lines are logged: `PLUMB_LOG`, part by part.
//!
//! A wrong part is left out with a warning, and the program goes on: a slip in a filter must not keep a server from
//! starting, and a warning that always comes first is not overlooked as a line that never comes is.

use std::env::VarError;

use tracing_subscriber::filter::{Directive, LevelFilter};

/// What is logged unless `PLUMB_LOG` says otherwise.
pub(super) const DEFAULT: &str = "warn";

/// A filter of log lines.
#[derive(Debug, PartialEq)]
pub(super) struct LogFilter {
    /// The parts that are understood, or [`DEFAULT`].
    pub(super) directives: String,
    /// What is wrong with the others, a sentence each.
    pub(super) problems: Vec<String>,
}

impl LogFilter {
    /// Reads the value of the variable.
    pub(super) fn read(value: Result<String, VarError>) -> LogFilter {
        let (value, mut problems) = match value {
            Ok(value) => (value, Vec::new()),
            Err(VarError::NotPresent) => (String::new(), Vec::new()),
            Err(VarError::NotUnicode(_)) => {
                (String::new(), vec![format!("it is no text: `{DEFAULT}` is used instead")])
            }
        };
        let mut directives = Vec::new();
        for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match check(part) {
                Ok(()) => directives.push(part),
                Err(why) => problems.push(format!("`{part}` is left out: {why}")),
            }
        }
        if directives.is_empty() {
            directives.push(DEFAULT);
        }
        LogFilter { directives: directives.join(","), problems }
    }
}

/// Returns why a part is wrong.
fn check(part: &str) -> Result<(), String> {
    let expected = "expected `off`, `error`, `warn`, `info`, `debug` or `trace`, or one of them for a part of the \
                    program, as in `plumb=debug`";
    // A word that is no level would be taken for a part of the program all of whose lines are wanted, and the rest of the
    // log would end: `debgu` is likelier a slip.
    if !part.contains(['=', '[']) {
        return part.parse::<LevelFilter>().map(drop).map_err(|_| expected.to_owned());
    }
    part.parse::<Directive>().map(drop).map_err(|error| format!("{error}; {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, directives: &str, wrong: &[&str]) {
        let filter = LogFilter::read(Ok(value.to_owned()));
        assert_eq!(filter.directives, directives);
        assert_eq!(filter.problems.len(), wrong.len(), "{:?}", filter.problems);
        for (problem, part) in filter.problems.iter().zip(wrong) {
            assert!(problem.starts_with(&format!("`{part}` is left out: ")) && problem.contains("`plumb=debug`"));
        }
    }

    #[test]
    fn each_wrong_part_is_named_and_the_others_count() {
        check("", "warn", &[]);
        check("info", "info", &[]);
        check(" WARN , plumb=debug,", "WARN,plumb=debug", &[]);
        check("plumb[request{id=7}]=trace", "plumb[request{id=7}]=trace", &[]);
        check("debgu", "warn", &["debgu"]);
        check("plumb=debgu", "warn", &["plumb=debgu"]);
        check("error,plumb=loud,hyper", "error", &["plumb=loud", "hyper"]);
        let no_text = VarError::NotUnicode(std::ffi::OsString::from("x"));
        assert_eq!(LogFilter::read(Err(no_text)).problems, ["it is no text: `warn` is used instead"]);
        assert_eq!(LogFilter::read(Err(VarError::NotPresent)).problems, [""; 0]);
    }
}
