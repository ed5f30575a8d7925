//! `plumb alerts`: lists the alerts of all targets, and says what becomes of them.

use anyhow::{Result, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::Alert;

use super::alerts_text::alert_lines;
use super::arguments::{PathArgs, current_user, timestamp};
use super::output::Format;
use crate::lifecycle::alerts::{self, AlertChange, IdentifiedAlert, grouped};

/// How long an alert is muted unless it is said.
const MUTE_DAYS: i64 = 28;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// List resolved alerts and those of former champions, too.
    #[arg(long)]
    history: bool,
    #[command(subcommand)]
    change: Option<Change>,
}

#[derive(clap::Subcommand)]
enum Change {
    /// List the alerts that are open, acknowledged or muted.
    List,
    /// Acknowledge an alert: somebody knows.
    Ack {
        /// The id of the alert, or the beginning of it.
        id: String,
    },
    /// Mute an alert; it is told again if it is still there then.
    Mute {
        /// The id of the alert, or the beginning of it.
        id: String,
        /// Mute it until this day [default: four weeks from now].
        #[arg(long, value_name = "TIME", value_parser = timestamp)]
        until: Option<DateTime<Utc>>,
    },
    /// Open an alert that was acknowledged or muted.
    Open {
        /// The id of the alert, or the beginning of it.
        id: String,
    },
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let store = args.paths.paths().open_store().await?;
    let (id, change) = match args.change {
        None | Some(Change::List) => {
            let found = alerts::list(&store, args.history).await?;
            return format.print(&found, |found| list_text(found));
        }
        Some(Change::Ack { id }) => (id, AlertChange::Acknowledge),
        Some(Change::Open { id }) => (id, AlertChange::Open),
        Some(Change::Mute { id, until }) => {
            let until = until.unwrap_or_else(|| Utc::now() + TimeDelta::days(MUTE_DAYS));
            ensure!(until > Utc::now(), "--until {} is over: expected a day to come", until.format("%Y-%m-%d"));
            (id, AlertChange::MuteUntil(until))
        }
    };
    if args.history {
        bail!("--history is for the list: leave it out");
    }
    let changed = alerts::change(&store, &id, change, &current_user()).await?;
    format.print(&changed, |changed| format!("{} is {}\n", changed.id, changed.alert.state.word()))
}

fn list_text(found: &[IdentifiedAlert]) -> String {
    let alerts: Vec<Alert> = found.iter().map(|found| found.alert.clone()).collect();
    match alerts.is_empty() {
        true => "no alerts\n".to_owned(),
        false => grouped(&alerts).iter().map(|group| alert_lines(group)).collect(),
    }
}
