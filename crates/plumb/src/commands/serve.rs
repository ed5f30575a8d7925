//! `plumb serve`: the JSON API and the pages.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use plumb_lake::Lake;
use serde::Serialize;
use tokio::net::TcpListener;

use super::arguments::{PathArgs, number};
use super::caller_arguments::CallerArgs;
use super::output::Format;
use super::signals::{Hangups, stopped};
use crate::http::{self, App, Auth, CallerLimits, ConcurrencyLimit, Config, RequestLimits, ResponseFormat, Timeouts};
use crate::lifecycle::check_database::{START_CHECK_WAIT, check_at_start};
use crate::lifecycle::mirror;
use crate::lifecycle::workspace::ProjectPaths;
use crate::memory::{MemoryBudget, return_freed_memory};
use crate::project::{Project, Webhooks};
use crate::schedule::Background;
use crate::store::Store;

/// The default port.
pub(crate) const PORT: u16 = 8080;

/// The most requests that are scored at a time, or wait: each holds its body and its connection, so that no machine has the
/// memory for more.
const WORKING_MAX: u64 = 65_536;
const WAITING_MAX: u64 = 1_000_000;

/// The longest deadline, a day: no client waits for so long.
const DEADLINE_SECONDS_MAX: u64 = 86_400;

/// Access keys, `ID:SECRET`, separated by commas.
const KEYS_VARIABLE: &str = "PLUMB_ACCESS_KEYS";

/// The token for people and programs that do not sign requests.
const TOKEN_VARIABLE: &str = "PLUMB_TOKEN";

/// The variables that configure the responses of SageMaker's XGBoost container.
const OUTPUT_VARIABLE: &str = "SAGEMAKER_INFERENCE_OUTPUT";
const ACCEPT_VARIABLE: &str = "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT";

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Listen on this address. One that other machines can reach needs access keys or a token: callers then have to sign
    /// their requests, or bear the token.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Listen on this port; 0 is any free one.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Read access keys from this file, `ID:SECRET` a line, besides those in the environment variable PLUMB_ACCESS_KEYS. It
    /// is read again when it changes.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Require a signature or the token from callers on this machine, too.
    #[arg(long)]
    require_auth: bool,
    #[command(flatten)]
    callers: CallerArgs,
    /// Score at most so many requests at a time.
    #[arg(long, value_name = "REQUESTS", default_value_t = ConcurrencyLimit::DEFAULT.working, value_parser = number(1..=WORKING_MAX))]
    working: usize,
    /// Let at most so many more wait for their turn; past that a request stands in line, unread, for two seconds, and then the
    /// answer is 503.
    #[arg(long, value_name = "REQUESTS", default_value_t = ConcurrencyLimit::DEFAULT.waiting, value_parser = number(0..=WAITING_MAX))]
    waiting: usize,
    /// Answer 503 to a request that is not scored within so many seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = ConcurrencyLimit::DEFAULT.deadline.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=DEADLINE_SECONDS_MAX)
    )]
    deadline: u64,
    /// Answer 413 to a request of more rows than this. To score more, send them in parts, or score a file by `plumb score`.
    #[arg(long, value_name = "ROWS", default_value_t = RequestLimits::DEFAULT.rows)]
    rows: usize,
    /// Answer 413 to a request whose leads have more events than this together.
    #[arg(long, value_name = "EVENTS", default_value_t = RequestLimits::DEFAULT.events)]
    events: usize,
    /// Answer 413 to a request whose answer would be larger than so many MiB.
    #[arg(long, value_name = "MIB", default_value_t = RequestLimits::DEFAULT.answer_bytes >> 20)]
    answer: usize,
    /// Let requests need so many MiB of memory together, from their bodies to their answers; past that the answer is 503,
    /// at once. By default half of what the machine, the container or the process's own limits leave, up to 2048.
    #[arg(long, value_name = "MIB")]
    memory: Option<usize>,
    /// Capture requests and responses in the data folder's `capture`, in SageMaker's data capture format.
    #[arg(long)]
    capture: bool,
    /// Write these outputs of each row to invocations instead of its score alone, by their names in SageMaker's XGBoost
    /// container, such as `predicted_label,probabilities`. Its own variable SAGEMAKER_INFERENCE_OUTPUT is read as well.
    #[arg(long, value_name = "NAMES")]
    inference_output: Option<String>,
    /// Answer invocations without a preference in this media type, instead of the request's own. The container's variable
    /// SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT is read as well.
    #[arg(long, value_name = "TYPE")]
    default_accept: Option<String>,
    /// Write the scores of a CSV response on one line, with commas between, as that container does, instead of one a line.
    #[arg(long)]
    csv_in_one_line: bool,
    /// Leave the jobs of `[schedule]` to `plumb scheduler`, or to another program.
    #[arg(long)]
    no_schedule: bool,
}

/// How a server serves, beside where its data is.
pub(crate) struct Service {
    /// Which requests are let in.
    pub(crate) auth: Auth,
    /// What callers may take.
    pub(crate) caller_limits: CallerLimits,
    /// How many requests are scored, and how many wait.
    pub(crate) concurrency: ConcurrencyLimit,
    /// How much one request may ask for.
    pub(crate) limits: RequestLimits,
    /// How many MiB of memory requests may need together; `None`: what suits the machine.
    pub(crate) memory: Option<usize>,
    /// Whether requests and responses are captured.
    pub(crate) capture: bool,
    /// The response format of invocations that do not choose one.
    pub(crate) response_format: ResponseFormat,
    /// Whether the project's schedule runs in the background.
    pub(crate) runs_schedule: bool,
}

/// Where a server can be reached.
#[derive(Serialize)]
struct Addresses {
    /// The pages.
    url: String,
    /// The description of the JSON API.
    openapi: String,
    /// The path of a target's endpoint, for the AWS SDKs.
    endpoint: String,
    /// The metrics, for Prometheus.
    metrics: String,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let deadline = Duration::from_secs(args.deadline);
    let concurrency =
        ConcurrencyLimit { working: args.working, waiting: args.waiting, deadline, ..ConcurrencyLimit::DEFAULT };
    let (auth, response_format, limits) = (auth(&args)?, response_format(&args)?, limits(&args)?);
    let listener = listen(SocketAddr::new(args.host, args.port)).await?;
    let (caller_limits, memory, capture) = (args.callers.limits(), args.memory, args.capture);
    let runs_schedule = !args.no_schedule;
    let service = Service { auth, caller_limits, concurrency, limits, memory, capture, response_format, runs_schedule };
    serve(&args.paths.paths(), listener, service, format).await
}

/// Returns how much one request may ask for.
fn limits(args: &Args) -> Result<RequestLimits> {
    let Args { rows, events, answer, memory, .. } = *args;
    ensure!(
        rows > 0 && events > 0 && answer > 0 && memory != Some(0),
        "--rows, --events, --answer and --memory have to be over 0"
    );
    let mebibytes_max = usize::MAX >> 20;
    ensure!(
        answer <= mebibytes_max && memory.is_none_or(|memory| memory <= mebibytes_max),
        "--answer and --memory can be {mebibytes_max} at most"
    );
    Ok(RequestLimits { rows, events, answer_bytes: answer << 20 })
}

/// Returns the memory that requests may need together.
fn memory_budget(mebibytes: Option<usize>) -> Arc<MemoryBudget> {
    return_freed_memory();
    mebibytes.map_or_else(MemoryBudget::of_machine, |mebibytes| MemoryBudget::new(mebibytes << 20))
}

/// Returns which requests are let in; an address that others can reach is refused without credentials to check them against.
fn auth(args: &Args) -> Result<Auth> {
    let variable = |name: &str| std::env::var(name).ok();
    let open = args.host.is_loopback() && !args.require_auth;
    let (keys, token) = (variable(KEYS_VARIABLE), variable(TOKEN_VARIABLE));
    let auth = Auth::new(keys.as_deref(), args.keys.as_deref(), token.as_deref(), open)?;
    ensure!(
        open || auth.has_credentials(),
        "callers of `{}` have to prove who they are, and there is nothing to prove it by: set {KEYS_VARIABLE} to \
         `ID:SECRET`, name a file of them by --keys, or set {TOKEN_VARIABLE}",
        args.host
    );
    Ok(auth)
}

/// Returns the response format of invocations that do not choose one.
fn response_format(args: &Args) -> Result<ResponseFormat> {
    let value = |option: &Option<String>, name: &str| option.clone().or_else(|| std::env::var(name).ok());
    let output = value(&args.inference_output, OUTPUT_VARIABLE);
    let accept = value(&args.default_accept, ACCEPT_VARIABLE);
    ResponseFormat::parse(output.as_deref(), accept.as_deref(), args.csv_in_one_line).with_context(|| {
        format!("--inference-output, --default-accept, {OUTPUT_VARIABLE} or {ACCEPT_VARIABLE} is wrong")
    })
}

/// Listens on an address.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; if something else does, choose another by --port"))
}

/// Serves requests until the program is stopped, and prints its addresses when it listens.
pub(crate) async fn serve(paths: &ProjectPaths, listener: TcpListener, service: Service, format: Format) -> Result<()> {
    // Caught from here on, also while models are loaded.
    let hangups = Hangups::catch()?;
    mirror::refuse_empty(paths)?;
    let runs_schedule = service.runs_schedule;
    let app = Arc::new(open(paths, service).await?);
    tokio::spawn(reload_at(hangups, app.clone(), paths.clone()));
    let background = if runs_schedule { Background::of_project(paths)? } else { None };
    let address = listener.local_addr().context("the server has no address")?;
    print(&Addresses::of(address), format)?;
    let served = http::serve(app, listener, stopped()).await;
    if let Some(background) = background {
        background.stop().await;
    }
    served
}

/// Reads again what can change while the server runs, at each SIGHUP.
async fn reload_at(mut hangups: Hangups, app: Arc<App>, paths: ProjectPaths) {
    while hangups.next().await {
        let targets = match Project::is_at(&paths.project) {
            true => Project::open(&paths.project).map(|project| Some(project.targets())),
            false => Ok(None),
        };
        app.reload(targets).await;
    }
}

impl Addresses {
    fn of(address: SocketAddr) -> Addresses {
        let url = format!("http://{address}");
        Addresses {
            openapi: format!("{url}/v1/openapi.json"),
            endpoint: format!("{url}/endpoints/{{target}}/invocations"),
            metrics: format!("{url}/metrics"),
            url,
        }
    }
}

/// Prints the addresses on one line: the server goes on, so a reader waits for the end of a line and not of a document.
fn print(addresses: &Addresses, format: Format) -> Result<()> {
    format.print_text(&match format {
        Format::Text => format!("serving on {} (stop with Ctrl-C)\n", addresses.url),
        Format::Json => serde_json::to_string(addresses).context("cannot write the addresses as JSON")? + "\n",
    })
}

async fn open(paths: &ProjectPaths, service: Service) -> Result<App> {
    let Service { auth, caller_limits, concurrency, limits, memory, capture, response_format, .. } = service;
    let (data, timeouts, memory) = (&paths.data, Timeouts::DEFAULT, memory_budget(memory));
    let config = Config {
        targets: Vec::new(),
        fixed_now: None,
        auth,
        caller_limits,
        concurrency,
        limits,
        memory,
        timeouts,
        capture,
        response_format,
        own_posted_sql: BTreeSet::new(),
        webhooks: Webhooks::default(),
    };
    if Project::is_at(&paths.project) {
        let project = Project::open(&paths.project)?;
        let lake = Lake::open(data).await?;
        let store = paths.open_store().await?;
        check_at_start(&store, data, START_CHECK_WAIT).await?;
        let (targets, fixed_now) = (project.targets(), project.fixed_now());
        let (own_posted_sql, webhooks) = (project.own_posted_sql()?, project.webhooks()?);
        let config = Config { targets, fixed_now, own_posted_sql, webhooks, ..config };
        return App::open(Some(lake), store, data, config).await;
    }
    // A data folder alone, as `plumb quick` writes it.
    if *paths == ProjectPaths::new(&paths.project, None) {
        bail!(
            "there is no `plumb.toml` in `{}`; run in a project folder, name one by --project, or name a folder that `plumb \
             quick` wrote by --data",
            paths.project.display()
        );
    }
    let store = Store::open_existing(&data.join("plumb.db")).await?;
    check_at_start(&store, data, START_CHECK_WAIT).await?;
    App::open(None, store, data, config).await
}
