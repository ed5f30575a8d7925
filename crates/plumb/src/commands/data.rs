//! `plumb data`: the frozen data sets, what one is, and what differs between two.

use std::fmt::Write;

use anyhow::Result;
use plumb_lake::dataset::{self, Difference, Differing, Manifest};

use super::Place;
use crate::commands::output::Format;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// List the data sets.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Say what a data set is and what it was made of.
    Show {
        #[command(flatten)]
        place: Place,
        /// Its id, or the beginning of it.
        dataset: String,
    },
    /// Say what differs between two data sets.
    Diff {
        #[command(flatten)]
        place: Place,
        /// The id of the one.
        first: String,
        /// The id of the other.
        second: String,
    },
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    match args.what {
        What::List { place } => print!("{}", listed(&dataset::list(&place.data())?)),
        What::Show { place, dataset } => format.print(&dataset::find(&place.data(), &dataset)?, shown)?,
        What::Diff { place, first, second } => {
            let data = place.data();
            let (first, second) = (dataset::find(&data, &first)?, dataset::find(&data, &second)?);
            print!("{}", differing(&first, &second, &dataset::diff(&data, &first, &second).await?));
        }
    }
    Ok(())
}

fn listed(manifests: &[Manifest]) -> String {
    if manifests.is_empty() {
        return "no data sets yet: `plumb train` and `plumb features` freeze them\n".to_owned();
    }
    manifests.iter().map(|manifest| line(manifest) + "\n").collect()
}

fn line(manifest: &Manifest) -> String {
    format!(
        "{}  {:<12} as of {}  {:>9} rows  {:>8} leads  {:>7} positive  {:>3} features",
        manifest.dataset_id,
        manifest.target,
        manifest.as_of.format("%Y-%m-%d %H:%M"),
        manifest.rows,
        manifest.leads,
        manifest.positives,
        manifest.features().count(),
    )
}

fn shown(manifest: &Manifest) -> String {
    let mut text = line(manifest) + "\n";
    let made_of = [
        ("rows", &manifest.logical_hash),
        ("file", &manifest.file_hash),
        ("ground", &manifest.ground),
        ("engine", &manifest.engine),
        ("program", &manifest.program),
    ];
    made_of.iter().for_each(|(what, value)| text.push_str(&format!("{what:<8} {value}\n")));
    manifest.sql.files.iter().for_each(|file| text.push_str(&format!("sql      {}\n", file.name)));
    text.push_str(&format!("\n{:<36} {:<9} {:>9}  hash\n", "column", "kind", "missing"));
    for column in &manifest.columns {
        let hash = &column.hash[..column.hash.len().min(16)];
        text.push_str(&format!("{:<36} {:<9} {:>9}  {hash}\n", column.name, column.kind, column.missing));
    }
    text
}

fn differing(first: &Manifest, second: &Manifest, difference: &Difference) -> String {
    let mut text = format!("{}\n{}\n", line(first), line(second));
    let made_of = [
        ("the ground", first.ground == second.ground),
        ("the features' SQL", first.sql == second.sql),
        ("the engine", first.engine == second.engine),
        ("the program", first.program == second.program),
    ];
    let others: Vec<&str> = made_of.iter().filter(|(_, same)| !same).map(|(what, _)| *what).collect();
    if !others.is_empty() {
        text.push_str(&format!("made of other things: {}\n", others.join(", ")));
    }
    let Difference { only_first, only_second, both, columns } = difference;
    text.push_str(&format!("rows: {both} in both, {only_first} only in the first, {only_second} only in the second\n"));
    if columns.is_empty() {
        text.push_str("columns: all alike where rows are in both\n");
    }
    for column in columns {
        let what = match &column.what {
            Differing::OnlyFirst => "only in the first".to_owned(),
            Differing::OnlySecond => "only in the second".to_owned(),
            Differing::Kind(one, other) => format!("is {one} in the first and {other} in the second"),
            Differing::Values { rows, example: [lead_id, as_of, one, other] } => {
                let value = |text: &str| if text.is_empty() { "missing".to_owned() } else { format!("`{text}`") };
                let mut told = format!("differs in {rows} rows, first in lead `{lead_id}` at {as_of}: ");
                let _ = write!(told, "{} and {}", value(one), value(other));
                told
            }
        };
        text.push_str(&format!("  {:<36} {what}\n", column.name));
    }
    text
}
