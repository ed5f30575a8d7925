//! Arguments that several commands share, and how they are read.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use clap::builder::RangedU64ValueParser;
use plumb_lake::IfLocked;
use plumb_lake::cluster::{Cluster, Token};

use super::output::note;
use crate::lifecycle::workspace::{ProjectPaths, Workspace};
use crate::private_files::tighten;
use crate::training::Search;
use crate::workers::TOKEN_VARIABLE;

/// A shorter token could be guessed.
const TOKEN_LENGTH_MIN: usize = 16;

/// The years of a time: with four digits it is read as it is written, and no horizon leads past what can be computed.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// The longest search, a week: an experiment longer than this has had its answer.
const SEARCH_MINUTES_MAX: f64 = 7.0 * 24.0 * 60.0;

/// The most rows that are computed at once, or sampled: far more than a machine's memory holds.
pub(crate) const ROWS_MAX: u64 = 1_000_000_000;

/// The most processes or threads: some times the cores of the largest machines.
pub(crate) const THREADS_MAX: u64 = 4_096;

/// Where a project and its data lie.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PathArgs {
    /// Read the project in this folder, which holds `plumb.toml`.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    project: PathBuf,
    /// Read and write the data in this folder [default: `data` in the project folder].
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// The targets of a project, and the time a command works at.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TargetArgs {
    #[command(flatten)]
    pub(crate) paths: PathArgs,
    /// Work on this target [default: all]. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) target: Vec<String>,
    /// Use nothing learned after this time, or after this second [default: the project's `as_of`, or now].
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    pub(crate) as_of: Option<DateTime<Utc>>,
}

/// How much a training tries.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct EffortArgs {
    /// Seed everything random.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Search settings of the trees for this long, and as long again for the final model [default: six trials].
    #[arg(long, value_name = "MINUTES")]
    search_minutes: Option<f64>,
}

/// Which cluster computes batches.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ClusterArgs {
    /// Compute on a cluster: the address that `plumb cluster scheduler` printed.
    #[arg(long, value_name = "HOST:PORT")]
    cluster: Option<String>,
}

/// What to do while another process writes the same part of the data folder.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WaitArgs {
    /// Wait while another process writes the same data, for at most so many seconds if they are given [default: fail at
    /// once, and say which].
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true)]
    wait: Option<Option<u32>>,
}

/// How features of many leads are computed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BatchArgs {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Compute this many rows at once: fewer need less memory and more time.
    #[arg(long, value_name = "NUMBER", value_parser = number(1..=ROWS_MAX))]
    rows_at_once: Option<usize>,
}

impl PathArgs {
    /// Returns the paths. A data folder of an earlier version, which others may read, is closed to them.
    pub(crate) fn paths(&self) -> ProjectPaths {
        let paths = ProjectPaths::new(&self.project, self.data.as_deref());
        keep_private(&paths.data);
        paths
    }

    /// Opens the project.
    pub(crate) async fn open(&self) -> Result<Workspace> {
        Workspace::open(&self.paths()).await
    }
}

impl EffortArgs {
    /// Returns how long settings are searched for.
    pub(crate) fn search(&self) -> Result<Search> {
        let Some(minutes) = self.search_minutes else { return Ok(Search::Usual) };
        let minutes_meant = Some(minutes).filter(|minutes| *minutes > 0.0 && *minutes <= SEARCH_MINUTES_MAX);
        let time = minutes_meant.and_then(|minutes| Duration::try_from_secs_f64(60.0 * minutes).ok());
        Ok(Search::For(time.with_context(|| {
            format!("--search-minutes is {minutes}: expected a number over 0 and up to {SEARCH_MINUTES_MAX}, a week")
        })?))
    }
}

impl ClusterArgs {
    /// Connects to the cluster, if one was named.
    pub(crate) async fn connect(&self, data: &Path) -> Result<Option<Cluster>> {
        match &self.cluster {
            Some(address) => Ok(Some(Cluster::connect(address, cluster_token()?, data).await?)),
            None => Ok(None),
        }
    }
}

impl WaitArgs {
    /// Returns what to do.
    pub(crate) fn if_locked(&self) -> IfLocked {
        match self.wait {
            None => IfLocked::Refuse,
            Some(seconds) => IfLocked::Wait(seconds.map(|seconds| Duration::from_secs(seconds.into()))),
        }
    }
}

impl BatchArgs {
    /// Returns the workspace with its batches computed in this way.
    pub(crate) async fn apply(&self, workspace: Workspace) -> Result<Workspace> {
        let cluster = self.cluster.connect(&workspace.data).await?;
        let workspace = workspace.on_cluster(cluster);
        Ok(match self.rows_at_once {
            Some(rows) => workspace.in_chunks_of(rows),
            None => workspace,
        })
    }
}

/// Returns the token of the cluster from the environment; an empty one if it is not set.
pub(crate) fn cluster_token() -> Result<Token> {
    match std::env::var(TOKEN_VARIABLE) {
        Ok(text) => Token::new(&text).with_context(|| {
            format!("environment variable `{TOKEN_VARIABLE}`: expected letters, digits and `-._~`, and at least one")
        }),
        Err(_) => Ok(Token::default()),
    }
}

/// Refuses an address that other machines reach unless a token protects the cluster: its data is open to all its members.
pub(crate) fn check_bind(option: &str, bind: IpAddr) -> Result<()> {
    if bind.is_unspecified() {
        bail!("{option} {bind}: expected the one address under which the other machines reach this process");
    }
    let token = std::env::var(TOKEN_VARIABLE).unwrap_or_default();
    if !bind.is_loopback() && token.len() < TOKEN_LENGTH_MIN {
        bail!(
            "{option} {bind}: other machines reach this address, so the cluster needs a token: set the environment \
             variable `{TOKEN_VARIABLE}` to the same {TOKEN_LENGTH_MIN} or more letters and digits on all machines, and \
             use a network that you trust, because the data is not encrypted"
        );
    }
    Ok(())
}

/// Returns a parser of a whole number in a range. Another number is an error of the arguments, which names the range.
pub(crate) fn number(range: RangeInclusive<u64>) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(range)
}

/// Reads a timestamp or a day; a day is its first instant, in UTC.
pub(crate) fn timestamp(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(day.and_time(NaiveTime::MIN).and_utc())
    };
    let timestamp = DateTime::parse_from_rfc3339(text).map(|timestamp| timestamp.to_utc()).ok().or_else(day);
    timestamp.filter(|timestamp| YEARS.contains(&timestamp.year())).ok_or_else(|| {
        format!("`{text}` is not a time: expected `2026-03-01` or `2026-03-01T09:30:00Z`, with a year of four digits")
    })
}

/// Closes a data folder to other users, and says so if it was open. What cannot be changed is said as well, and is no reason
/// to stop: the files in it may be closed by themselves.
pub(crate) fn keep_private(data: &Path) {
    match tighten(data) {
        Ok(None) => {}
        Ok(Some(mode)) => note(&format!(
            "note: other users could read the data in `{}` (mode {mode:04o}): its folder is now its owner's alone\n",
            data.display()
        )),
        Err(error) => note(&format!(
            "warning: other users may read the data in `{path}`, and that cannot be changed ({error}): have its owner run \
             `chmod 700 {path}`\n",
            path = data.display()
        )),
    }
}

/// Returns the name of the current user, for the registry's history.
pub(crate) fn current_user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}
