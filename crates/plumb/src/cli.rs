//! The command line: one enum, one match. What a command does is in `lifecycle`, what it prints in `commands`.

use std::process::ExitCode;

use clap::Parser;

use crate::commands::output::Format;
use crate::{commands, telemetry};

/// Lead scoring that tells how likely, why, and keeps it true.
#[derive(Parser)]
#[command(name = "plumb", version, propagate_version = true)]
pub struct Cli {
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make a company with its three systems, and go through the whole loop with it.
    Demo(commands::demo::Args),
    /// Copy what is new in the company's systems into the data folder.
    Ingest(commands::ingest::Args),
    /// Freeze labelled rows with their features as data sets, or write features of all leads to a file.
    Features(commands::features::Args),
    /// List, show and compare the frozen data sets.
    Data(commands::data::Args),
    /// Run a process of a cluster, which other commands give their work by `--cluster`.
    Cluster(commands::cluster::Args),
    /// Make a first model of one CSV file, and warn of columns that know too much.
    Quick(commands::quick::Args),
    /// Train the ladder of models: rules, logistic regression, XGBoost.
    Train(commands::train::Args),
    /// Bring a model that was trained elsewhere: XGBoost's JSON or UBJ, or SageMaker's model.tar.gz.
    Import(commands::import::Args),
    /// Write the trees of a model for Python's xgboost, and what is needed to ask them.
    Export(commands::export::Args),
    /// Score all open leads, or the rows of a file.
    Score(commands::score::Args),
    /// Answer requests and show the pages.
    Serve(commands::serve::Args),
    /// Hold each week against what the champion was trained on, and tell what moved.
    Watch(commands::watch::Args),
    /// Read labels of what was answered, in SageMaker's ground truth form, and say how good the answers were.
    Truth(commands::truth::Args),
    /// Train a challenger and hold it against the champion on the same newest rows.
    Retrain(commands::retrain::Args),
    /// Say whether a challenger may become the champion: for CI, with JSON and JUnit XML.
    Gate(commands::gate::Args),
    /// Say whether logged predictions rest on what the features say.
    Verify(commands::verify::Args),
    /// Rebuild a model from what the registry says of it, and compare bytes.
    Reproduce(commands::reproduce::Args),
    /// Make a model the one that answers.
    Promote(commands::promote::Args),
    /// Show or change who answers beside the champion, or is asked in the shadow.
    Variants(commands::variants::Args),
    /// Make the model before the one that answers again.
    Rollback(commands::rollback::Args),
}

/// Parses the command line, runs the command and returns the exit code of the process.
pub async fn run() -> ExitCode {
    let Cli { json, command } = Cli::parse();
    let format = if json { Format::Json } else { Format::Text };
    let traces = match telemetry::start() {
        Ok(traces) => traces,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = match command {
        Command::Demo(args) => commands::demo::run(args, format).await,
        Command::Ingest(args) => commands::ingest::run(args, format).await,
        Command::Features(args) => commands::features::run(args, format).await,
        Command::Data(args) => commands::data::run(args, format).await,
        Command::Cluster(args) => commands::cluster::run(args, format).await,
        Command::Quick(args) => commands::quick::run(args, format).await,
        Command::Train(args) => commands::train::run(args, format).await,
        Command::Import(args) => commands::import::run(args, format).await,
        Command::Export(args) => commands::export::run(args, format).await,
        Command::Score(args) => commands::score::run(args, format).await,
        Command::Serve(args) => commands::serve::run(args, format).await,
        Command::Watch(args) => commands::watch::run(args, format).await,
        Command::Truth(args) => commands::truth::run(args, format).await,
        Command::Retrain(args) => commands::retrain::run(args, format).await,
        Command::Gate(args) => commands::gate::run(args, format).await,
        Command::Verify(args) => commands::verify::run(args, format).await,
        Command::Reproduce(args) => commands::reproduce::run(args, format).await,
        Command::Promote(args) => commands::promote::run(args, format).await,
        Command::Variants(args) => commands::variants::run(args, format).await,
        Command::Rollback(args) => commands::rollback::run(args, format).await,
    };
    if let Some(traces) = traces {
        traces.finish().await;
    }
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
