//! `plumb variants`: shows or changes which models serve a target beside its champion, or only in the shadow. A running
//! server notices a change at its next request.

use anyhow::Result;

use super::arguments::{PathArgs, current_user};
use super::output::Format;
use crate::lifecycle::variants::{self, VariantShare};
use crate::store::Variant;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Show or change the variants of this target.
    #[arg(long, value_name = "NAME")]
    target: String,
    #[command(subcommand)]
    change: Option<Change>,
}

#[derive(clap::Subcommand)]
enum Change {
    /// Add a variant, or change the one of that name.
    Set {
        /// Letters, digits, and hyphens between them. `AllTraffic` is the champion's.
        name: String,
        /// Serve the model with this id [default: the champion, whichever model that is].
        #[arg(long, value_name = "ID")]
        model: Option<String>,
        /// Give it this share of the sum of all weights; the champion's own weight is 1 unless it is set.
        #[arg(long, default_value_t = 1.0)]
        weight: f64,
        /// Score each request with it without using the score in a response.
        #[arg(long)]
        shadow: bool,
    },
    /// Remove a variant.
    Remove {
        /// Its name.
        name: String,
    },
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let (paths, target) = (args.paths.paths(), args.target);
    let store = paths.open_store().await?;
    let variants = match args.change {
        None => variants::list(&store, &target).await?,
        Some(Change::Set { name, model, weight, shadow }) => {
            let variant = Variant { name, model_id: model, weight, shadow };
            variants::set(&store, &paths.data, &target, &variant, &current_user()).await?
        }
        Some(Change::Remove { name }) => variants::remove(&store, &paths.data, &target, &name, &current_user()).await?,
    };
    format.print(&variants, |variants| variants.iter().map(line).collect())
}

fn line(variant: &VariantShare) -> String {
    let model = variant.model_id.as_deref().unwrap_or("the champion");
    match variant.share {
        None => format!("{}: {model}, in the shadow\n", variant.name),
        Some(share) => format!("{}: {model}, {:.1} % of the requests\n", variant.name, 100.0 * share),
    }
}
