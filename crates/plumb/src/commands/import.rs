//! `plumb import`: a model that was trained elsewhere becomes one of ours. It is calibrated and measured on our newest
//! rows, registered, and from then on scored, explained, watched and promoted like any other.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};
use plumb_learn::boosted::Boosted;

use super::{Place, Workplace, moment, somebody, spinner, train};
use crate::commands::output::Format;
use crate::foreign::{self, Columns, Foreign, Told};
use crate::registry;
use crate::training::{self, Assignment, Gathered, Rung, Search};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The model: JSON or UBJ as XGBoost writes it, or a tar.gz with one in it, such as SageMaker's model.tar.gz.
    file: PathBuf,
    /// The target that it answers for.
    #[arg(long, value_name = "NAME")]
    target: String,
    /// Our names of the model's columns, in its order; needed if its file does not name them as we do.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// The words of a column in the order in which they were numbered from 0: `channel=ads,fair,web`. May be repeated.
    #[arg(long, value_name = "COLUMN=WORDS", value_parser = levels)]
    levels: Vec<(String, Vec<String>)>,
    /// Whether all rounds count, or those up to the one that early stopping found best; needed if they differ.
    #[arg(long)]
    rounds: Option<Rounds>,
    /// It is calibrated and measured on what was known by then; now, or the project's `as_of`, unless told otherwise.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    as_of: Option<DateTime<Utc>>,
    /// Seed of the intervals.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Which trees of a file count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Rounds {
    /// Up to the best round: as scikit-learn's interface and SageMaker's container predict.
    Best,
    /// All: as `Booster.predict` does.
    All,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let workplace = Workplace::open(&args.place).await?;
    let foreign = foreign::read(&args.file)?;
    let rounds = rounds(&foreign, args.rounds)?;
    let as_of = workplace.project.now(args.as_of);
    let assignment = Assignment { target: args.target.clone(), as_of, seed: args.seed, search: Search::Usual };
    let bar = spinner();
    bar.set_message(format!("{}: collecting the rows to measure it on", args.target));
    let too_few =
        "a model from elsewhere is calibrated and measured on leads whose outcome is known, and there are too few";
    let gathered = training::gather(workplace.ground(), assignment, None).await.context(too_few)?;
    ensure!(!gathered.is_of_few(), "cannot import for `{}`: {too_few}", args.target);
    let told = Told { columns: args.columns, levels: args.levels };
    let adopting = tokio::task::spawn_blocking(move || import(&gathered, &foreign, rounds, &told));
    let (rung, said) = adopting.await.context("the import ended early")??;
    bar.finish_and_clear();
    said.iter().for_each(|line| println!("{line}"));
    let card = &rung.card;
    if let Some(metrics) = &card.metrics {
        let day = as_of.format("%Y-%m-%d");
        println!("{} as of {day}, tested on the {} newest rows", card.target, metrics.rows);
        print!("{}", train::heading(metrics.beta));
    }
    println!("  {}", train::line(card));
    registry::add(&workplace.store, &workplace.data, &rung.bytes, card).await?;
    let why = format!("imported from `{}`", args.file.display());
    println!("{}", train::nominate(&workplace, card, &somebody(), &why).await?);
    Ok(())
}

/// Returns the rung of a foreign model, and what to say of it.
fn import(gathered: &Gathered, foreign: &Foreign, rounds: Option<usize>, told: &Told) -> Result<(Rung, Vec<String>)> {
    let Foreign { bytes, trees, imported } = foreign;
    let about = trees.metadata();
    let found = foreign::columns(about, trees.columns(), gathered.table(), gathered.message_catalog(), told);
    let Columns { features, numbers, by_position } =
        found.with_context(|| format!("`{}` does not fit", imported.file))?;
    let mut said = vec![format!(
        "`{}`: {} rounds of {}, `{}`, by XGBoost {}",
        imported.file,
        rounds.unwrap_or(about.rounds()),
        about.rounds(),
        imported.objective,
        imported.xgboost
    )];
    if by_position {
        let names: Vec<&str> = features.features.iter().map(|feature| feature.name.as_str()).collect();
        said.push(format!(
            "note: its file does not name its columns, so they are taken for our features in their order: {}",
            names.join(", ")
        ));
    }
    let boosted = Boosted::import(bytes, rounds, numbers)?;
    Ok((training::import(gathered, &boosted, &features, imported)?, said))
}

/// Returns how many rounds count; `None` is all.
fn rounds(foreign: &Foreign, asked: Option<Rounds>) -> Result<Option<usize>> {
    let about = foreign.trees.metadata();
    match (about.best_round, asked) {
        (_, Some(Rounds::All)) | (None, None) => Ok(None),
        (Some(best), None) if best == about.rounds() => Ok(None),
        (Some(best), Some(Rounds::Best)) => Ok(Some(best)),
        (Some(best), None) => bail!(
            "`{}` has {} rounds, of which {best} were best by early stopping: `Booster.predict` used all, scikit-learn's \
             interface and SageMaker's container only the best; say which by `--rounds all` or `--rounds best`",
            foreign.imported.file,
            about.rounds()
        ),
        (None, Some(Rounds::Best)) => {
            bail!("`{}` does not say which round was best: leave `--rounds best` away", foreign.imported.file)
        }
    }
}

/// Reads `channel=ads,fair,web`.
fn levels(text: &str) -> Result<(String, Vec<String>), String> {
    let parts = text.split_once('=').filter(|(name, words)| !name.is_empty() && !words.is_empty());
    let (name, words) = parts.ok_or_else(|| format!("`{text}`: expected COLUMN=WORD,WORD,..."))?;
    Ok((name.to_owned(), words.split(',').map(str::to_owned).collect()))
}
