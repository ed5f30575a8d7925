//! `plumb retrain`: trains a challenger from what is known now, and compares it with the champion on the same newest rows.

use anyhow::Result;
use plumb_lead::Metrics;
use plumb_schedule::Job;

use super::arguments::{EffortArgs, TargetArgs, WaitArgs, current_user};
use super::model_text::nomination_line;
use super::output::Format;
use super::push::afterwards;
use super::train::candidates_text;
use super::training_progress::TrainingProgress;
use crate::lifecycle::locks;
use crate::lifecycle::progress::Progress;
use crate::lifecycle::retrain::{self, RetrainingOutcome};
use crate::runs::RunByHand;
use crate::schedule::summary::{self, of_targets};
use crate::training::{Comparison, ComparisonVerdict, LeftOut, TrainingSpec};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    effort: EffortArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let workspace = args.targets.paths.open().await?;
    let as_of = workspace.as_of(args.targets.as_of)?;
    let search = args.effort.search()?;
    let run = RunByHand::begin(&args.targets.paths.paths(), Job::Retrain, &current_user()).await?;
    let log = run.log();
    let retrained = async {
        let mut outcomes = format.outcomes(text);
        for target in workspace.project.targets_meant(&args.targets.target)? {
            let waiting = |progress: Progress<'_>| log.progress(progress);
            let _lock = locks::job(&workspace.data, Job::Retrain, &target, args.wait.if_locked(), &waiting)?;
            let spec = TrainingSpec {
                target,
                as_of,
                seed: args.effort.seed,
                search,
                out_of_core: None,
                left_out: LeftOut::Suspects,
            };
            let progress = TrainingProgress::show();
            let outcome = retrain::retrain(&workspace, spec, &current_user(), &progress.callback()).await?;
            drop(progress);
            outcomes.add(outcome)?;
        }
        outcomes.finish()
    };
    let summary =
        |all: &Vec<RetrainingOutcome>| of_targets(all, |outcome| &outcome.training.target, summary::retrained);
    run.end(retrained.await, summary).await?;
    afterwards(&args.targets.paths.paths()).await;
    Ok(())
}

/// Returns the outcome of a retraining as lines.
pub(crate) fn text(outcome: &RetrainingOutcome) -> String {
    candidates_text(&outcome.training) + &comparison_text(outcome)
}

/// Returns the challenger against the champion, and what it was nominated for, as lines.
pub(crate) fn comparison_text(outcome: &RetrainingOutcome) -> String {
    let RetrainingOutcome { training, champion, comparison, champion_leaks, promoted } = outcome;
    let best = training.best();
    let mut text = match comparison {
        ComparisonVerdict::TooEarly { rows } => format!(
            "  not compared with the champion: {rows} of the rows to test on came after it was trained, which are too few; \
             compare again when more outcomes are known\n"
        ),
        ComparisonVerdict::Compared(comparison) => {
            let Comparison { champion: champion_metrics, challenger, standard_errors_lower } = comparison.as_ref();
            format!(
                "  on the {} rows that neither knew:\n{}{}  the challenger's log loss is lower by \
                 {standard_errors_lower:.1} standard errors\n",
                champion_metrics.rows,
                line(&format!("champion `{champion}`"), champion_metrics),
                line(&format!("challenger ({}, as measured)", best.kind.word()), challenger),
            )
        }
    };
    if !champion_leaks.is_empty() {
        text.push_str(&format!(
            "  the champion sees `{}`, suspected leaks: its figures are too good to compare with\n",
            champion_leaks.join("`, `")
        ));
    }
    text.push_str(&nomination_line(&training.nomination));
    if let Some(why) = promoted {
        text.push_str(&format!("  `{}` is the champion now: {why}\n", best.model_id));
    }
    text
}

fn line(name: &str, all: &Metrics) -> String {
    format!(
        "    {name:<34} AUC {:.3}, F{} {:.3}, precision {:.3}, log loss {:.4}, calibration error {:.3}\n",
        all.auc.value, all.beta, all.f_beta.value, all.precision.value, all.log_loss.value, all.calibration_error.value
    )
}
