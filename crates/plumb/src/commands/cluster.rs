//! `plumb cluster`: the processes of a cluster, which other commands give their work by `--cluster`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, bail};
use plumb_lake::cluster::{self, Executor};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{TOKEN_VARIABLE, cluster_token, serve};

/// The port of a scheduler, as its users expect it.
const PORT: u16 = 50_050;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    process: Process,
}

#[derive(clap::Subcommand)]
enum Process {
    /// Hand out tasks to executors.
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

/// A shorter token could be guessed.
const TOKEN_LENGTH_MIN: usize = 16;

pub(crate) async fn run(args: Args) -> Result<()> {
    let token = cluster_token()?;
    match args.process {
        Process::Scheduler { port, bind } => {
            check(bind)?;
            let address = SocketAddr::from((bind, port));
            let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on `{address}`"))?;
            println!("scheduler on {} until Ctrl-C", listener.local_addr().context("cannot read the address")?);
            cluster::scheduler(listener, token, serve::stopped()).await?;
        }
        Process::Executor { scheduler, port, bind, threads } => {
            check(bind)?;
            let threads = match threads {
                Some(0) => bail!("--threads 0: expected at least one"),
                Some(threads) => threads,
                None => std::thread::available_parallelism().map_or(1, usize::from),
            };
            let work_folder = TempDir::new().context("cannot make a folder for what is computed")?;
            println!("executor of {threads} tasks at once, for the scheduler on {scheduler} until Ctrl-C");
            let work_folder_path = work_folder.path().to_owned();
            cluster::executor(Executor { scheduler, bind, port, threads, work_folder: work_folder_path, token })
                .await?;
        }
    }
    Ok(())
}

/// Whoever reaches a cluster may read the data, so beyond this machine it asks for a token.
fn check(bind: IpAddr) -> Result<()> {
    if bind.is_unspecified() {
        bail!("--bind {bind}: name the one address under which the other machines reach this process");
    }
    let token = std::env::var(TOKEN_VARIABLE).unwrap_or_default();
    if !bind.is_loopback() && token.len() < TOKEN_LENGTH_MIN {
        bail!(
            "--bind {bind}: others reach this address, so the cluster needs a token: set the environment variable \
             `{TOKEN_VARIABLE}` to the same {TOKEN_LENGTH_MIN} or more letters and digits on all machines, and use a \
             network that you trust, because the data itself travels in the clear"
        );
    }
    Ok(())
}
