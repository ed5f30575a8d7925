//! What requests need.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Utc};
use plumb_lake::{Lake, PostedRelation};

use super::error::Error;
use super::limits::RequestLimits;
use super::middleware::Services;
use super::middleware::admission::{AdmissionControl, ConcurrencyLimit};
use super::middleware::auth::Auth;
use super::middleware::caller_limits::CallerLimits;
use super::middleware::heavy_lane::HeavyLane;
use super::middleware::timeouts::Timeouts;
use super::response_format::ResponseFormat;
use crate::lifecycle::profile::ProfileFolder;
use crate::memory::MemoryBudget;
use crate::project::Webhooks;
use crate::serving::{self, Engine};
use crate::store::Store;
use crate::telemetry::Metrics;

/// What requests need.
pub(crate) struct App {
    /// Models, variants, the store, the journal.
    pub(super) engine: Arc<Engine>,
    /// What the layers of all requests share.
    pub(super) services: Arc<Services>,
    /// Whether requests and responses are captured.
    pub(super) capture: bool,
    /// The response format of invocations that do not choose one.
    pub(super) response_format: ResponseFormat,
    /// The profiles in the data folder.
    pub(super) profiles: ProfileFolder,
    /// The programs that may post events of their own form.
    pub(super) webhooks: Webhooks,
}

/// The configuration of a server.
pub(crate) struct Config {
    /// The targets of `plumb.toml`, in its order.
    pub(crate) targets: Vec<String>,
    /// The time that counts as now; `None`: the clock.
    pub(crate) fixed_now: Option<DateTime<Utc>>,
    /// Which requests are let in.
    pub(crate) auth: Auth,
    /// What callers may take.
    pub(crate) caller_limits: CallerLimits,
    /// How many requests are scored, and how many wait.
    pub(crate) concurrency: ConcurrencyLimit,
    /// How much one request may ask for.
    pub(crate) limits: RequestLimits,
    /// The memory of requests.
    pub(crate) memory: Arc<MemoryBudget>,
    /// How long clients may take.
    pub(crate) timeouts: Timeouts,
    /// Whether requests and responses are captured.
    pub(crate) capture: bool,
    /// The response format of invocations that do not choose one.
    pub(crate) response_format: ResponseFormat,
    /// The relations that SQL of the project's own gives posted rows to.
    pub(crate) own_posted_sql: BTreeSet<PostedRelation>,
    /// The programs that may post events of their own form.
    pub(crate) webhooks: Webhooks,
}

impl App {
    /// Opens what a server needs and loads the models of all variants; one that cannot be loaded is an error.
    /// `data` is the folder that holds the models and the ground.
    pub(crate) async fn open(lake: Option<Lake>, store: Store, data: &Path, config: Config) -> Result<App> {
        let Config {
            targets,
            fixed_now,
            auth,
            caller_limits,
            concurrency,
            limits,
            memory,
            timeouts,
            capture,
            response_format,
            own_posted_sql,
            webhooks,
        } = config;
        let metrics = Metrics::new();
        let serving = serving::Config { targets, fixed_now, memory: memory.clone(), own_posted_sql };
        let engine = Arc::new(Engine::open(lake, store, data, serving, metrics.serving()).await?);
        let (admission, heavy) = (AdmissionControl::new(concurrency), HeavyLane::new(concurrency.deadline));
        let limits = limits.within(&memory);
        let services =
            Arc::new(Services::new(auth, caller_limits, admission, heavy, (memory, limits), timeouts, metrics));
        let profiles = ProfileFolder::of_data(data);
        Ok(App { engine, services, capture, response_format, profiles, webhooks })
    }

    /// Reads again what can change while the server runs, and logs what there is now: the keys, the registry's models, the
    /// version of the ground, and these targets of `plumb.toml`. What cannot be read stays as it was.
    pub(crate) async fn reload(&self, targets: Result<Option<Vec<String>>>) {
        match targets {
            Ok(Some(targets)) => self.engine.set_targets(targets),
            Ok(None) => {}
            Err(error) => tracing::error!("the targets stay as they were: {error:#}"),
        }
        let keys = self.services.auth.reload();
        if let Err(error) = &keys {
            tracing::error!("the access keys stay as they were: {error:#}");
        }
        match self.engine.reload().await {
            // A line in every log: somebody sent a signal and wants to know.
            Ok(models) => tracing::warn!(keys = keys.ok(), models, "reloaded at SIGHUP"),
            Err(error) => tracing::error!("the models and the ground stay as they were: {error:#}"),
        }
    }

    /// Returns an error that says why no answer can be recorded now, if so.
    pub(super) async fn check_ready(&self) -> Result<(), Error> {
        match self.engine.not_ready().await {
            Some(why) => Err(Error::not_ready(&why)),
            None => Ok(()),
        }
    }
}
