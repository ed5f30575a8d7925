//! `plumb demo`: a company with its three systems, and the whole loop over it: ingest, train, watch, retrain, score,
//! serve. What is there already is used again.
//!
//! The first models are trained as of the day on which a new channel begins to bring leads, which is when a company
//! would want to be told. The watch then goes through the weeks until today, and the retraining answers it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use plumb_demo::{Params, TrueProbabilities};
use plumb_learn::metrics;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use super::model_text::{metrics_heading, metrics_line, nomination_line};
use super::output::Format;
use super::progress::{ProgressLine, bar};
use super::training_progress::TrainingProgress;
use super::{ingest, retrain, score, serve, train, verify, watch};
use crate::http::{Access, LOAD, Style};
use crate::lifecycle;
use crate::lifecycle::ingest::ingest;
use crate::lifecycle::monitor::monitor;
use crate::lifecycle::score::score_leads;
use crate::lifecycle::skew_check::skew_check;
use crate::lifecycle::workspace::{ProjectPaths, Workspace};
use crate::project::Project;
use crate::registry;
use crate::training::{CandidateModels, Search, TrainingSpec};

/// Where the address of a PostgreSQL server is looked for.
const POSTGRES_VARIABLE: &str = "INTERNAL_DB_URL";

/// Who is named in the registry's history.
const BY: &str = "plumb demo";

/// Predictions of each target whose inputs are computed again.
const PREDICTIONS_CHECKED: usize = 10_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the company, its project and its data.
    #[arg(long, value_name = "FOLDER", default_value = "plumb-demo")]
    folder: PathBuf,
    /// How many people become leads of the company.
    #[arg(long, default_value_t = 20_000)]
    leads: usize,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the company's internal database in PostgreSQL, at the address in the environment variable INTERNAL_DB_URL.
    #[arg(long)]
    internal_postgres: bool,
    /// The port of the dashboard; 8080, or any that is free, unless told otherwise.
    #[arg(long)]
    port: Option<u16>,
    /// Stop when everything is scored.
    #[arg(long)]
    no_serve: bool,
    /// Only make the company and its project folder, to go through the loop by hand.
    #[arg(long)]
    company_only: bool,
}

/// What a company was made from, kept beside it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Origin {
    leads: usize,
    seed: u64,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    company_at(&args).await?;
    if args.company_only {
        return Ok(());
    }
    let paths = ProjectPaths::new(&args.folder, None);
    let line = ProgressLine::spinner("");
    let ingested = ingest(&Project::open(&paths.project)?, &paths.data, None, &|progress| line.show(progress)).await?;
    drop(line);
    print!("{}", ingest::text(&ingested));

    let workspace = Workspace::open(&paths).await?;
    let now = workspace.project.now(None);
    let truth = TrueProbabilities::read(&args.folder)?;
    for target in workspace.project.targets() {
        println!();
        first_models(&workspace, &target, &truth, args.seed).await?;
        let line = ProgressLine::bar(&format!("{target}: weeks"))?;
        let monitored = monitor(&workspace, &target, now, &|progress| line.show(progress)).await?;
        drop(line);
        print!("{}", watch::text(&monitored));
        // What the first model said of today's leads as they came is the history that their pages show.
        scores(&workspace, &target, now).await?;
        new_models(&workspace, &target, now, &truth, args.seed).await?;
        scores(&workspace, &target, now).await?;
        print!("{}", verify::text(&skew_check(&workspace, &target, PREDICTIONS_CHECKED).await?));
    }
    println!("{}", next(&args.folder));
    if args.no_serve {
        return Ok(());
    }
    drop(workspace);
    let service = serve::Service { access: Access::open(), load: LOAD, capture: false, style: Style::default() };
    serve::serve(&paths, listen(args.port).await?, service).await
}

/// Builds the company unless it is there.
async fn company_at(args: &Args) -> Result<()> {
    let (folder, origin) = (&args.folder, Origin { leads: args.leads, seed: args.seed });
    let path = folder.join("company.json");
    if Project::is_at(folder) {
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("`{}` is a project, and no demo company: name another folder by --folder", folder.display())
        })?;
        let found: Origin = serde_json::from_str(&text).with_context(|| format!("`{}` is wrong", path.display()))?;
        if found != origin {
            bail!(
                "`{}` holds a company of {} leads from seed {}: ask for the same, or name another folder by --folder",
                folder.display(),
                found.leads,
                found.seed
            );
        }
        println!("{}: the demo company of {} leads is there", folder.display(), found.leads);
        return Ok(());
    }
    let internal_postgres = if args.internal_postgres {
        let unset = || format!("--internal-postgres: environment variable `{POSTGRES_VARIABLE}` is not set");
        Some(std::env::var(POSTGRES_VARIABLE).with_context(unset)?)
    } else {
        None
    };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    std::fs::write(&path, serde_json::to_vec_pretty(&origin)?)
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    let bar = bar(0, "")?;
    let progress = |doing: &str, done: u64, of: u64| {
        bar.set_message(doing.to_owned());
        bar.set_length(of);
        bar.set_position(done);
    };
    let params = Params { seed: args.seed, leads: args.leads, internal_postgres };
    let built = plumb_demo::build(folder, &params, &progress).await?;
    bar.finish_and_clear();
    println!(
        "{}: a company of {} leads in {} CRM records, {} events, {} applications, over 24 months",
        folder.display(),
        built.leads,
        built.crm_records,
        built.events,
        built.applications
    );
    Ok(())
}

/// Trains the first models, as of the day on which the new channel begins.
async fn first_models(workspace: &Workspace, target: &str, truth: &TrueProbabilities, seed: u64) -> Result<()> {
    if registry::champion(&workspace.store, target).await?.is_some() {
        return Ok(());
    }
    let spec = spec(target, plumb_demo::new_channel_at(), seed);
    let progress = TrainingProgress::show();
    let mut candidates = lifecycle::train::fit(workspace, spec, &progress.callback()).await?;
    drop(progress);
    let distance = distance(&mut candidates, truth)?;
    let outcome = lifecycle::train::register(workspace, &candidates, BY).await?;
    println!("{}{distance}{}", train::candidates_text(&outcome), nomination_line(&outcome.nomination));
    Ok(())
}

/// Retrains as of today, unless that was done; then only says what came of it.
async fn new_models(
    workspace: &Workspace,
    target: &str,
    now: DateTime<Utc>,
    truth: &TrueProbabilities,
    seed: u64,
) -> Result<()> {
    let mut cards = registry::cards(&workspace.store, target).await?;
    cards.retain(|card| card.as_of == now);
    cards.sort_by_key(|card| card.kind);
    if let Some(first) = cards.first() {
        println!("{target}: the models as of {} are there", now.format("%Y-%m-%d"));
        print!("{}", metrics_heading(first.metrics.as_ref().map_or(0.5, |metrics| metrics.beta)));
        cards.iter().for_each(|card| println!("  {}", metrics_line(card)));
        return Ok(());
    }
    let progress = TrainingProgress::show();
    let mut challenge = lifecycle::retrain::challenge(workspace, spec(target, now, seed), &progress.callback()).await?;
    drop(progress);
    let distance = distance(&mut challenge.candidates, truth)?;
    let outcome = lifecycle::retrain::register(workspace, challenge, BY).await?;
    println!("{}{distance}{}", train::candidates_text(&outcome.training), retrain::comparison_text(&outcome));
    Ok(())
}

fn spec(target: &str, as_of: DateTime<Utc>, seed: u64) -> TrainingSpec {
    TrainingSpec { target: target.to_owned(), as_of, seed, search: Search::Usual, out_of_core: None }
}

/// Scores all open leads, unless the champion did so as of today.
async fn scores(workspace: &Workspace, target: &str, now: DateTime<Utc>) -> Result<()> {
    let champion = registry::champion(&workspace.store, target).await?.map(|card| card.model_id);
    let newest = workspace.store.latest_predictions(target, 1, 0, None).await?;
    if newest.first().is_some_and(|newest| newest.as_of == now && Some(&newest.model_id) == champion.as_ref()) {
        return Ok(());
    }
    let line = ProgressLine::bar(&format!("{target}: leads"))?;
    let scored = score_leads(workspace, target, now, true, &|progress| line.show(progress)).await?;
    drop(line);
    print!("{}", score::leads_text(&scored));
    Ok(())
}

/// Returns how close each model comes to the best possible scores on the rows that it was tested on, and notes it on
/// the models' cards.
fn distance(candidates: &mut CandidateModels, truth: &TrueProbabilities) -> Result<String> {
    let target = candidates.best().card.target.clone();
    let Some(possible) = truth.of(&target, &candidates.holdout.observations) else {
        return Ok(format!(
            "  the truth of some of the {} test rows is not in truth.csv\n",
            candidates.holdout.labels.len()
        ));
    };
    let best_auc = metrics::auc(&possible, &candidates.holdout.labels)?;
    let best_loss = metrics::log_loss(&possible, &candidates.holdout.labels)?;
    let mut text = format!(
        "  best possible on these rows, by the true probabilities: AUC {best_auc:.3}, log loss {best_loss:.4}\n"
    );
    for model in &mut candidates.models {
        let Some(metrics) = &model.card.metrics else { continue };
        let (auc, loss) = (metrics.auc.value, metrics.log_loss.value);
        let note = format!(
            "{:.0} % of the way from chance to the best possible AUC ({best_auc:.3}); log loss {:.1} % over the best \
             possible ({best_loss:.4})",
            100.0 * (auc - 0.5) / (best_auc - 0.5),
            100.0 * (loss / best_loss - 1.0)
        );
        text.push_str(&format!("    {:<10}{note}\n", model.card.kind.word()));
        model.card.notes.push(note);
    }
    Ok(text)
}

/// Listens where it was asked to, or on the usual port, or on any that is free.
async fn listen(port: Option<u16>) -> Result<TcpListener> {
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match port {
        Some(port) => serve::listen(address(port)).await,
        None => match TcpListener::bind(address(serve::PORT)).await {
            Ok(listener) => Ok(listener),
            Err(_) => serve::listen(address(0)).await,
        },
    }
}

fn next(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "\nnext, with `cargo run --release --` or the built `plumb`:\n  \
         plumb watch --project {folder}                            what moved since the model was trained\n  \
         plumb retrain --project {folder}                          a challenger, from outcomes and reps' flags\n  \
         plumb rollback --project {folder} --target converted      the champion before\n  \
         plumb quick FILE.csv --target COLUMN                      a first model of any table\n"
    )
}

#[cfg(test)]
mod tests;
