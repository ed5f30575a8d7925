//! `plumb rollback`: makes the champion before the champion again.

use anyhow::Result;

use super::{Place, somebody};
use crate::commands::output::Format;
use crate::registry;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The target.
    #[arg(long, value_name = "NAME")]
    target: String,
    /// Why, for the registry's history.
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    why: String,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let store = args.place.store().await?;
    let card = registry::rollback(&store, &args.target, &somebody(), &args.why).await?;
    println!("{} `{}` is the champion again: it answers for `{}`", card.kind.word(), card.model_id, args.target);
    Ok(())
}
