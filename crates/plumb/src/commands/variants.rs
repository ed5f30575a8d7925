//! `plumb variants`: who answers for a target beside its champion, and who is asked in the shadow. A running server notices
//! a change at its next request.

use anyhow::{Result, ensure};

use super::{Place, somebody};
use crate::commands::output::Format;
use crate::registry;
use crate::store::Variant;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The target.
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
        /// The model's id; the champion, whoever that is, unless told otherwise.
        #[arg(long, value_name = "ID")]
        model: Option<String>,
        /// Its share of the requests is this of the sum of all weights; the champion's own is 1 unless it is set.
        #[arg(long, default_value_t = 1.0)]
        weight: f64,
        /// Ask it for each request, and tell its answer to nobody.
        #[arg(long)]
        shadow: bool,
    },
    /// Take a variant away.
    Remove {
        /// Its name.
        name: String,
    },
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let store = args.place.store().await?;
    let target = args.target;
    match args.change {
        None => {}
        Some(Change::Set { name, model, weight, shadow }) => {
            if let Some(model_id) = &model {
                // A model that cannot be read must not answer.
                super::load(&args.place.data(), model_id).await?;
            }
            let variant = Variant { name, model_id: model, weight, shadow };
            registry::set_variant(&store, &target, &variant, &somebody()).await?;
        }
        Some(Change::Remove { name }) => {
            let was_there = registry::remove_variant(&store, &target, &name, &somebody()).await?;
            ensure!(was_there, "target `{target}` has no variant `{name}`");
        }
    }
    let variants = registry::variants(&store, &target).await?;
    let total: f64 = variants.iter().filter(|variant| !variant.shadow).map(|variant| variant.weight).sum();
    for variant in variants {
        let model = variant.model_id.as_deref().unwrap_or("the champion");
        match variant.shadow {
            true => println!("{}: {model}, in the shadow", variant.name),
            false => println!("{}: {model}, {:.1} % of the requests", variant.name, 100.0 * variant.weight / total),
        }
    }
    Ok(())
}
