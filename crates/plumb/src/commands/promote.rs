//! `plumb promote`: makes a model the champion of its target.

use anyhow::Result;

use super::arguments::{PathArgs, current_user};
use super::model_text::leak_lines;
use super::output::Format;
use super::push::afterwards;
use crate::lifecycle::promote::{Promotion, promote};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Promote a model of this target.
    #[arg(long, value_name = "NAME")]
    target: String,
    /// Promote the model with this id [default: the target's challenger].
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// Record this reason in the registry's history.
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    why: String,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let paths = args.paths.paths();
    let store = paths.open_store().await?;
    let promotion = promote(&store, &paths.data, &args.target, args.model, &current_user(), &args.why).await?;
    format.print(&promotion, text)?;
    afterwards(&paths).await;
    Ok(())
}

fn text(promotion: &Promotion) -> String {
    let Promotion { target, model_id, leaks } = promotion;
    let mut text = format!("`{model_id}` is the champion: it scores `{target}` from now on\n");
    if !leaks.is_empty() {
        text.push_str("warning: it sees suspected leaks, which the registry's history notes\n");
        text.push_str(&leak_lines(leaks));
    }
    text
}
