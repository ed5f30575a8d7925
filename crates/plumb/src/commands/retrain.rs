//! `plumb retrain`: a challenger from what is known now, held against the champion on the same newest rows.
//!
//! It is promoted by `plumb promote`, or here if the project's `[retrain]` says so and it is clearly better.

use anyhow::{Context, Result};
use plumb_lead::Metrics;

use super::{Asked, Effort, Workplace, load, somebody, train};
use crate::commands::output::Format;
use crate::project::Promote;
use crate::registry;
use crate::training::{self, Assignment, Comparison, Ladder, Verdict};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    effort: Effort,
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let workplace = Workplace::open(&args.asked.place).await?;
    let as_of = workplace.project.now(args.asked.as_of);
    for target in workplace.project.targets_meant(&args.asked.target)? {
        let assignment = Assignment { target, as_of, seed: args.effort.seed, search: args.effort.search()? };
        print!("{}", retrain(&workplace, assignment, &somebody(), &|_| Ok(String::new())).await?);
    }
    Ok(())
}

/// Retrains one target and returns what came of it, as lines. `remark` may add to them and to the models' cards.
pub(crate) async fn retrain(
    workplace: &Workplace,
    assignment: Assignment,
    by: &str,
    remark: &dyn Fn(&mut Ladder) -> Result<String>,
) -> Result<String> {
    let Workplace { project, lake, store, data } = workplace;
    let target = assignment.target.clone();
    let champion = registry::champion(store, &target)
        .await?
        .with_context(|| format!("target `{target}` has no champion to challenge: run `plumb train` first"))?;
    let (gathered, mut ladder) = train::climb(workplace, assignment).await?;
    let mut told = train::told(&gathered, &ladder);
    told.push_str(&remark(&mut ladder)?);
    let scorer = load(data, &champion.model_id).await?;
    let verdict = training::compare(lake, &ladder.tested, ladder.best(), &scorer, &champion).await?;
    told.push_str(&told_of(&verdict, &ladder, &champion.model_id));
    told.push_str(&train::keep(workplace, &ladder, by).await?);
    told.push('\n');
    let challenger = &ladder.best().card.model_id;
    if let (Verdict::Compared(comparison), Promote::IfBetter) = (&verdict, project.promote())
        && comparison.is_better()
        && *challenger != champion.model_id
    {
        let why = format!(
            "log loss {:.4} against {:.4} on the same {} rows, lower by {:.1} standard errors",
            comparison.challenger.log_loss.value,
            comparison.champion.log_loss.value,
            comparison.champion.rows,
            comparison.errors_lower
        );
        registry::promote(store, &target, challenger, "retrain, by the project's rule", &why).await?;
        told.push_str(&format!("  `{challenger}` is the champion now: {why}\n"));
    }
    Ok(told)
}

fn told_of(verdict: &Verdict, ladder: &Ladder, champion_id: &str) -> String {
    match verdict {
        Verdict::TooEarly { rows } => format!(
            "  not compared with the champion: {rows} of the rows to test on came after it was trained, which are too few; \
             compare again when more outcomes are known\n"
        ),
        Verdict::Compared(comparison) => {
            let Comparison { champion, challenger, errors_lower } = comparison.as_ref();
            let kind = ladder.best().card.kind.word();
            format!(
                "  on the {} rows that neither knew:\n{}{}  the challenger's log loss is lower by {errors_lower:.1} standard \
                 errors\n",
                champion.rows,
                line(&format!("champion `{champion_id}`"), champion),
                line(&format!("challenger ({kind}, as measured)"), challenger),
            )
        }
    }
}

fn line(name: &str, all: &Metrics) -> String {
    format!(
        "    {name:<34} AUC {:.3}, F{} {:.3}, precision {:.3}, log loss {:.4}, calibration error {:.3}\n",
        all.auc.value, all.beta, all.f_beta.value, all.precision.value, all.log_loss.value, all.calibration_error.value
    )
}
