//! The whole check.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use plumb_lake::{FeatureSql, RawColumns, SqlCheck, check_sql};

use super::finding::{CheckOutcome, Finding, did_you_mean};
use super::{project_files, wording};
use crate::lifecycle::progress::{OnProgress, Progress};
use crate::lifecycle::workspace::ProjectPaths;
use crate::project::Project;

/// Checks a project. Nothing of it or of its data is changed.
pub(crate) async fn check(paths: &ProjectPaths, progress: OnProgress<'_>) -> Result<CheckOutcome> {
    let folder = &paths.project;
    let config_path = folder.join("plumb.toml");
    ensure!(
        config_path.is_file(),
        "there is no `{}`: run in a project folder, or name one by --project",
        config_path.display()
    );
    let config = std::fs::read_to_string(&config_path).unwrap_or_default();
    let files = ["sources", "features", "reading"]
        .iter()
        .map(|name| project_files::files_in(folder, name).len())
        .sum::<usize>()
        + 1;
    let mut findings = project_files::unused(folder, &config);
    let mut outcome = CheckOutcome { findings: Vec::new(), compared_with: String::new(), files, features: 0 };
    match Project::open(folder) {
        Err(error) => findings.push(of_config(&format!("{error:#}"))),
        Ok(project) => {
            let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
            let (columns, compared_with) =
                columns(&project, &paths.data, scratch.path(), progress, &mut findings).await?;
            outcome.compared_with = compared_with;
            let sql = sql(&project, &columns, scratch.path(), &mut findings).await?;
            outcome.features = sql.features.len();
            findings.extend(project_files::targets(folder, &project, &config));
            let are_all = sql.problems.iter().all(|problem| problem.place.starts_with("sources/outcome"));
            findings.extend(wording::wording(folder, &project, &sql.features, are_all));
            if are_all {
                findings.extend(project_files::rules(&project, &sql.features));
            }
            findings.extend(of_rates(&project, &sql));
        }
    }
    findings.sort();
    findings.dedup();
    outcome.findings = findings;
    Ok(outcome)
}

/// Returns the error of `plumb.toml` with its line.
fn of_config(error: &str) -> Finding {
    let problem = error.split_once("is wrong: ").map_or(error, |(_, problem)| problem);
    let line =
        problem.strip_prefix("line ").and_then(|rest| rest.split(|letter: char| !letter.is_ascii_digit()).next());
    let line = line.and_then(|line| line.parse().ok());
    Finding::error("plumb.toml", problem, "the page on configuration describes every key").at_line(line)
}

/// Returns the columns of the raw tables: of the last ingestion, and of sources that it did not have.
async fn columns(
    project: &Project,
    data: &Path,
    scratch: &Path,
    progress: OnProgress<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(RawColumns, String)> {
    let known = if data.is_dir() { RawColumns::of_data(data)? } else { None };
    let mut said = match &known {
        Some(_) => "the columns of the last ingestion".to_owned(),
        None => "the columns of the sources, as nothing was ingested yet".to_owned(),
    };
    let mut columns = known.unwrap_or_else(RawColumns::none);
    let has_tables =
        |columns: &RawColumns, name: &str| columns.tables().iter().any(|table| table.starts_with(&format!("{name}.")));
    for (name, source) in project.sources() {
        if has_tables(&columns, name) {
            let unset = source.unset_variable.iter().map(|variable| {
                let problem = format!("source `{name}`: environment variable `{variable}` is not set");
                Finding::warning("plumb.toml", problem, "export it where `plumb ingest` runs")
            });
            findings.extend(unset);
            continue;
        }
        let step = |step: &str| progress(Progress::Step(step));
        let one = [(name.clone(), source.clone())].into();
        match RawColumns::of_sources(&one, project.folder(), &scratch.join(name), &step).await {
            Ok(others) => columns.extend(others),
            Err(error) => {
                let way_out = format!("check `[source.{name}]`");
                findings.push(Finding::error("plumb.toml", format!("{:#}", anyhow::Error::new(error)), way_out));
                said += &format!("; `{name}` cannot be read");
            }
        }
    }
    Ok((columns, said))
}

/// Checks the SQL.
async fn sql(project: &Project, columns: &RawColumns, scratch: &Path, findings: &mut Vec<Finding>) -> Result<SqlCheck> {
    let mut files = |result: Result<Vec<plumb_lake::SqlFile>>, folder: &str| {
        result.unwrap_or_else(|error| {
            findings.push(Finding::error(folder, format!("{error:#}"), "add a file"));
            Vec::new()
        })
    };
    let sources = files(project.source_sql(), "sources");
    // Files of no relation are named already.
    let is_relation = |name: &str| {
        ["lead", "event", "outcome", "identity"]
            .iter()
            .any(|relation| name.starts_with(&format!("sources/{relation}.")))
    };
    let sources: Vec<_> = sources.into_iter().filter(|file| is_relation(&file.name)).collect();
    let features = match project.feature_sql() {
        Ok(features) => features,
        Err(error) => FeatureSql { files: files(Err(error), "features"), horizons: Default::default() },
    };
    let sql =
        check_sql(columns, &sources, &features, project.limits(), scratch).await.context("cannot check the SQL")?;
    for problem in &sql.problems {
        let way_out = if problem.place.starts_with("features") {
            "the page on features says what is allowed"
        } else {
            "the page on sources says what is allowed"
        };
        findings.push(Finding::error("", problem.problem.clone(), way_out).at_place(&problem.place));
    }
    Ok(sql)
}

/// Returns rates of targets that there are not.
fn of_rates(project: &Project, sql: &SqlCheck) -> Vec<Finding> {
    let targets = project.targets();
    let unknown = sql.rate_targets.iter().filter(|(target, _)| !targets.contains(target));
    let finding = |(target, place): &(String, String)| {
        let hint = did_you_mean(target, targets.iter().map(String::as_str));
        let problem = format!("`outcome_rate('{target}', …)`: there is no target of this name. {hint}");
        Finding::error("", problem.trim_end(), "name a target of plumb.toml").at_place(place)
    };
    unknown.map(finding).collect()
}
