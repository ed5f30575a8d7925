//! `plumb pull`: makes a new data folder of what the project's bucket holds.

use anyhow::Result;
use plumb_mirror::Pulled;

use super::arguments::PathArgs;
use super::output::Format;
use super::progress::ProgressLine;
use crate::lifecycle::mirror::pull;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    /// Say what would be fetched, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let line = ProgressLine::bar("KB")?;
    let pulled = pull(&args.paths.paths(), args.dry_run, &|progress| line.show(progress)).await?;
    drop(line);
    let is_dry_run = args.dry_run;
    format.print(&pulled, |pulled| text(pulled, is_dry_run))
}

fn text(pulled: &Pulled, is_dry_run: bool) -> String {
    let Pulled { url, version, unchanged, files, files_fetched, bytes_fetched, .. } = pulled;
    if *unchanged {
        return format!("nothing is new: the data folder is {version} of `{url}`\n");
    }
    let verb = if is_dry_run { "would pull" } else { "pulled" };
    format!("{verb} {files_fetched} of {files} files, {bytes_fetched} bytes: {version} of `{url}`\n")
}
