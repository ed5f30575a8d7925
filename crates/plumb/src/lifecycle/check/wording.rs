//! Sentences without a feature, and features without sentences.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Table;

use super::finding::{Finding, did_you_mean, in_project, line_of};
use super::project_files::files_in;
use crate::project::Project;

/// Returns what is wrong with `features/*.toml`. `features` are those that are right, and only if all are, as `are_all` says,
/// it is known that a name is none.
pub(super) fn wording(folder: &Path, project: &Project, features: &[String], are_all: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for path in
        files_in(folder, "features").into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
    {
        let shown = in_project(folder, &path);
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let table: Table = match toml::from_str(&text) {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().and_then(|span| Some(text.get(..span.start)?.matches('\n').count() + 1));
                findings.push(Finding::error(&shown, error.message(), "mend the file").at_line(line));
                continue;
            }
        };
        for feature in table.keys() {
            let line = line_of(&text, &format!("[{feature}]"));
            if are_all && !features.contains(feature) {
                let hint = did_you_mean(feature, features.iter().map(String::as_str));
                let problem = format!("there are sentences for `{feature}`, which is no feature. {hint}");
                let way_out = "rename the table, or take it out";
                findings.push(Finding::warning(&shown, problem.trim_end(), way_out).at_line(line));
            }
            told.insert(feature.clone(), shown.clone());
        }
    }
    for feature in features.iter().filter(|feature| !told.contains_key(*feature)) {
        let problem = format!("feature `{feature}` has no sentences: a rep reads its value beside the average");
        findings.push(Finding::warning(
            "features",
            problem,
            format!("add a table `[{feature}]` with `say` to a file of features/*.toml"),
        ));
    }
    if findings.iter().all(|finding| finding.line.is_none() || finding.problem.starts_with("there are sentences"))
        && let Err(error) = project.message_catalog()
    {
        findings.push(Finding::error("features", format!("{error:#}"), "mend the sentences"));
    }
    findings
}
