//! `plumb serve`: the JSON API and the pages.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, bail, ensure};
use plumb_lake::Lake;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::Place;
use crate::http::{self, App};
use crate::project::Project;
use crate::store::Store;

/// Where pages are looked for unless told otherwise.
pub(crate) const PORT: u16 = 8080;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The address to listen on. Only those of this machine itself: there are no users and no keys yet.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// The port; 0 is any that is free.
    #[arg(long, default_value_t = PORT)]
    port: u16,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    ensure!(
        args.host.is_loopback(),
        "`{}` can be reached from other machines, and nobody would have to sign in: expected a loopback address such as \
         127.0.0.1; put a proxy that asks for a password before it",
        args.host
    );
    let listener = listen(SocketAddr::new(args.host, args.port)).await?;
    serve(&args.place, listener).await
}

/// Listens, or says why not.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; if something else does, choose another by --port"))
}

/// Answers requests until the program is told to stop.
pub(crate) async fn serve(place: &Place, listener: TcpListener) -> Result<()> {
    let app = open(place).await?;
    let address = listener.local_addr().context("the server has no address")?;
    println!("serving on http://{address} (stop with Ctrl-C)");
    http::serve(app, listener, stopped()).await
}

async fn open(place: &Place) -> Result<App> {
    let data = place.data();
    if Project::is_at(&place.project) {
        let project = Project::open(&place.project)?;
        let lake = Lake::open(&data).await?;
        let store = place.store().await?;
        return App::open(Some(lake), store, &data, project.targets(), project.fixed_now()).await;
    }
    // A data folder alone, as `plumb quick` writes it.
    if place.data.is_none() {
        bail!(
            "there is no `plumb.toml` in `{}`; run in a project folder, name one by --project, or name a folder that `plumb \
             quick` wrote by --data",
            place.project.display()
        );
    }
    App::open(None, Store::open_existing(&data.join("plumb.db")).await?, &data, Vec::new(), None).await
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
