//! `plumb promote`: makes a model the champion of its target.

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::arguments::{PathArgs, current_user};
use super::model_text::leak_lines;
use super::output::{Format, note};
use super::push::afterwards;
use super::retrain_text::effect_text;
use crate::lifecycle::promote::{Promotion, promote};
use crate::lifecycle::retrain::{PromotionEffect, note_effect};
use crate::lifecycle::workspace::Workspace;
use crate::project::Project;

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
    // A data folder with imported models alone needs no project.
    let now = if Project::is_at(&paths.project) { Project::open(&paths.project)?.now(None) } else { Utc::now() };
    let promotion = promote(&store, &paths.data, &args.target, args.model, now, &current_user(), &args.why).await?;
    let effect = match &promotion.retired {
        Some(retired) if Project::is_at(&paths.project) => effect(&args.paths, &promotion, retired, now).await,
        _ => None,
    };
    format.print(&PromotionWithEffect { promotion, effect }, text)?;
    afterwards(&paths).await;
    Ok(())
}

/// A promotion, and what it did to the scores of open leads.
#[derive(Serialize)]
struct PromotionWithEffect {
    #[serde(flatten)]
    promotion: Promotion,
    effect: Option<PromotionEffect>,
}

/// Compares the scores of open leads before and after. The promotion is done: if that cannot be, it is said and no error.
async fn effect(paths: &PathArgs, promotion: &Promotion, retired: &str, now: DateTime<Utc>) -> Option<PromotionEffect> {
    let noted = async {
        let workspace: Workspace = paths.open().await?;
        note_effect(&workspace, &promotion.target, (retired, &promotion.model_id), now).await
    };
    let noted: Result<PromotionEffect> = noted.await;
    noted.map_err(|error| note(&format!("the scores before and after are not compared: {error:#}\n"))).ok()
}

fn text(outcome: &PromotionWithEffect) -> String {
    let PromotionWithEffect { promotion: Promotion { target, model_id, leaks, .. }, effect } = outcome;
    let mut text = format!("`{model_id}` is the champion: it scores `{target}` from now on\n");
    if !leaks.is_empty() {
        text.push_str("warning: it sees suspected leaks, which the registry's history notes\n");
        text.push_str(&leak_lines(leaks));
    }
    effect.iter().for_each(|effect| text.push_str(&effect_text(effect)));
    text
}
