//! `plumb rollback`: makes the previous champion the champion again.

use anyhow::Result;

use super::arguments::{PathArgs, current_user};
use super::output::Format;
use super::push::afterwards;
use crate::lifecycle::rollback::{Rollback, rollback};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Roll back the champion of this target.
    #[arg(long, value_name = "NAME")]
    target: String,
    /// Record this reason in the registry's history.
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    why: String,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let paths = args.paths.paths();
    let store = paths.open_store().await?;
    format.print(&rollback(&store, &paths.data, &args.target, &current_user(), &args.why).await?, text)?;
    afterwards(&paths).await;
    Ok(())
}

fn text(rollback: &Rollback) -> String {
    let Rollback { target, model_id, kind } = rollback;
    format!("{} `{model_id}` is the champion again: it scores `{target}`\n", kind.word())
}
