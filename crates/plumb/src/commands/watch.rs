//! `plumb watch`: reports each week since the champion was trained, and tells what moved, once.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::Alert;

use super::{Asked, Workplace, bar, load};
use crate::commands::output::Format;
use crate::registry;
use crate::watching::{self, Watched};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let workplace = Workplace::open(&args.asked.place).await?;
    let now = workplace.project.now(args.asked.as_of);
    for target in workplace.project.targets_meant(&args.asked.target)? {
        let alerts = watch(&workplace, &target, now).await?;
        print!("{}", told(&target, &alerts));
    }
    Ok(())
}

/// Watches the champion of a target until a moment and returns the alerts that are new.
pub(crate) async fn watch(workplace: &Workplace, target: &str, now: DateTime<Utc>) -> Result<Vec<Alert>> {
    let Workplace { project, data, lake, store } = workplace;
    let card = registry::champion(store, target)
        .await?
        .with_context(|| format!("target `{target}` has no champion to watch: run `plumb train` first"))?;
    let scorer = load(data, &card.model_id).await?;
    let watched = Watched { lake, scorer: &scorer, card: &card, label_spec: project.label_spec(target)? };
    let bar = bar(0, &format!("{target}: weeks"))?;
    let progress = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let alerts = watching::watch(&watched, store, now, &progress).await;
    bar.finish_and_clear();
    alerts.with_context(|| format!("cannot watch `{target}`"))
}

/// Returns the new alerts as lines.
pub(crate) fn told(target: &str, alerts: &[Alert]) -> String {
    if alerts.is_empty() {
        return format!("{target}: nothing new to tell; the weeks are on the watch page\n");
    }
    let line = |alert: &Alert| {
        let what = if alert.column == alert.target { "outcomes".to_owned() } else { format!("`{}`", alert.column) };
        format!("{target}, since the week of {}: {what}: {}\n", alert.since.format("%Y-%m-%d"), alert.text)
    };
    alerts.iter().map(line).collect()
}
