//! Files of a project that nothing reads, targets that no outcome bears, rules of no feature.

use std::path::{Path, PathBuf};

use super::finding::{Finding, did_you_mean, in_project, line_of};
use crate::project::Project;

/// The relations that `sources/*.sql` make.
const RELATIONS: [&str; 4] = ["lead", "event", "outcome", "identity"];

/// Returns the files of a folder of the project, in order.
pub(super) fn files_in(folder: &Path, name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join(name)).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths
}

/// Returns files that nothing reads.
pub(super) fn unused(folder: &Path, config: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in files_in(folder, "sources") {
        let (shown, name) = (in_project(folder, &path), file_name(&path));
        let relation = name.split('.').next().unwrap_or_default();
        if !name.ends_with(".sql") {
            findings.push(Finding::warning(
                &shown,
                "nothing reads it: it is no `.sql` file",
                "rename it, or take it out",
            ));
        } else if !RELATIONS.contains(&relation) {
            let hint = did_you_mean(relation, RELATIONS.into_iter());
            let problem = format!(
                "`{relation}` is no relation: expected one of `{}` before the first dot. {hint}",
                RELATIONS.join("`, `")
            );
            findings.push(Finding::error(&shown, problem.trim_end(), "rename the file, as `lead.history.sql`"));
        }
    }
    for path in files_in(folder, "features") {
        let name = file_name(&path);
        if !name.ends_with(".sql") && !name.ends_with(".toml") {
            let problem = "nothing reads it: expected `.sql` for features, `.toml` for their sentences";
            findings.push(Finding::warning(&in_project(folder, &path), problem, "rename it, or take it out"));
        }
    }
    for path in files_in(folder, "reading") {
        let shown = in_project(folder, &path);
        if !config.contains(&shown) {
            let problem = "no source of plumb.toml reads by it";
            findings.push(Finding::warning(
                &shown,
                problem,
                format!("name it as `reading = \"{shown}\"` at its source, or take it out"),
            ));
        }
    }
    findings
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Returns targets that no file of outcomes names, by the texts in quotes of those files.
pub(super) fn targets(folder: &Path, project: &Project, config: &str) -> Vec<Finding> {
    let outcomes = files_in(folder, "sources");
    let outcomes: Vec<String> = outcomes
        .iter()
        .filter(|path| file_name(path).starts_with("outcome.") && file_name(path).ends_with(".sql"))
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect();
    let mut findings = Vec::new();
    if project.targets().is_empty() {
        let way_out = "add `[target.NAME]` with a `horizon`, where NAME is a `target` of sources/outcome.sql";
        findings.push(Finding::error("plumb.toml", "there is no target: nothing would be predicted", way_out));
    }
    if outcomes.is_empty() {
        return findings;
    }
    let literals: Vec<&str> = outcomes.iter().flat_map(|sql| literals(sql)).collect();
    for target in project.targets() {
        if literals.iter().all(|literal| *literal != target) {
            let hint = did_you_mean(&target, literals.iter().copied());
            let problem = format!("no file of outcomes has `'{target}'`: the target would have no outcomes. {hint}");
            let way_out = format!("select `'{target}' AS target` in sources/outcome.sql, or rename the target");
            let line = line_of(config, &format!("[target.{target}]"));
            findings.push(Finding::error("plumb.toml", problem.trim_end(), way_out).at_line(line));
        }
    }
    findings
}

/// Returns the texts in single quotes, without those of comments.
fn literals(sql: &str) -> Vec<&str> {
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    code.flat_map(|line| line.split('\'').skip(1).step_by(2)).collect()
}

/// Returns rules that cannot be read, and those of fields that are no feature.
pub(super) fn rules(project: &Project, features: &[String]) -> Vec<Finding> {
    let rules = match project.rules() {
        Ok(None) => return Vec::new(),
        Ok(Some(rules)) => rules,
        Err(error) => {
            return vec![Finding::error(
                "rules.csv",
                format!("{error:#}"),
                "mend the file, or name another by `rules`",
            )];
        }
    };
    let mut findings: Vec<Finding> = rules
        .unreadable
        .iter()
        .map(|line| Finding::warning(&file_of(line), line.clone(), "mend the cell: the rule does not count until then"))
        .collect();
    for (rule, place) in rules.rules.rules.iter().zip(&rules.places) {
        if !features.contains(&rule.field) {
            let hint = did_you_mean(&rule.field, features.iter().map(String::as_str));
            let problem = format!("{place}: `{}` is no feature. {hint}", rule.field);
            findings.push(Finding::warning(
                &file_of(place),
                problem.trim_end(),
                "name a feature, or add one to features/*.sql",
            ));
        }
    }
    findings
}

/// Returns the file of a place such as `rules.csv, line 3`.
fn file_of(place: &str) -> String {
    place.split(',').next().unwrap_or_default().to_owned()
}
