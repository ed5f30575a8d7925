//! `plumb retrain`: trains challengers from what is known now, and compares the best with the champion on the same newest
//! rows.

use anyhow::{Result, bail};
use plumb_lead::{Metrics, Recency};
use plumb_schedule::Job;

use super::arguments::{EffortArgs, TargetArgs, WaitArgs, current_user};
use super::model_text::nomination_line;
use super::output::Format;
use super::push::afterwards;
use super::retrain_text::{decision_line, effect_text, settle_and_say};
use super::train::candidates_text;
use super::training_progress::TrainingProgress;
use crate::lifecycle::locks;
use crate::lifecycle::progress::Progress;
use crate::lifecycle::retrain::{NotRetrained, Retraining, RetrainingOutcome, retrain, retrain_anyway};
use crate::lifecycle::workspace::Workspace;
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
    /// Train even if no outcome is new or something is missing, as after a change of features.
    #[arg(long)]
    anyway: bool,
    /// Train nothing, and let challengers be promoted by themselves again after one was rolled back by itself.
    #[arg(long, conflicts_with = "anyway")]
    resume: bool,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let workspace = args.targets.paths.open().await?;
    let as_of = workspace.as_of(args.targets.as_of)?;
    let targets = workspace.project.targets_meant(&args.targets.target)?;
    if args.resume {
        return resume(&workspace, &targets, format).await;
    }
    let (search, by) = (args.effort.search()?, current_user());
    let run = RunByHand::begin(&args.targets.paths.paths(), Job::Retrain, &by).await?;
    let log = run.log();
    let retrained = async {
        let mut outcomes = format.outcomes(text);
        for target in targets {
            let waiting = |progress: Progress<'_>| log.progress(progress);
            let _lock = locks::job(&workspace.data, Job::Retrain, &target, args.wait.if_locked(), &waiting)?;
            settle_and_say(&workspace, &target, as_of).await?;
            let (seed, left_out, recency) = (args.effort.seed, LeftOut::Suspects, Recency::default());
            let spec = TrainingSpec { target, as_of, seed, search, out_of_core: None, left_out, recency };
            let progress = TrainingProgress::show();
            let outcome = match args.anyway {
                true => retrain_anyway(&workspace, spec, &by, &progress.callback()).await?,
                false => retrain(&workspace, spec, &by, &progress.callback()).await?,
            };
            drop(progress);
            outcomes.add(outcome)?;
        }
        let outcomes = outcomes.finish()?;
        let refused: Vec<&str> = outcomes.iter().filter_map(refused_target).collect();
        if refused.is_empty() { Ok(outcomes) } else { bail!("not retrained: `{}`", refused.join("`, `")) }
    };
    let summary = |all: &Vec<RetrainingOutcome>| of_targets(all, RetrainingOutcome::target, summary::retrained);
    run.end(retrained.await, summary).await?;
    afterwards(&args.targets.paths.paths()).await;
    Ok(())
}

/// Lets challengers be promoted by themselves again.
async fn resume(workspace: &Workspace, targets: &[String], format: Format) -> Result<()> {
    for target in targets {
        workspace.store.resume_promotions(target).await?;
    }
    format.print(&targets, |targets| {
        let line = |target: &String| format!("{target}: challengers are promoted as `[retrain] promote` says\n");
        targets.iter().map(line).collect()
    })
}

/// Returns the target of an outcome that somebody has to look at.
fn refused_target(outcome: &RetrainingOutcome) -> Option<&str> {
    match outcome {
        RetrainingOutcome::NotTrained(not) if not.reason.is_refusal() => Some(&not.target),
        _ => None,
    }
}

/// Returns the outcome of a retraining as lines.
pub(crate) fn text(outcome: &RetrainingOutcome) -> String {
    match outcome {
        RetrainingOutcome::Trained(retraining) => candidates_text(&retraining.training) + &comparison_text(retraining),
        RetrainingOutcome::NotTrained(NotRetrained { target, as_of, why, .. }) => {
            format!(
                "{target} as of {}: not retrained: {why}; `--anyway` trains all the same\n",
                as_of.format("%Y-%m-%d")
            )
        }
    }
}

/// Returns the challenger against the champion, what it was nominated for and what became of it, as lines.
pub(crate) fn comparison_text(retraining: &Retraining) -> String {
    let Retraining { training, champion, comparison, test, champion_leaks, decision, effect } = retraining;
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
    text.push_str(&decision_line(&best.model_id, test.as_ref(), decision));
    effect.iter().for_each(|effect| text.push_str(&effect_text(effect)));
    text
}

fn line(name: &str, all: &Metrics) -> String {
    format!(
        "    {name:<34} AUC {:.3}, F{} {:.3}, precision {:.3}, log loss {:.4}, calibration error {:.3}\n",
        all.auc.value, all.beta, all.f_beta.value, all.precision.value, all.log_loss.value, all.calibration_error.value
    )
}
