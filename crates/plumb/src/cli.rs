//! The command line: one enum, one match. What a command does is in `lifecycle`, what it prints in `commands`.
//!
//! The exit code is 0 if the command succeeded, 1 if it failed or a check did not pass (`check`, `gate`, `verify`, `reproduce`,
//! `status --check`),
//! and 2 if its arguments are wrong. Errors go to standard error, also with `--json`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use crate::commands::output::{Format, note};
use crate::{commands, telemetry};

/// What the exit code of the process means.
const EXIT_CODES: &str = "Exit codes:
  0  the command succeeded
  1  the command failed, or a check did not pass (check, gate, verify, reproduce, status --check)
  2  the arguments are wrong";

/// Score leads by how likely they are to convert, with reasons, and keep the models right.
#[derive(Parser)]
#[command(name = "plumb", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Build a demo company with three systems and run the whole loop on it.
    Demo(commands::demo::Args),
    /// Make a project of your own tables: sources, targets and first features, each with its reason.
    Init(commands::init::Args),
    /// Say what is wrong with a project, without running it.
    Check(commands::check::Args),
    /// Copy new rows of the sources into the data folder.
    Ingest(commands::ingest::Args),
    /// Freeze labelled rows with their features as data sets, or write the features of all leads to a file.
    Features(commands::features::Args),
    /// List, show and compare frozen data sets.
    Data(commands::data::Args),
    /// Show sources, models and data sets, and what is stale since a file of the project changed.
    Status(commands::status::Args),
    /// Run a process of a cluster, on which other commands compute by `--cluster`.
    Cluster(commands::cluster::Args),
    /// Show what is in a file or in the features of a target, before anybody models it, in the terminal and on a page.
    Profile(commands::profile::Args),
    /// Train a first model on one file and warn of columns that leak the outcome.
    Quick(commands::quick::Args),
    /// Train candidate models of each target: rules, logistic regression, boosted trees and their ensemble.
    Train(commands::train::Args),
    /// Import a model trained elsewhere: XGBoost's JSON or UBJ, or SageMaker's model.tar.gz.
    Import(commands::import::Args),
    /// Export the trees of a model for Python's xgboost, with what is needed to score by them.
    Export(commands::export::Args),
    /// Score all open leads, or the rows of a file.
    Score(commands::score::Args),
    /// Serve scores over HTTP, and the dashboard.
    Serve(commands::serve::Args),
    /// Compare each week with the champion's training data and raise alerts, or compare any two files.
    #[command(alias = "watch")]
    Monitor(commands::monitor::Args),
    /// List alerts, acknowledge and mute them.
    Alerts(commands::alerts::Args),
    /// Run the jobs of `[schedule]` when they are due, without a server.
    Scheduler(commands::scheduler::Args),
    /// Show each job with its last run and its next, or print the schedule for systemd, Kubernetes or cron.
    Schedule(commands::schedule::Args),
    /// Show what ran when, why, and what came of it.
    Runs(commands::runs::Args),
    /// Store labels in SageMaker's ground truth format and measure served predictions against them.
    GroundTruth(commands::ground_truth::Args),
    /// Train a challenger and compare it with the champion on the same newest rows.
    Retrain(commands::retrain::Args),
    /// Check whether a challenger may become the champion: for CI, with a report as JSON and JUnit XML.
    Gate(commands::gate::Args),
    /// Check logged predictions for training-serving skew: compute their features again and compare.
    Verify(commands::verify::Args),
    /// Rebuild a model from its card and compare the bytes.
    Reproduce(commands::reproduce::Args),
    /// Promote a model to champion.
    Promote(commands::promote::Args),
    /// List or change the serving variants and shadows beside the champion.
    Variants(commands::variants::Args),
    /// Return to the champion before the current one.
    Rollback(commands::rollback::Args),
    /// Give back what the database no longer needs of the disk.
    Compact(commands::compact::Args),
    /// Copy to the bucket of `[store]` what it lacks of the data folder.
    Push(commands::push::Args),
    /// Make a new data folder of what the bucket of `[store]` holds.
    Pull(commands::pull::Args),
}

/// Makes do with little memory where the process may take no more. Called before there are threads.
pub fn fit_into_memory() {
    crate::memory::share_arenas_if_short();
}

/// Parses the command line, runs the command and returns the exit code of the process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = tokio::runtime::Runtime::new()
        .context("cannot start the threads that the program works with")
        .and_then(|runtime| runtime.block_on(run_command(cli)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(&format!("error: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

async fn run_command(Cli { json, command }: Cli) -> Result<()> {
    let format = if json { Format::Json } else { Format::Text };
    let traces = telemetry::start()?;
    let outcome = match command {
        Command::Demo(args) => commands::demo::run(args, format).await,
        Command::Init(args) => commands::init::run(args, format).await,
        Command::Check(args) => commands::check::run(args, format).await,
        Command::Ingest(args) => commands::ingest::run(args, format).await,
        Command::Features(args) => commands::features::run(args, format).await,
        Command::Data(args) => commands::data::run(args, format).await,
        Command::Status(args) => commands::status::run(args, format).await,
        Command::Cluster(args) => commands::cluster::run(args, format).await,
        Command::Profile(args) => commands::profile::run(args, format).await,
        Command::Quick(args) => commands::quick::run(args, format).await,
        Command::Train(args) => commands::train::run(args, format).await,
        Command::Import(args) => commands::import::run(args, format).await,
        Command::Export(args) => commands::export::run(args, format).await,
        Command::Score(args) => commands::score::run(args, format).await,
        Command::Serve(args) => commands::serve::run(args, format).await,
        Command::Monitor(args) => commands::monitor::run(args, format).await,
        Command::Alerts(args) => commands::alerts::run(args, format).await,
        Command::Scheduler(args) => commands::scheduler::run(args, format).await,
        Command::Schedule(args) => commands::schedule::run(args, format).await,
        Command::Runs(args) => commands::runs::run(args, format).await,
        Command::GroundTruth(args) => commands::ground_truth::run(args, format).await,
        Command::Retrain(args) => commands::retrain::run(args, format).await,
        Command::Gate(args) => commands::gate::run(args, format).await,
        Command::Verify(args) => commands::verify::run(args, format).await,
        Command::Reproduce(args) => commands::reproduce::run(args, format).await,
        Command::Promote(args) => commands::promote::run(args, format).await,
        Command::Variants(args) => commands::variants::run(args, format).await,
        Command::Rollback(args) => commands::rollback::run(args, format).await,
        Command::Compact(args) => commands::compact::run(args, format).await,
        Command::Push(args) => commands::push::run(args, format).await,
        Command::Pull(args) => commands::pull::run(args, format).await,
    };
    if let Some(traces) = traces {
        traces.finish().await;
    }
    outcome
}
