//! `plumb promote`: makes a model the one that answers for its target.

use anyhow::{Context, Result};

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
    /// The model's id; the target's challenger unless told otherwise.
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// Why, for the registry's history.
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    why: String,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let store = args.place.store().await?;
    let model_id = match args.model {
        Some(model_id) => model_id,
        None => {
            let challenger = registry::challenger(&store, &args.target).await?;
            challenger
                .with_context(|| {
                    format!(
                        "target `{}` has no challenger: name a model by --model, or run `plumb retrain`",
                        args.target
                    )
                })?
                .model_id
        }
    };
    // A model that cannot be read must not be promoted.
    super::load(&args.place.data(), &model_id).await?;
    registry::promote(&store, &args.target, &model_id, &somebody(), &args.why).await?;
    println!("`{model_id}` is the champion: it answers for `{}` from now on", args.target);
    Ok(())
}
