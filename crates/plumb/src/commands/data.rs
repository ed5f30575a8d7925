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
    text.push_str(&format!("\n{:<36} {:<9} {:>9}  hash\n", "column", "kind", "missing"));
    for column in &manifest.columns {
        let hash = &column.hash[..column.hash.len().min(16)];
        text.push_str(&format!("{:<36} {:<9} {:>9}  {hash}\n", column.name, column.kind, column.missing));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(dataset_id: &str, rows: usize) -> DatasetSummary {
        let as_of = chrono::DateTime::from_timestamp(1_769_904_000, 0).expect("in range");
        let (dataset_id, target) = (dataset_id.to_owned(), "won".to_owned());
        DatasetSummary { dataset_id, target, as_of, rows, leads: rows, positives: 3, features: 2 }
    }

    fn diff() -> DatasetDiff {
        let values = ColumnChange::Values {
            rows: 2,
            lead_id: "crm:1".into(),
            as_of: "2026-02-01T00:00:00Z".into(),
            first: String::new(),
            second: "7".into(),
        };
        let column = |name: &str, change| ColumnDiff { name: name.to_owned(), change };
        DatasetDiff {
            first: dataset("aaaa", 10),
            second: dataset("bbbb", 11),
            provenance: vec![ProvenancePart::Ground, ProvenancePart::FeatureSql],
            rows_only_first: 0,
            rows_only_second: 1,
            rows_both: 10,
            columns: vec![column("age", values), column("fee", ColumnChange::OnlySecond)],
        }
    }

    #[test]
    fn diff_as_text_has_a_line_a_column() {
        assert_eq!(
            diff_text(&diff()).lines().skip(2).collect::<Vec<_>>(),
            [
                "made of different: ground, feature SQL",
                "rows: 10 in both, 0 only in the first, 1 only in the second",
                "  age                                  differs in 2 rows, first in lead `crm:1` at 2026-02-01T00:00:00Z: \
                 missing and `7`",
                "  fee                                  only in the second",
            ]
        );
    }

    #[test]
    fn diff_as_json_names_the_change_of_each_column() {
        let json = serde_json::to_value(diff()).expect("it is plain data");
        assert_eq!(json["provenance"], serde_json::json!(["ground", "feature_sql"]));
        assert_eq!(json["columns"][1], serde_json::json!({ "name": "fee", "change": "only_second" }));
        assert_eq!((&json["columns"][0]["change"], &json["columns"][0]["rows"]), (&"values".into(), &2.into()));
    }
}
