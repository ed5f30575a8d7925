//! `plumb cluster`: the processes of a cluster, which other commands give their work by `--cluster`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, bail};
use plumb_lake::cluster::{self, Executor};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::serve;

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
        /// The address to listen on; only this machine's own, because a cluster asks nobody for a password.
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
        /// The address to listen on; only this machine's own, because a cluster asks nobody for a password.
        #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
        bind: IpAddr,
        /// Tasks at once; one for each core unless told otherwise.
        #[arg(long)]
        threads: Option<usize>,
    },
}

pub(crate) async fn run(args: Args) -> Result<()> {
    match args.process {
        Process::Scheduler { port, bind } => {
            check(bind)?;
            let address = SocketAddr::from((bind, port));
            let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on `{address}`"))?;
            println!("scheduler on {} until Ctrl-C", listener.local_addr().context("cannot read the address")?);
            cluster::scheduler(listener, serve::stopped()).await?;
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
            cluster::executor(Executor { scheduler, bind, port, threads, work_folder: work_folder_path }).await?;
        }
    }
    Ok(())
}

/// The protocol of a cluster asks nobody who they are, and whoever reaches it may read the data.
fn check(bind: IpAddr) -> Result<()> {
    if !bind.is_loopback() {
        bail!(
            "--bind {bind}: a cluster asks nobody for a password, so it listens on this machine only: \
             let the machines reach each other through tunnels, such as SSH's or WireGuard's"
        );
    }
    Ok(())
}
