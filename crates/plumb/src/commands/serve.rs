//! `plumb serve`: the JSON API and the pages.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use plumb_lake::Lake;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::Place;
use crate::commands::output::Format;
use crate::http::{self, Access, App, Config, LOAD, Load, PATIENCE, Style};
use crate::project::Project;
use crate::store::Store;

/// Where pages are looked for unless told otherwise.
pub(crate) const PORT: u16 = 8080;

/// Access keys, `ID:SECRET`, separated by commas.
const KEYS_VARIABLE: &str = "PLUMB_ACCESS_KEYS";

/// The token that lets people and programs in that do not sign.
const TOKEN_VARIABLE: &str = "PLUMB_TOKEN";

/// What SageMaker's XGBoost container is told by: what its answers say, and in which form.
const OUTPUT_VARIABLE: &str = "SAGEMAKER_INFERENCE_OUTPUT";
const ACCEPT_VARIABLE: &str = "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT";

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The address to listen on. One that other machines can reach needs keys or a token: callers then have to sign their
    /// requests, or bear the token.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// The port; 0 is any that is free.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// A file of access keys, `ID:SECRET` a line, besides those in the environment variable PLUMB_ACCESS_KEYS. It is read
    /// again when it changes.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Ask callers on this machine for a signature or the token too.
    #[arg(long)]
    require_auth: bool,
    /// How many requests are scored at a time.
    #[arg(long, value_name = "REQUESTS", default_value_t = LOAD.working)]
    working: usize,
    /// How many more may wait for their turn; past that the answer is 503, at once.
    #[arg(long, value_name = "REQUESTS", default_value_t = LOAD.waiting)]
    waiting: usize,
    /// A request that is not answered within so many seconds is told so.
    #[arg(long, value_name = "SECONDS", default_value_t = LOAD.deadline.as_secs())]
    deadline: u64,
    /// Keep what is sent and answered in the data folder's `capture`, in SageMaker's data capture format.
    #[arg(long)]
    capture: bool,
    /// What invocations say of each row instead of its score alone, by the names of SageMaker's XGBoost container:
    /// `predicted_label,probabilities`, say. Its own variable SAGEMAKER_INFERENCE_OUTPUT is read as well.
    #[arg(long, value_name = "NAMES")]
    inference_output: Option<String>,
    /// The media type of invocations' answers where callers do not mind, instead of the request's own. The container's
    /// variable SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT is read as well.
    #[arg(long, value_name = "TYPE")]
    default_accept: Option<String>,
    /// Write the scores of a CSV answer on one line, with commas between, as that container does, instead of one a line.
    #[arg(long)]
    csv_in_one_line: bool,
}

/// What was asked of a server, beside where its data is.
pub(crate) struct Service {
    /// Who may ask.
    pub(crate) access: Access,
    /// How much is taken on.
    pub(crate) load: Load,
    /// Whether what is sent and answered is kept.
    pub(crate) capture: bool,
    /// How invocations are answered that do not say it themselves.
    pub(crate) style: Style,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let load = Load { working: args.working, waiting: args.waiting, deadline: Duration::from_secs(args.deadline) };
    ensure!(load.working > 0 && args.deadline > 0, "--working and --deadline have to be over 0");
    let (access, style) = (access(&args)?, style(&args)?);
    let listener = listen(SocketAddr::new(args.host, args.port)).await?;
    serve(&args.place, listener, Service { access, load, capture: args.capture, style }).await
}

/// Returns who may ask; an address that others can reach is refused as long as nobody could be.
fn access(args: &Args) -> Result<Access> {
    let variable = |name: &str| std::env::var(name).ok();
    let open = args.host.is_loopback() && !args.require_auth;
    let (keys, token) = (variable(KEYS_VARIABLE), variable(TOKEN_VARIABLE));
    let access = Access::of(keys.as_deref(), args.keys.as_deref(), token.as_deref(), open)?;
    ensure!(
        open || access.can_refuse(),
        "callers of `{}` have to prove who they are, and there is nothing to prove it by: set {KEYS_VARIABLE} to \
         `ID:SECRET`, name a file of them by --keys, or set {TOKEN_VARIABLE}",
        args.host
    );
    Ok(access)
}

/// Returns how invocations are answered that do not say it themselves.
fn style(args: &Args) -> Result<Style> {
    let said = |option: &Option<String>, name: &str| option.clone().or_else(|| std::env::var(name).ok());
    let output = said(&args.inference_output, OUTPUT_VARIABLE);
    let accept = said(&args.default_accept, ACCEPT_VARIABLE);
    Style::read(output.as_deref(), accept.as_deref(), args.csv_in_one_line).with_context(|| {
        format!("--inference-output, --default-accept, {OUTPUT_VARIABLE} or {ACCEPT_VARIABLE} is wrong")
    })
}

/// Listens, or says why not.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; if something else does, choose another by --port"))
}

/// Answers requests until the program is told to stop.
pub(crate) async fn serve(place: &Place, listener: TcpListener, service: Service) -> Result<()> {
    let app = open(place, service).await?;
    let address = listener.local_addr().context("the server has no address")?;
    println!("serving on http://{address} (stop with Ctrl-C)");
    http::serve(app, listener, stopped()).await
}

async fn open(place: &Place, service: Service) -> Result<App> {
    let Service { access, load, capture, style } = service;
    let data = place.data();
    if Project::is_at(&place.project) {
        let project = Project::open(&place.project)?;
        let lake = Lake::open(&data).await?;
        let store = place.store().await?;
        let (targets, now) = (project.targets(), project.fixed_now());
        let config = Config { targets, now, access, load, patience: PATIENCE, capture, style };
        return App::open(Some(lake), store, &data, config).await;
    }
    // A data folder alone, as `plumb quick` writes it.
    if place.data.is_none() {
        bail!(
            "there is no `plumb.toml` in `{}`; run in a project folder, name one by --project, or name a folder that `plumb \
             quick` wrote by --data",
            place.project.display()
        );
    }
    let config = Config { targets: Vec::new(), now: None, access, load, patience: PATIENCE, capture, style };
    App::open(None, Store::open_existing(&data.join("plumb.db")).await?, &data, config).await
}

/// Waits for Ctrl-C, or for the signal by which systems stop a service.
pub(crate) async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        // Without the one there is still the other.
        Err(_) => drop(interrupted.await),
    }
}
