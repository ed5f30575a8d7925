//! One file a subcommand. What several of them need to begin with is here.

pub(crate) mod cluster;
pub(crate) mod data;
pub(crate) mod demo;
pub(crate) mod export;
pub(crate) mod features;
pub(crate) mod gate;
pub(crate) mod import;
pub(crate) mod ingest;
pub(crate) mod output;
pub(crate) mod promote;
pub(crate) mod quick;
pub(crate) mod reproduce;
pub(crate) mod retrain;
pub(crate) mod rollback;
pub(crate) mod score;
pub(crate) mod serve;
pub(crate) mod train;
pub(crate) mod truth;
pub(crate) mod variants;
pub(crate) mod verify;
pub(crate) mod watch;

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use plumb_lake::Lake;
use plumb_lake::cluster::{Cluster, Token};
use plumb_lead::ModelCard;

use crate::project::Project;
use crate::registry;
use crate::scoring::Scorer;
use crate::store::Store;
use crate::training::{self, Assignment, Ground, Large, Rung, Search, Tested};

/// Where a project and its data are.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Place {
    /// The project folder, which holds `plumb.toml`.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) project: PathBuf,
    /// Where the data is kept; `data` in the project folder unless told otherwise.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
}

impl Place {
    /// Returns the place of a project and its data.
    pub(crate) fn of(project: &Path) -> Place {
        Place { project: project.to_owned(), data: None }
    }

    /// Returns the data folder.
    pub(crate) fn data(&self) -> PathBuf {
        let here = self.project == Path::new(".");
        self.data.clone().unwrap_or_else(|| if here { PathBuf::from("data") } else { self.project.join("data") })
    }

    /// Opens the operational database.
    pub(crate) async fn store(&self) -> Result<Store> {
        Store::open(&self.data().join("plumb.db")).await
    }
}

/// What a command over targets of a project is asked.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The target; all of them unless told otherwise. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) target: Vec<String>,
    /// Nothing learned later is used; now, or the project's `as_of`, unless told otherwise.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(crate) as_of: Option<DateTime<Utc>>,
}

/// How much is put into a training.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Effort {
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Search for the trees' settings for so many minutes, and as long again for the model that is kept, instead of
    /// trying six. How many were tried is kept with the model, so that it can be reproduced.
    #[arg(long, value_name = "MINUTES")]
    search_minutes: Option<f64>,
}

impl Effort {
    /// Returns how long settings are searched for.
    pub(crate) fn search(&self) -> Result<Search> {
        let Some(minutes) = self.search_minutes else { return Ok(Search::Usual) };
        let time = Some(60.0 * minutes).filter(|seconds| *seconds > 0.0);
        let time = time.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Ok(Search::For(time.with_context(|| format!("--search-minutes is {minutes}: expected a number over 0"))?))
    }
}

/// Who does the large part of a command's work.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OnCluster {
    /// Let a cluster do it: the address of the scheduler that `plumb cluster scheduler` printed.
    #[arg(long, value_name = "HOST:PORT")]
    cluster: Option<String>,
}

/// How features of many leads are computed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Batch {
    #[command(flatten)]
    on: OnCluster,
    /// How many leads at how many moments are computed at once: fewer need less memory and more time.
    #[arg(long, value_name = "NUMBER")]
    rows_at_once: Option<NonZeroUsize>,
}

/// Where the token of a cluster is looked for.
pub(crate) const TOKEN_VARIABLE: &str = "PLUMB_CLUSTER_TOKEN";

/// Returns the token of the cluster out of the environment; none if it is not set.
fn cluster_token() -> Result<Token> {
    match std::env::var(TOKEN_VARIABLE) {
        Ok(text) => Token::new(&text).with_context(|| {
            format!("environment variable `{TOKEN_VARIABLE}`: expected letters, digits and `-._~`, and at least one")
        }),
        Err(_) => Ok(Token::default()),
    }
}

/// A shorter token could be guessed.
const TOKEN_LENGTH_MIN: usize = 16;

/// Whoever reaches a cluster may read the data, so beyond this machine it asks for a token.
pub(crate) fn check_bind(option: &str, bind: IpAddr) -> Result<()> {
    if bind.is_unspecified() {
        bail!("{option} {bind}: name the one address under which the other machines reach this process");
    }
    let token = std::env::var(TOKEN_VARIABLE).unwrap_or_default();
    if !bind.is_loopback() && token.len() < TOKEN_LENGTH_MIN {
        bail!(
            "{option} {bind}: others reach this address, so the cluster needs a token: set the environment variable \
             `{TOKEN_VARIABLE}` to the same {TOKEN_LENGTH_MIN} or more letters and digits on all machines, and use a \
             network that you trust, because the data itself travels in the clear"
        );
    }
    Ok(())
}

impl OnCluster {
    /// Connects to the cluster, if one was named.
    pub(crate) async fn connect(&self, data: &Path) -> Result<Option<Cluster>> {
        match &self.cluster {
            Some(address) => Ok(Some(Cluster::connect(address, cluster_token()?, data).await?)),
            None => Ok(None),
        }
    }
}

/// A project with its data, opened.
pub(crate) struct Workplace {
    pub(crate) project: Project,
    pub(crate) data: PathBuf,
    pub(crate) lake: Lake,
    pub(crate) store: Store,
}

impl Workplace {
    /// Opens what `plumb ingest` has filled.
    pub(crate) async fn open(place: &Place) -> Result<Workplace> {
        let project = Project::open(&place.project)?;
        let data = place.data();
        let lake = Lake::open(&data).await?;
        Ok(Workplace { project, lake, store: place.store().await?, data })
    }

    /// Returns the same workplace with its batches computed in this way.
    pub(crate) async fn computing(mut self, batch: &Batch) -> Result<Workplace> {
        self.lake = self.lake.on_cluster(batch.on.connect(&self.data).await?);
        if let Some(rows) = batch.rows_at_once {
            self.lake = self.lake.in_chunks_of(rows.get());
        }
        Ok(self)
    }

    /// Returns what a training takes everything from.
    pub(crate) fn ground(&self) -> Ground<'_> {
        Ground { project: &self.project, data: &self.data, lake: &self.lake, store: &self.store }
    }
}

/// Reads a model of the registry off the async threads: a large one takes a while to parse.
pub(crate) async fn load(data: &Path, model_id: &str) -> Result<Scorer> {
    let (data, id) = (data.to_owned(), model_id.to_owned());
    tokio::task::spawn_blocking(move || Scorer::from_bytes(&registry::load(&data, &id)?))
        .await
        .context("the loading of a model broke off")?
}

/// Makes a model of the registry again, from what was known when it was made, and returns it with the rows to test on.
pub(crate) async fn made_again(workplace: &Workplace, card: ModelCard) -> Result<(Tested, Rung)> {
    let bar = spinner();
    bar.set_message(format!("{}: rebuilding {} `{}`", card.target, card.kind.word(), card.model_id));
    let search = Search::of(&card.params);
    let assignment = Assignment { target: card.target.clone(), as_of: card.as_of, seed: card.seed, search };
    let gathered = training::gather(workplace.ground(), assignment, Large::of(&card)).await?;
    let scorer = load(&workplace.data, &card.model_id).await?;
    let making = tokio::task::spawn_blocking(move || {
        training::again(&gathered, &card, &scorer.artifact).map(|rung| (gathered.tested(), rung))
    });
    let made = making.await.context("the training ended early")?;
    bar.finish_and_clear();
    made
}

/// Returns a line that turns while something is done that cannot be counted.
pub(crate) fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Returns a bar of so many steps.
pub(crate) fn bar(steps: usize, what: &str) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{spinner} {bar:24} {pos}/{len} {msg}").context("the bar's template")?;
    let bar = ProgressBar::new(steps as u64).with_style(style).with_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    Ok(bar)
}

/// Reads a moment or a day of the command line; a day is its first moment, in UTC.
pub(crate) fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.to_utc());
    }
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d");
    day.map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc())
        .map_err(|_| format!("`{text}` is no moment: expected `2026-03-01` or `2026-03-01T09:30:00Z`"))
}

/// Returns who is at the keyboard, for the registry's history.
pub(crate) fn somebody() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "somebody".to_owned())
}
