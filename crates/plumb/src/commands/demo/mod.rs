//! `plumb demo`: a company with its three systems, and the whole loop over it: ingest, train, watch, score, retrain,
//! serve. What is there already is used again.

mod progress;
mod text;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result};
use plumb_lake::DataLock;
use tokio::net::TcpListener;

use super::arguments::{WaitArgs, keep_private, number};
use super::output::{Format, Outcomes};
use super::progress::bar;
use super::serve;
use crate::http::{Auth, CallerLimits, ConcurrencyLimit, RequestLimits, ResponseFormat};
use crate::lifecycle::demo::{DemoCallbacks, DemoSpec, DemoStep, find_or_build, run_loop};
use crate::lifecycle::workspace::ProjectPaths;
use progress::LoopProgress;

/// The environment variable with the address of a PostgreSQL server.
const POSTGRES_VARIABLE: &str = "INTERNAL_DB_URL";

/// The most leads: the company is drawn in memory.
const LEADS_MAX: u64 = 10_000_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the company, its project and its data.
    #[arg(long, value_name = "FOLDER", default_value = "plumb-demo")]
    folder: PathBuf,
    /// The number of people who become leads of the company.
    #[arg(long, default_value_t = 20_000, value_parser = number(1..=LEADS_MAX))]
    leads: usize,
    /// The seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the company's internal database in PostgreSQL, at the address in the environment variable INTERNAL_DB_URL.
    #[arg(long)]
    internal_postgres: bool,
    /// The port of the dashboard [default: 8080, or any free one].
    #[arg(long)]
    port: Option<u16>,
    /// Stop when everything is scored. With --json this is always so.
    #[arg(long)]
    no_serve: bool,
    /// Only make the company and its project folder, to go through the loop by hand.
    #[arg(long)]
    company_only: bool,
    /// Only write the exports of a small company into this folder: three files as people have them, for `plumb init`.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["company_only", "internal_postgres", "leads", "seed"])]
    exports: Option<PathBuf>,
    #[command(flatten)]
    wait: WaitArgs,
}

/// The exports of a small company.
#[derive(serde::Serialize)]
struct ExportsWritten {
    /// Its files.
    files: [PathBuf; 3],
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    if let Some(exports) = &args.exports {
        plumb_demo::write_exports(exports).with_context(|| format!("cannot write into `{}`", exports.display()))?;
        let written =
            ExportsWritten { files: ["leads.csv", "activities.csv", "deals.csv"].map(|file| exports.join(file)) };
        return format.print(&written, |written| {
            written.files.each_ref().map(|file| format!("wrote {}\n", file.display())).concat()
        });
    }
    let mut steps = format.outcomes(text::step);
    let folder = args.folder.clone();
    make_company(&args, &mut steps).await?;
    if args.company_only {
        return steps.finish().map(drop);
    }
    let paths = ProjectPaths::new(&folder, None);
    keep_private(&paths.data);
    let progress = LoopProgress::default();
    let mut done = |step| {
        // A line that still moves would be drawn over the text.
        progress.clear();
        steps.add(step)
    };
    let mut callbacks = DemoCallbacks {
        progress: &|event| progress.show(event),
        training: progress.training_callback(),
        done: &mut done,
    };
    run_loop(&paths, args.seed, args.wait.if_locked(), &mut callbacks).await?;
    steps.finish()?;
    if format == Format::Json {
        return Ok(());
    }
    format.print_text(&(text::next_commands(&folder) + "\n"))?;
    if args.no_serve {
        return Ok(());
    }
    let service = serve::Service {
        auth: Auth::open(),
        caller_limits: CallerLimits::DEFAULT,
        concurrency: ConcurrencyLimit::DEFAULT,
        limits: RequestLimits::DEFAULT,
        memory: None,
        capture: false,
        response_format: ResponseFormat::default(),
        runs_schedule: false,
    };
    serve::serve(&paths, listen(args.port).await?, service, format).await
}

/// Builds the company unless it is there.
async fn make_company(args: &Args, steps: &mut Outcomes<DemoStep>) -> Result<()> {
    let internal_postgres = if args.internal_postgres {
        let unset = || format!("--internal-postgres: environment variable `{POSTGRES_VARIABLE}` is not set");
        Some(std::env::var(POSTGRES_VARIABLE).with_context(unset)?)
    } else {
        None
    };
    let bar = bar(0, "")?;
    let progress = |step: &str, done: u64, of: u64| {
        bar.set_message(step.to_owned());
        bar.set_length(of);
        bar.set_position(done);
    };
    let waiting = |line: &str| bar.suspend(|| eprintln!("{line}"));
    let (paths, if_locked) = (ProjectPaths::new(&args.folder, None), args.wait.if_locked());
    let lock = DataLock::acquire(&paths.data, "company", if_locked, &waiting)?;
    let spec = DemoSpec { folder: args.folder.clone(), leads: args.leads, seed: args.seed, internal_postgres };
    let company = find_or_build(&spec, &progress).await?;
    drop(lock);
    bar.finish_and_clear();
    steps.add(DemoStep::Company(company))
}

/// Listens on the port that was named, or on the usual one, or on any that is free.
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

#[cfg(test)]
mod tests;
