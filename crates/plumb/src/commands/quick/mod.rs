//! `plumb quick`: from one CSV file to a leaderboard and a model, with a warning of columns that know too much.

mod contest;
mod crossed;
mod keep;
mod target;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::commands::output::Format;
use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use plumb_lake::csv_table::{self, CsvTable, RejectedRow};
use plumb_lead::LeakEvidence;
use plumb_learn::decision::{Optimise, StopOn};
use plumb_learn::{Params, leaks};

use contest::{Contest, Entrants};
use crossed::Plan;
use target::Target;

/// RejectedRow rows named on the terminal.
const REJECTED_SHOWN: usize = 5;

/// The threshold leans to precision: a call that leads nowhere costs more than a lead that is missed.
const BETA: f64 = 0.5;

/// Enough trees for a first model; early stopping mostly ends sooner.
const ROUNDS_MAX: usize = 300;

/// Settings of the boosted model that are tried: a first model should take seconds.
const SEARCH_TRIALS: usize = 3;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A CSV file whose first line names the columns.
    file: PathBuf,
    /// The column to predict: two values, such as yes and no.
    #[arg(long, value_name = "COLUMN")]
    target: String,
    /// Which of the target's two values is looked for. By default yes, true or 1, or else the rarer.
    #[arg(long, value_name = "VALUE")]
    positive: Option<String>,
    /// Columns that no model may see, such as those filled in after the outcome.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    leave_out: Vec<String>,
    /// Columns that are known before the outcome, however much they look like a leak.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    keep: Vec<String>,
    /// Measure by cross-validation as well: fits as often, and tests on each row once.
    #[arg(long, value_name = "COUNT")]
    folds: Option<usize>,
    /// Measure as well what retraining is worth: a file in time order is gone through, and where this column changes,
    /// the month for one, models are fitted to all rows before and tested on those up to the next change.
    #[arg(long, value_name = "COLUMN")]
    retrain_by: Option<String>,
    /// With --retrain-by, measure the last rows only.
    #[arg(long, value_name = "ROWS", requires = "retrain_by")]
    newest: Option<usize>,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for the model; `plumb-quick/` and the file's name unless told otherwise.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let read = csv_table::read_csv(&args.file)?;
    let target = Target::of(&read.table, &args.target, args.positive.as_deref())?;
    println!("{}", told_of_file(&args.file, &read, &target));
    let (entrants, evidence) = entrants(&read, &target, &args)?;
    print!("{}", told_of_suspects(&evidence));

    let params = Params {
        seed: args.seed,
        beta: BETA,
        cost: None,
        optimise: Optimise::FBeta,
        in_time_order: false,
        capacity: None,
        stop_on: StopOn::LogLoss,
        threads: 0,
        rounds_max: ROUNDS_MAX,
        search_trials: SEARCH_TRIALS,
        rules: None,
    };
    let (contest, entrants) = hold(entrants, params.clone()).await?;
    println!("\n{}", contest.leaderboard(&entrants, params.beta));
    let mut entrants = entrants;
    for plan in plans(&read, &target, &entrants, &args)? {
        let told;
        (told, entrants) = cross(entrants, plan, params.clone()).await?;
        println!("{told}");
    }

    let winner = contest.winner().context("no model could be measured on random rows")?;
    let out = args.out.clone().unwrap_or_else(|| folder_of(&args.file));
    let kept = keep::Kept { winner, entrants: &entrants, evidence, params: &params, target: &args.target };
    let card = keep::keep(&out, kept).await.with_context(|| format!("cannot keep the model in `{}`", out.display()))?;
    println!("{}", told_of_model(&contest, &card, &out));
    Ok(())
}

/// Trains in a thread of its own: it takes seconds, and the program's runtime is for waiting.
async fn hold(entrants: Entrants, params: Params) -> Result<(Contest, Entrants)> {
    let bar = contest_bar(contest::fits(&entrants))?;
    let shown = bar.clone();
    let outcome = tokio::task::spawn_blocking(move || {
        let contest = contest::hold(
            &entrants,
            &params,
            |what| shown.set_message(format!("training on {what}")),
            || {
                shown.inc(1);
            },
        );
        contest.map(|contest| (contest, entrants))
    })
    .await
    .context("the training ended early")?;
    bar.finish_and_clear();
    outcome
}

/// Returns what is to be measured beside the leaderboard.
fn plans(read: &CsvTable, target: &Target, entrants: &Entrants, args: &Args) -> Result<Vec<Plan>> {
    let mut plans = Vec::new();
    if let Some(count) = args.folds {
        plans.push(Plan::folds(entrants.labels.len(), count, args.seed).context("--folds")?);
    }
    if let Some(column) = &args.retrain_by {
        let periods = read.table.select(&target.rows);
        plans.push(Plan::retraining(entrants, &periods, column, args.newest)?);
    }
    Ok(plans)
}

/// Measures by a plan, in a thread of its own, and returns what came of it as text.
async fn cross(entrants: Entrants, plan: Plan, params: Params) -> Result<(String, Entrants)> {
    let bar = contest_bar(plan.fits())?;
    bar.set_message(plan.heading.clone());
    let shown = bar.clone();
    let measured = tokio::task::spawn_blocking(move || {
        let pooled = crossed::measure(&entrants, &plan, &params, || shown.inc(1));
        pooled.map(|pooled| (crossed::told(&plan, &pooled), entrants))
    })
    .await
    .context("the training ended early")?;
    bar.finish_and_clear();
    measured
}

fn contest_bar(length: usize) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len} {msg}").context("the bar's template")?;
    let bar = ProgressBar::new(length as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(100));
    Ok(bar)
}

/// Takes the target and what is left out off the table, and looks for leaks in the rest.
fn entrants(read: &CsvTable, target: &Target, args: &Args) -> Result<(Entrants, Vec<LeakEvidence>)> {
    for name in args.leave_out.iter().chain(&args.keep) {
        target::named(&read.table, name)?;
    }
    if let Some(both) = args.keep.iter().find(|name| args.leave_out.contains(name)) {
        bail!("`{both}` is in --keep and in --leave-out: expected it in one of them");
    }
    ensure!(!args.leave_out.contains(&args.target), "--leave-out names the target `{}` itself", args.target);
    let mut away = args.leave_out.clone();
    away.push(args.target.clone());
    let table = read.table.select(&target.rows).without(&away);
    ensure!(
        !table.columns().is_empty(),
        "there is no column to learn from: `{}` has the target `{}`{}; expected at least one other column",
        args.file.display(),
        args.target,
        if args.leave_out.is_empty() { " only" } else { ", and the others are left out" }
    );
    let mut evidence = leaks::suspects(&table, &target.labels)?;
    evidence.retain(|leak| !args.keep.contains(&leak.column));
    ensure!(
        evidence.len() < table.columns().len(),
        "every column is a suspected leak, and nothing is left to learn from:{}say with --keep which of them are \
         known before the outcome",
        told_of_suspects(&evidence)
    );
    let suspects = evidence.iter().map(|leak| leak.column.clone()).collect();
    Ok((Entrants { table, labels: target.labels.clone(), suspects }, evidence))
}

fn folder_of(file: &Path) -> PathBuf {
    Path::new("plumb-quick").join(file.file_stem().unwrap_or(file.as_os_str()))
}

fn told_of_file(file: &Path, read: &CsvTable, target: &Target) -> String {
    let delimiter = if read.delimiter == '\t' { "a tab".to_owned() } else { format!("`{}`", read.delimiter) };
    let mut lines = vec![format!(
        "{}: {} rows, {} columns, separated by {delimiter}",
        file.display(),
        read.table.rows(),
        read.table.columns().len()
    )];
    lines.extend(read.rejected.iter().take(REJECTED_SHOWN).map(|row: &RejectedRow| format!("rejected: {row}")));
    if read.rejected.len() > REJECTED_SHOWN {
        lines.push(format!("rejected: {} rows in all", read.rejected.len()));
    }
    let without = read.table.rows() - target.rows.len();
    if without > 0 {
        lines.push(format!("rejected: {without} rows in which the target is missing"));
    }
    lines.push(format!("{}; {:.1} % of the rows have it", target.chosen, 100.0 * target.base_rate()));
    lines.join("\n")
}

fn told_of_suspects(evidence: &[LeakEvidence]) -> String {
    if evidence.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = evidence.iter().map(|leak| leak.column.as_str()).collect();
    let leaks: String = evidence.iter().map(|leak| format!("  `{}`: {}\n", leak.column, leak.why)).collect();
    let names = names.join(",");
    format!(
        "\nwarning: suspected leaks, columns that may be known only after the outcome\n{leaks}  \
         Leave them out for good with `--leave-out {names}`, or say with `--keep {names}` that they are known before.\n"
    )
}

fn told_of_model(contest: &Contest, card: &plumb_lead::ModelCard, out: &Path) -> String {
    let out = out.display();
    let mut text = format!(
        "kept: {} `{}` in {out}\n  threshold {:.3}: {}\n",
        card.kind.word(),
        card.model_id,
        card.threshold.score,
        card.threshold.why
    );
    card.notes.iter().for_each(|note| text.push_str(&format!("  {note}\n")));
    if let Some(warning) = contest.fall_in_row_order() {
        text.push_str(&format!("warning: {warning}\n"));
    }
    text.push_str(&format!("next: `plumb serve --data {out}` or `plumb score --data {out}`"));
    text
}
