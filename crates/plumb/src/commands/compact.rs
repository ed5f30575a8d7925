//! `plumb compact`: gives back what the data folder no longer needs of the disk.

use anyhow::Result;
use plumb_schedule::Job;
use serde_json::json;

use super::arguments::{PathArgs, current_user};
use super::output::Format;
use crate::lifecycle::compact::compact;
use crate::runs::RunByHand;
use crate::store::Compacted;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let paths = args.paths.paths();
    let run = RunByHand::begin(&paths, Job::Compact, &current_user()).await?;
    let compacted = compact(&paths).await;
    let compacted = run.end(compacted, |compacted| json!(compacted)).await?;
    format.print(&compacted, text)
}

fn text(compacted: &Compacted) -> String {
    let Compacted { bytes_before, bytes_after, is_rewritten } = compacted;
    match is_rewritten {
        true => format!("plumb.db has {bytes_after} bytes now, and had {bytes_before}\n"),
        false => format!("plumb.db has {bytes_after} bytes: too little of it is free to write it anew\n"),
    }
}
