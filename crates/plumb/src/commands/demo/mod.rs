//! `plumb demo`: a company with its three systems, and the whole loop over it: ingest, train, watch, retrain, score,
//! serve. What is there already is used again.
//!
//! The first models are trained as of the day on which a new channel begins to bring leads, which is when a company
//! would want to be told. The watch then goes through the weeks until today, and the retraining answers it.

mod truth;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use plumb_learn::metrics;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use super::{Place, Workplace, bar, ingest, retrain, score, serve, train, verify, watch};
use crate::commands::output::Format;
use crate::company;
use crate::http::{Auth, ConcurrencyLimit, ResponseFormat};
use crate::project::Project;
use crate::registry;
use crate::training::{Assignment, Ladder, Search};
use crate::verifying;
use truth::Truth;

/// Where the address of a PostgreSQL server is looked for.
const POSTGRES_VARIABLE: &str = "INTERNAL_DB_URL";

/// Who is named in the registry's history.
const BY: &str = "plumb demo";

/// Predictions of each target whose inputs are computed again.
const PREDICTIONS_VERIFIED: usize = 10_000;

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

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    company_at(&args).await?;
    if args.company_only {
        return Ok(());
    }
    let place = Place::of(&args.folder);
    let data = place.data();
    let report = ingest::ingest(&Project::open(&args.folder)?, &data, None).await?;
    print!("{}", ingest::told(&report, &data));

    let workplace = Workplace::open(&place).await?;
    let now = workplace.project.now(None);
    let truth = Truth::read(&args.folder.join("truth.csv"))?;
    for target in workplace.project.targets() {
        println!();
        first_models(&workplace, &target, &truth, args.seed).await?;
        print!("{}", watch::told(&target, &watch::watch(&workplace, &target, now).await?));
        // What the first model said of today's leads as they came is the history that their pages show.
        scores(&workplace, &target, now).await?;
        new_models(&workplace, &target, now, &truth, args.seed).await?;
        scores(&workplace, &target, now).await?;
        let verified = verifying::verify(workplace.ground(), &target, PREDICTIONS_VERIFIED).await?;
        print!("{}", verify::told(&target, &verified));
    }
    println!("{}", next(&args.folder));
    if args.no_serve {
        return Ok(());
    }
    drop(workplace);
    let service = serve::Service {
        auth: Auth::open(),
        concurrency: ConcurrencyLimit::DEFAULT,
        capture: false,
        response_format: ResponseFormat::default(),
    };
    serve::serve(&place, listen(args.port).await?, service, format).await
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
    let params = company::Params { seed: args.seed, leads: args.leads, internal_postgres };
    let built = company::build(folder, &params, &progress).await?;
    bar.finish_and_clear();
    println!(
        "{}: a company of {} leads in {} CRM records, {} events, {} applications, over 24 months",
        folder.display(),
        built.leads,
        built.records,
        built.events,
        built.applications
    );
    Ok(())
}

/// Trains the first models, as of the day on which the new channel begins.
async fn first_models(workplace: &Workplace, target: &str, truth: &Truth, seed: u64) -> Result<()> {
    if registry::champion(&workplace.store, target).await?.is_some() {
        return Ok(());
    }
    let assignment =
        Assignment { target: target.to_owned(), as_of: company::new_channel_at(), seed, search: Search::Usual };
    let (gathered, mut ladder) = train::climb(workplace, assignment).await?;
    let told = train::told(&gathered, &ladder);
    let distance = distance(&mut ladder, truth)?;
    println!("{told}{distance}{}", train::keep(workplace, &ladder, BY).await?);
    Ok(())
}

/// Retrains as of today, unless that was done; then only says what came of it.
async fn new_models(workplace: &Workplace, target: &str, now: DateTime<Utc>, truth: &Truth, seed: u64) -> Result<()> {
    let mut cards = registry::cards(&workplace.store, target).await?;
    cards.retain(|card| card.as_of == now);
    cards.sort_by_key(|card| card.kind);
    if let Some(first) = cards.first() {
        println!("{target}: the models as of {} are there", now.format("%Y-%m-%d"));
        print!("{}", train::heading(first.metrics.as_ref().map_or(0.5, |metrics| metrics.beta)));
        cards.iter().for_each(|card| println!("  {}", train::line(card)));
        return Ok(());
    }
    let assignment = Assignment { target: target.to_owned(), as_of: now, seed, search: Search::Usual };
    let measured = |ladder: &mut Ladder| distance(ladder, truth);
    print!("{}", retrain::retrain(workplace, assignment, BY, &measured).await?);
    Ok(())
}

/// Scores all open leads, unless the champion did so as of today.
async fn scores(workplace: &Workplace, target: &str, now: DateTime<Utc>) -> Result<()> {
    let champion = registry::champion(&workplace.store, target).await?.map(|card| card.model_id);
    let newest = workplace.store.latest_predictions(target, 1, 0, None).await?;
    if newest.first().is_some_and(|newest| newest.as_of == now && Some(&newest.model_id) == champion.as_ref()) {
        return Ok(());
    }
    print!("{}", score::score_leads(workplace, target, now, true).await?.told());
    Ok(())
}

/// Returns how close each model comes to the best possible scores on the rows that it was tested on, and notes it on
/// the models' cards.
fn distance(ladder: &mut Ladder, truth: &Truth) -> Result<String> {
    let target = ladder.best().card.target.clone();
    let Some(possible) = truth.of(&target, &ladder.tested.observations) else {
        return Ok(format!(
            "  the truth of some of the {} test rows is not in truth.csv\n",
            ladder.tested.labels.len()
        ));
    };
    let best_auc = metrics::auc(&possible, &ladder.tested.labels)?;
    let best_loss = metrics::log_loss(&possible, &ladder.tested.labels)?;
    let mut text = format!(
        "  best possible on these rows, by the true probabilities: AUC {best_auc:.3}, log loss {best_loss:.4}\n"
    );
    for rung in &mut ladder.rungs {
        let Some(metrics) = &rung.card.metrics else { continue };
        let (auc, loss) = (metrics.auc.value, metrics.log_loss.value);
        let note = format!(
            "{:.0} % of the way from chance to the best possible AUC ({best_auc:.3}); log loss {:.1} % over the best \
             possible ({best_loss:.4})",
            100.0 * (auc - 0.5) / (best_auc - 0.5),
            100.0 * (loss / best_loss - 1.0)
        );
        text.push_str(&format!("    {:<10}{note}\n", rung.card.kind.word()));
        rung.card.notes.push(note);
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
