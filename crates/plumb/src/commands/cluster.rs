//! `plumb cluster`: runs a process of a cluster, on which other commands compute by `--cluster`.

use std::net::SocketAddr;
#[cfg(feature = "cluster")]
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anyhow::Result;

use super::arguments::{THREADS_MAX, check_bind, keep_private, number};
use super::output::Format;
#[cfg(feature = "cluster")]
use super::{arguments::cluster_token, signals};
use crate::lifecycle::cluster::run_worker;
#[cfg(feature = "cluster")]
use crate::lifecycle::cluster::{ExecutorRequest, ExecutorStarted, SchedulerStarted, run_executor, run_scheduler};
use crate::workers::WorkerTask;

/// The port of a scheduler, as users of Ballista expect it.
#[cfg(feature = "cluster")]
const PORT: u16 = 50_050;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    process: Process,
}

#[derive(clap::Subcommand)]
enum Process {
    /// Grow trees on a part of the rows, for `plumb train --workers COUNT --meet-at ADDRESS:PORT`, which prints the arguments.
    Worker {
        /// Read the data in this folder, which all machines see.
        #[arg(long, value_name = "FOLDER", default_value = "data")]
        data: PathBuf,
        /// Work on this job.
        #[arg(long, value_name = "NAME")]
        job: String,
        /// Be the worker of this number, from 0.
        #[arg(long, value_parser = number(0..=THREADS_MAX))]
        number: usize,
        /// Meet the other workers at this address [default: there is one worker].
        #[arg(long, value_name = "ADDRESS:PORT")]
        tracker: Option<SocketAddr>,
        /// Run this many threads [default: one for each core].
        #[arg(long, default_value_t = 0, hide_default_value = true, value_parser = number(0..=THREADS_MAX))]
        threads: usize,
        /// End with standard input, when the launcher ends.
        #[arg(long, hide = true)]
        attached: bool,
    },
    /// Hand out tasks to executors.
    #[cfg(feature = "cluster")]
    Scheduler {
        /// Listen on this port; 0 is any that is free.
        #[arg(long, default_value_t = PORT)]
        port: u16,
        /// Listen on this address; one that other machines reach needs a token in PLUMB_CLUSTER_TOKEN, the same on all.
        #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
        bind: IpAddr,
    },
    /// Take tasks from a scheduler and compute them.
    #[cfg(feature = "cluster")]
    Executor {
        /// Take tasks from the scheduler at this address.
        #[arg(long, value_name = "HOST:PORT", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)))]
        scheduler: SocketAddr,
        /// Send results from this port [default: any that is free].
        #[arg(long, default_value_t = 0, hide_default_value = true)]
        port: u16,
        /// Listen on this address; one that other machines reach needs a token in PLUMB_CLUSTER_TOKEN, the same on all.
        #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
        bind: IpAddr,
        /// Compute this many tasks at once [default: one for each core].
        #[arg(long, value_parser = number(1..=THREADS_MAX))]
        threads: Option<usize>,
    },
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    match args.process {
        Process::Worker { data, job, number, tracker, threads, attached } => {
            if let Some(tracker) = tracker {
                check_bind("--tracker", tracker.ip())?;
            }
            keep_private(&data);
            let outcome = run_worker(data, WorkerTask { job, number, tracker, threads, attached }).await?;
            format.print(&outcome, |_| String::new())
        }
        #[cfg(feature = "cluster")]
        Process::Scheduler { port, bind } => {
            check_bind("--bind", bind)?;
            let started = |started: &SchedulerStarted| format.print(started, scheduler_text);
            run_scheduler(SocketAddr::from((bind, port)), cluster_token()?, started, signals::stopped()).await
        }
        #[cfg(feature = "cluster")]
        Process::Executor { scheduler, port, bind, threads } => {
            check_bind("--bind", bind)?;
            anyhow::ensure!(threads != Some(0), "--threads 0: expected at least one");
            let started = |started: &ExecutorStarted| format.print(started, executor_text);
            let request = ExecutorRequest { scheduler, bind, port, threads, token: cluster_token()? };
            run_executor(request, started).await
        }
    }
}

#[cfg(feature = "cluster")]
fn scheduler_text(started: &SchedulerStarted) -> String {
    format!("scheduler on {} until Ctrl-C\n", started.address)
}

#[cfg(feature = "cluster")]
fn executor_text(started: &ExecutorStarted) -> String {
    let ExecutorStarted { scheduler, threads } = started;
    format!("executor of {threads} tasks at once, for the scheduler on {scheduler} until Ctrl-C\n")
}
