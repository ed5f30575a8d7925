//! Runs a project's SQL where it can be stopped: on threads of its own, with a limit of time and memory.
//!
//! The engine's own limits come first: its memory pool, and the moments at which it yields. They do not cover everything.
//! A function or a pass of the planner may work for hours without yielding, and a window may hold what no pool has
//! counted. So somebody watches from outside, and when a limit is met the threads are left behind: they end when they next
//! yield, or with the program, which ends soon after such an error.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep};

use super::limits::{SqlLimits, bytes};
use super::panics::{catch_on_this_thread, engine_panicked, message};
use super::process_memory::{allocated, available};
use crate::error::Error;

/// The stack of each thread: passes of the planner recurse into plans of a thousand parts.
const STACK_BYTES: usize = 32 << 20;

/// How often memory is looked at: what is allocated in between, at some GB a second, fits beside the limit.
const LOOK: Duration = Duration::from_millis(20);

/// The process may grow by so many times the limit: rows are copied into their columns and their order.
const GROWTH: u64 = 2;

/// And by as much more: what the rest of the program, and the engine without a row, may need meanwhile.
const SLACK_BYTES: u64 = 512 << 20;

/// When the machine has less than this left, it is about to end processes.
const AVAILABLE_MIN: u64 = 64 << 20;

/// From this on, it is the SQL that takes the machine's memory, and not another process.
const BLAMED_FROM: u64 = 256 << 20;

/// Why SQL was stopped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// It ran longer than this.
    Time(Duration),
    /// It needed more than these bytes.
    Memory(u64),
    /// The machine has no memory left.
    Machine(u64),
    /// The engine panicked.
    Panicked(String),
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stopped::Time(limit) => write!(
                formatter,
                "it was stopped after {} s, the `limits.time_s` of plumb.toml: join on keys and read fewer rows, or raise it",
                limit.as_secs_f64()
            ),
            Stopped::Memory(limit) => write!(formatter, "{}", out_of_memory(*limit)),
            Stopped::Machine(grown) => write!(
                formatter,
                "it was stopped when it had {} and the machine had none left: join on keys and read fewer rows, \
                 or lower `limits.memory_mb` of plumb.toml, so that more is written aside",
                bytes(*grown)
            ),
            Stopped::Panicked(message) => formatter.write_str(&engine_panicked(message)),
        }
    }
}

/// Returns what is wrong with SQL that needs more memory than this.
pub(super) fn out_of_memory(limit: u64) -> String {
    format!(
        "it needs more than {}, the `limits.memory_mb` of plumb.toml: join on keys, aggregate fewer rows, or raise it",
        bytes(limit)
    )
}

/// Runs work until it is done or meets a limit.
pub(crate) async fn supervised<T: Send + 'static>(
    limits: &SqlLimits,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<Result<T, Stopped>, Error> {
    supervised_within(limits, limits.memory_bytes.saturating_mul(GROWTH).saturating_add(SLACK_BYTES), work).await
}

/// Does so while the process grows by at most so many bytes.
async fn supervised_within<T: Send + 'static>(
    limits: &SqlLimits,
    growth: u64,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<Result<T, Stopped>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_stack_size(STACK_BYTES)
        .thread_name("sql")
        .on_thread_start(catch_on_this_thread)
        .enable_all()
        .build()
        .map_err(|error| Error::engine("start threads for SQL")(error))?;
    let task = runtime.spawn(work);
    let _left = LeftBehind(Some(runtime));
    let done = tokio::select! {
        done = task => done.map_err(|error| match error.try_into_panic() {
            Ok(panic) => Stopped::Panicked(message(&*panic)),
            Err(_) => Stopped::Panicked("its task was cancelled".to_owned()),
        }),
        stopped = limit_met(limits, growth) => Err(stopped),
    };
    Ok(done)
}

/// Threads that are left behind when the caller has its result, or stops waiting.
struct LeftBehind(Option<Runtime>);

impl Drop for LeftBehind {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Returns when a limit is met.
async fn limit_met(limits: &SqlLimits, growth: u64) -> Stopped {
    let (started, before) = (Instant::now(), allocated().unwrap_or(0));
    loop {
        sleep(LOOK.min(limits.time)).await;
        if started.elapsed() >= limits.time {
            return Stopped::Time(limits.time);
        }
        let grown = allocated().unwrap_or(0).saturating_sub(before);
        if grown > growth {
            return Stopped::Memory(limits.memory_bytes);
        }
        if grown > BLAMED_FROM && available().is_some_and(|available| available < AVAILABLE_MIN) {
            return Stopped::Machine(grown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(time: Duration) -> SqlLimits {
        SqlLimits { time, ..SqlLimits::default() }
    }

    #[tokio::test]
    async fn work_that_never_yields_is_left_behind() {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        // Until the sender is gone: when the test ends.
        let work = async move { stopped.recv().is_ok() };
        let limits = limits(Duration::from_millis(1));
        let done = supervised(&limits, work).await.expect("threads are started");
        assert_eq!(done, Err(Stopped::Time(limits.time)));
        drop(stop);
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let work = async {
            if true {
                panic!("offset overflow")
            }
        };
        let done = supervised(&SqlLimits::default(), work).await.expect("threads are started");
        let stopped = done.expect_err("it panics");
        assert_eq!(stopped, Stopped::Panicked("offset overflow".into()));
        assert!(stopped.to_string().starts_with("the engine failed at it: offset overflow; "), "{stopped}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn memory_that_no_pool_counts_is_counted() {
        let (limits, growth) = (SqlLimits { memory_bytes: 16 << 20, ..SqlLimits::default() }, 32 << 20);
        let work = async {
            let mut held = Vec::new();
            // More than it may grow; then it waits to be stopped.
            held.resize_with(16, || vec![1_u8; 8 << 20]);
            std::future::pending::<()>().await;
            drop(held);
        };
        let done = supervised_within(&limits, growth, work).await.expect("threads are started");
        assert_eq!(done, Err(Stopped::Memory(16 << 20)));
    }
}
