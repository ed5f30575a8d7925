//! What is wrong with a project, and where.

use std::path::Path;

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FindingLevel {
    /// A command will fail.
    Error,
    /// It has no effect, or not the one that was meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) level: FindingLevel,
    /// The file in the project.
    pub(crate) file: String,
    /// The line, from 1, where it is known.
    pub(crate) line: Option<usize>,
    /// The column, from 1, where it is known.
    pub(crate) column: Option<usize>,
    /// What is wrong.
    pub(crate) problem: String,
    /// What to do.
    pub(crate) way_out: String,
}

/// What `check` found.
#[derive(Debug, Serialize)]
pub(crate) struct CheckOutcome {
    /// What is wrong, the errors first.
    pub(crate) findings: Vec<Finding>,
    /// What the SQL was compared with.
    pub(crate) compared_with: String,
    /// Files that were looked at.
    pub(crate) files: usize,
    /// Features that are right.
    pub(crate) features: usize,
}

impl CheckOutcome {
    /// Returns the number of errors.
    pub(crate) fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.level == FindingLevel::Error).count()
    }
}

impl Finding {
    /// Returns an error in a file.
    pub(crate) fn error(file: &str, problem: impl Into<String>, way_out: impl Into<String>) -> Finding {
        Finding {
            level: FindingLevel::Error,
            file: file.to_owned(),
            line: None,
            column: None,
            problem: problem.into(),
            way_out: way_out.into(),
        }
    }

    /// Returns a warning of a file.
    pub(crate) fn warning(file: &str, problem: impl Into<String>, way_out: impl Into<String>) -> Finding {
        Finding { level: FindingLevel::Warning, ..Finding::error(file, problem, way_out) }
    }

    /// Returns the same at a line.
    pub(crate) fn at_line(self, line: Option<usize>) -> Finding {
        Finding { line, ..self }
    }

    /// Returns the same at a place such as `sources/lead.sql:3:5`.
    pub(crate) fn at_place(self, place: &str) -> Finding {
        let mut parts = place.rsplitn(3, ':');
        let (column, line, file) = (parts.next(), parts.next(), parts.next());
        let number = |text: Option<&str>| text.and_then(|text| text.parse().ok());
        match (file, number(line), number(column)) {
            (Some(file), Some(line), Some(column)) => {
                Finding { file: file.to_owned(), line: Some(line), column: Some(column), ..self }
            }
            _ => Finding { file: place.to_owned(), ..self },
        }
    }
}

/// Returns the line in a text at which a heading or key begins.
pub(crate) fn line_of(text: &str, begins: &str) -> Option<usize> {
    text.lines().position(|line| line.trim_start().starts_with(begins)).map(|line| line + 1)
}

/// Returns a file's path in the project for messages.
pub(crate) fn in_project(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}

/// Returns the names most similar to a wrong one, as a hint.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut similar: Vec<(usize, &str)> =
        known.map(|known| (strsim::levenshtein(&name.to_lowercase(), &known.to_lowercase()), known)).collect();
    similar.sort_unstable();
    match similar.first() {
        Some((distance, known)) if *distance <= 1 + name.len() / 3 => format!("did you mean `{known}`?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_file_line_and_column() {
        let found = Finding::error("", "x", "").at_place("sources/lead.sql:3:5");
        assert_eq!((found.file.as_str(), found.line, found.column), ("sources/lead.sql", Some(3), Some(5)));
        let found = Finding::error("", "x", "").at_place("sources/lead.sql");
        assert_eq!((found.file.as_str(), found.line, found.column), ("sources/lead.sql", None, None));
    }

    #[test]
    fn the_nearest_name_is_offered_if_it_is_near() {
        assert_eq!(did_you_mean("chanel", ["channel", "country"].into_iter()), "did you mean `channel`?");
        assert_eq!(did_you_mean("x", ["channel", "country"].into_iter()), "");
    }
}
