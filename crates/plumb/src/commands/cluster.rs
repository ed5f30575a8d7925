//! `plumb cluster`: the processes of a cluster, which other commands give their work by `--cluster`.

use std::net::SocketAddr;
#[cfg(feature = "cluster")]
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anyhow::{Context, Result};
#[cfg(feature = "cluster")]
use plumb_lake::cluster::{self, ExecutorConfig};
#[cfg(feature = "cluster")]
use tempfile::TempDir;
#[cfg(feature = "cluster")]
use tokio::net::TcpListener;

use super::check_bind;
#[cfg(feature = "cluster")]
use super::{cluster_token, serve};
use crate::commands::output::Format;
use crate::workers::{self, Duty};

/// The port of a scheduler, as its users expect it.
#[cfg(feature = "cluster")]
const PORT: u16 = 50_050;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    process: Process,
}

#[derive(clap::Subcommand)]
enum Process {
    /// Grow trees on a part of the rows, for `plumb train --workers COUNT --meet-at ADDRESS:PORT`, which says the arguments.
    Worker {
        /// The data folder, the same on all machines.
        #[arg(long, value_name = "FOLDER", default_value = "data")]
        data: PathBuf,
        /// The job's name.
        #[arg(long, value_name = "NAME")]
        job: String,
        /// Which of the workers it is, from 0.
        #[arg(long)]
        number: usize,
        /// Where the workers meet; left away if there is only one.
        #[arg(long, value_name = "ADDRESS:PORT")]
        tracker: Option<SocketAddr>,
        /// Threads; one for each core unless told otherwise.
        #[arg(long, default_value_t = 0)]
        threads: usize,
        /// End when the input does: for who starts it.
        #[arg(long, hide = true)]
        attached: bool,
    },
    /// Hand out tasks to executors.
    #[cfg(feature = "cluster")]
    Scheduler {
        /// The port to listen on; 0 is any that is free.
        #[arg(long, default_value_t = PORT)]
        port: u16,
        /// The address to listen on, under which others reach it. Another than this machine's own needs a token in the
        /// environment variable PLUMB_CLUSTER_TOKEN, the same for all parts of the cluster and for who asks it.
        #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
        bind: IpAddr,
    },
    /// Take tasks from a scheduler and compute them.
    #[cfg(feature = "cluster")]
    Executor {
        /// The scheduler's address.
        #[arg(long, value_name = "HOST:PORT", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)))]
        scheduler: SocketAddr,
        /// The port that others fetch results from; any that is free unless told otherwise.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// The address to listen on, under which others reach it. Another than this machine's own needs a token in the
        /// environment variable PLUMB_CLUSTER_TOKEN, the same for all parts of the cluster and for who asks it.
        #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
        bind: IpAddr,
        /// Tasks at once; one for each core unless told otherwise.
        #[arg(long)]
        threads: Option<usize>,
    },
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    match args.process {
        Process::Worker { data, job, number, tracker, threads, attached } => {
            if let Some(tracker) = tracker {
                check_bind("--tracker", tracker.ip())?;
            }
            let duty = Duty { job, number, tracker, threads, attached };
            // It grows trees until it is done, and waits for nothing of ours.
            tokio::task::spawn_blocking(move || workers::work(&data, &duty))
                .await
                .context("the worker ended early")??;
        }
        #[cfg(feature = "cluster")]
        Process::Scheduler { port, bind } => {
            check_bind("--bind", bind)?;
            let address = SocketAddr::from((bind, port));
            let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on `{address}`"))?;
            println!("scheduler on {} until Ctrl-C", listener.local_addr().context("cannot read the address")?);
            cluster::run_scheduler(listener, cluster_token()?, serve::stopped()).await?;
        }
        #[cfg(feature = "cluster")]
        Process::Executor { scheduler, port, bind, threads } => {
            check_bind("--bind", bind)?;
            let threads = match threads {
                Some(0) => anyhow::bail!("--threads 0: expected at least one"),
                Some(threads) => threads,
                None => std::thread::available_parallelism().map_or(1, usize::from),
            };
            let work_folder = TempDir::new().context("cannot make a folder for what is computed")?;
            println!("executor of {threads} tasks at once, for the scheduler on {scheduler} until Ctrl-C");
            let work_folder_path = work_folder.path().to_owned();
            cluster::run_executor(ExecutorConfig {
                scheduler,
                bind,
                port,
                threads,
                work_folder: work_folder_path,
                token: cluster_token()?,
            })
            .await?;
        }
    }
    Ok(())
}
