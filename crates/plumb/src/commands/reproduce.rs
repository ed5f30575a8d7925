//! `plumb reproduce`: rebuilds a model of the registry and compares bytes.

use anyhow::{Result, bail};

use super::arguments::PathArgs;
use super::output::Format;
use super::training_progress::TrainingProgress;
use crate::lifecycle::reproduce::{BrokenLink, Link, Reproduction, reproduce};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Rebuild the model with this id.
    model: String,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let workspace = args.paths.open().await?;
    let progress = TrainingProgress::show();
    let reproduction = reproduce(&workspace, &args.model, &progress.callback()).await?;
    drop(progress);
    format.print(&reproduction, text)?;
    if reproduction.is_same() {
        return Ok(());
    }
    bail!("`{}` is not reproduced: the rebuilt model is `{}`", reproduction.model_id, reproduction.rebuilt_id)
}

fn text(reproduction: &Reproduction) -> String {
    let Reproduction { model_id, bytes, broken, imported, .. } = reproduction;
    let mut text = match imported {
        Some(imported) => format!(
            "`{model_id}` was trained elsewhere, and cannot be trained again here: its trees are, byte for byte, those of \
             `{}` (SHA-256 {}); its calibration and threshold were chosen again on the same rows\n",
            imported.file, imported.model_hash
        ),
        None if reproduction.is_same() => {
            format!(
                "`{model_id}` is reproduced: the same {bytes} bytes from the same rows, features, seed and program\n"
            )
        }
        None => String::new(),
    };
    broken.iter().for_each(|link| text.push_str(&broken_line(link)));
    text
}

fn broken_line(broken: &BrokenLink) -> String {
    let link = match broken.link {
        Link::Program => "the program's version",
        Link::Features => "the features, in SQL or messages",
        Link::Rows => "the rows: features' values, labels or weights",
        Link::Fit => {
            "the fit: the same rows and features gave other bytes; targets' settings, rules or libraries differ"
        }
    };
    match (&broken.stored, &broken.rebuilt) {
        (Some(stored), Some(rebuilt)) => format!("broken: {link}: `{stored}` then, `{rebuilt}` now\n"),
        _ => format!("broken: {link}\n"),
    }
}
