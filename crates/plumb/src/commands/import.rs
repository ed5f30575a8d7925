//! `plumb import`: imports a model that was trained elsewhere.

use std::path::PathBuf;

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::arguments::{PathArgs, current_user, timestamp};
use super::model_text::{metrics_heading, metrics_line, nomination_line};
use super::output::Format;
use super::training_progress::TrainingProgress;
use crate::lifecycle::import::{ImportOutcome, ImportRequest, Rounds, import};
use crate::model_import::{ColumnHints, MissingValue};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Import this file: JSON or UBJ as XGBoost writes it, or a tar.gz with one in it, such as SageMaker's model.tar.gz.
    file: PathBuf,
    /// Import the model for this target.
    #[arg(long, value_name = "NAME")]
    target: String,
    /// Map the model's columns, in its order, to these features; needed if its file names them otherwise.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// Number the words of a column from 0 in this order: `channel=ads,fair,web`. May be repeated.
    #[arg(long, value_name = "COLUMN=WORDS", value_parser = levels)]
    levels: Vec<(String, Vec<String>)>,
    /// Count these rounds; needed if early stopping found a best round before the last.
    #[arg(long)]
    rounds: Option<RoundsArg>,
    /// Send missing values the way of this number, which stood in their place in training, or `nan` if none did.
    #[arg(long, value_name = "NUMBER", value_parser = missing_value, allow_negative_numbers = true)]
    missing: Option<MissingValue>,
    /// Calibrate and measure on what was known at this time [default: the project's `as_of`, or now].
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    as_of: Option<DateTime<Utc>>,
    /// Seed the intervals.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Which trees of a file count.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum RoundsArg {
    /// Up to the best round: as scikit-learn's interface and SageMaker's container predict.
    Best,
    /// All: as `Booster.predict` does.
    All,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let workspace = args.paths.open().await?;
    let request = ImportRequest {
        file: args.file,
        target: args.target,
        hints: ColumnHints { columns: args.columns, levels: args.levels },
        rounds: args.rounds.map(|rounds| match rounds {
            RoundsArg::Best => Rounds::Best,
            RoundsArg::All => Rounds::All,
        }),
        missing: args.missing,
        as_of: workspace.as_of(args.as_of)?,
        seed: args.seed,
    };
    let progress = TrainingProgress::show();
    let outcome = import(&workspace, request, &current_user(), &progress.callback()).await?;
    drop(progress);
    format.print(&outcome, text)
}

fn text(outcome: &ImportOutcome) -> String {
    let ImportOutcome { rounds, rounds_in_file, columns_by_position, missing, card, nomination } = outcome;
    let mut text = String::new();
    if let Some(imported) = &card.imported {
        text.push_str(&format!(
            "`{}`: {rounds} rounds of {rounds_in_file}, `{}`, by XGBoost {}\n",
            imported.file, imported.objective, imported.xgboost
        ));
    }
    if let Some(features) = columns_by_position {
        text.push_str(&format!(
            "note: its file does not name its columns, so they are taken for our features in their order: {}\n",
            features.join(", ")
        ));
    }
    if let Some(number) = missing {
        text.push_str(&format!("note: missing values go the way of {number}\n"));
    }
    if let Some(metrics) = &card.metrics {
        let day = card.as_of.format("%Y-%m-%d");
        text.push_str(&format!("{} as of {day}, tested on the {} newest rows\n", card.target, metrics.rows));
        text.push_str(&metrics_heading(metrics.beta));
    }
    text + &format!("  {}\n", metrics_line(card)) + &nomination_line(nomination)
}

/// Reads `-999`, or `nan`.
fn missing_value(text: &str) -> Result<MissingValue, String> {
    if text.eq_ignore_ascii_case("nan") {
        return Ok(MissingValue::AsStored);
    }
    let number = text.parse().ok().filter(|number: &f32| number.is_finite());
    number.map(MissingValue::Number).ok_or_else(|| format!("`{text}`: expected a number such as -999, or `nan`"))
}

/// Reads `channel=ads,fair,web`.
fn levels(text: &str) -> Result<(String, Vec<String>), String> {
    let parts = text.split_once('=').filter(|(name, words)| !name.is_empty() && !words.is_empty());
    let (name, words) = parts.ok_or_else(|| format!("`{text}`: expected COLUMN=WORD,WORD,..."))?;
    Ok((name.to_owned(), words.split(',').map(str::to_owned).collect()))
}
