//! `plumb verify`: whether logged predictions rest on what the features say.

use anyhow::{Result, bail};

use super::{Place, Workplace, spinner};
use crate::commands::output::Format;
use crate::verifying::{self, Verified};

/// Mismatches named on the terminal.
const MISMATCHES_SHOWN: usize = 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The target; all of them unless told otherwise. May be repeated.
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// How many predictions of each target are checked, those that were made last.
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    predictions: usize,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let workplace = Workplace::open(&args.place).await?;
    let mut differing = Vec::new();
    for target in workplace.project.targets_meant(&args.target)? {
        let bar = spinner();
        bar.set_message(format!("{target}: computing the features of predictions again"));
        let verified = verifying::verify(workplace.ground(), &target, args.predictions).await?;
        bar.finish_and_clear();
        print!("{}", told(&target, &verified));
        if !verified.mismatches.is_empty() {
            differing.push(target);
        }
    }
    match differing.as_slice() {
        [] => Ok(()),
        targets => bail!("predictions of `{}` rest on other features than the ground gives", targets.join("`, `")),
    }
}

/// Returns what was found, as lines.
pub(crate) fn told(target: &str, verified: &Verified) -> String {
    let Verified { checked, brought, not_rebuilt, mismatches } = verified;
    let mut text = format!("{target}: {checked} predictions checked, {} inputs differ", mismatches.len());
    if *brought > 0 {
        text.push_str(&format!("; {brought} are on rows that callers brought along"));
    }
    if *not_rebuilt > 0 {
        text.push_str(&format!("; {not_rebuilt} are from before sources/*.sql or the program changed"));
    }
    text.push('\n');
    for mismatch in mismatches.iter().take(MISMATCHES_SHOWN) {
        text.push_str(&format!(
            "  lead `{}` at {}: `{}` was {} in prediction {}, and is {}\n",
            mismatch.lead_id,
            mismatch.as_of.to_rfc3339(),
            mismatch.feature,
            mismatch.logged,
            mismatch.prediction_id,
            mismatch.rebuilt,
        ));
    }
    if let Some(more @ 1..) = mismatches.len().checked_sub(MISMATCHES_SHOWN) {
        text.push_str(&format!("  and {more} more\n"));
    }
    text
}
