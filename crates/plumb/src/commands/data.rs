//! `plumb data`: lists, shows and compares the frozen data sets.

use anyhow::Result;
use plumb_lake::dataset::Manifest;

use super::arguments::PathArgs;
use super::output::Format;
use crate::lifecycle::datasets::{self, ColumnChange, ColumnDiff, DatasetDiff, DatasetSummary, ProvenancePart};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List the data sets.
    List {
        #[command(flatten)]
        paths: PathArgs,
    },
    /// Show the columns of a data set and what it was made of.
    Show {
        #[command(flatten)]
        paths: PathArgs,
        /// The id of the data set, or its beginning.
        dataset: String,
    },
    /// Compare the rows and columns of two data sets.
    Diff {
        #[command(flatten)]
        paths: PathArgs,
        /// The id of the first data set, or its beginning.
        first: String,
        /// The id of the second data set, or its beginning.
        second: String,
    },
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    match args.action {
        Action::List { paths } => format.print(&datasets::list(&paths.paths().data)?, |list| list_text(list)),
        Action::Show { paths, dataset } => format.print(&datasets::show(&paths.paths().data, &dataset)?, manifest_text),
        Action::Diff { paths, first, second } => {
            format.print(&datasets::diff(&paths.paths().data, &first, &second).await?, diff_text)
        }
    }
}

fn list_text(datasets: &[DatasetSummary]) -> String {
    if datasets.is_empty() {
        return "no data sets yet: `plumb train` and `plumb features` freeze them\n".to_owned();
    }
    datasets.iter().map(line).collect()
}

fn line(dataset: &DatasetSummary) -> String {
    format!(
        "{}  {:<12} as of {}  {:>9} rows  {:>8} leads  {:>7} positive  {:>3} features\n",
        dataset.dataset_id,
        dataset.target,
        dataset.as_of.format("%Y-%m-%d %H:%M"),
        dataset.rows,
        dataset.leads,
        dataset.positives,
        dataset.features,
    )
}

fn manifest_text(manifest: &Manifest) -> String {
    let mut text = line(&DatasetSummary::of(manifest));
    let provenance = [
        ("rows", &manifest.logical_hash),
        ("file", &manifest.file_hash),
        ("ground", &manifest.ground),
        ("engine", &manifest.engine),
        ("program", &manifest.program),
    ];
    provenance.iter().for_each(|(part, value)| text.push_str(&format!("{part:<8} {value}\n")));
    manifest.sql.files.iter().for_each(|file| text.push_str(&format!("sql      {}\n", file.name)));
    text.push_str(&format!("\n{:<36} {:<8} {:>9}  hash\n", "column", "kind", "missing"));
    for column in &manifest.columns {
        let hash = &column.hash[..column.hash.len().min(16)];
        text.push_str(&format!("{:<36} {:<8} {:>9}  {hash}\n", column.name, column.kind, column.missing));
    }
    text
}

fn diff_text(diff: &DatasetDiff) -> String {
    let mut text = line(&diff.first) + &line(&diff.second);
    if !diff.provenance.is_empty() {
        let parts: Vec<&str> = diff.provenance.iter().map(|part| part_text(*part)).collect();
        text.push_str(&format!("made of different: {}\n", parts.join(", ")));
    }
    text.push_str(&format!(
        "rows: {} in both, {} only in the first, {} only in the second\n",
        diff.rows_both, diff.rows_only_first, diff.rows_only_second
    ));
    if diff.columns.is_empty() {
        text.push_str("columns: the same in all rows that are in both\n");
    }
    for ColumnDiff { name, change } in &diff.columns {
        text.push_str(&format!("  {name:<36} {}\n", change_text(change)));
    }
    text
}

fn part_text(part: ProvenancePart) -> &'static str {
    match part {
        ProvenancePart::Ground => "ground",
        ProvenancePart::FeatureSql => "feature SQL",
        ProvenancePart::Engine => "engine",
        ProvenancePart::Program => "program",
    }
}

fn change_text(change: &ColumnChange) -> String {
    match change {
        ColumnChange::OnlyFirst => "only in the first".to_owned(),
        ColumnChange::OnlySecond => "only in the second".to_owned(),
        ColumnChange::Kind { first, second } => format!("is {first} in the first and {second} in the second"),
        ColumnChange::Values { rows, lead_id, as_of, first, second } => {
            let value = |text: &str| if text.is_empty() { "missing".to_owned() } else { format!("`{text}`") };
            let (first, second) = (value(first), value(second));
            format!("differs in {rows} rows, first in lead `{lead_id}` at {as_of}: {first} and {second}")
        }
    }
}
