//! `plumb train`: the ladder of models of each target, as of a moment.

use std::fmt::Write;
use std::net::SocketAddr;
use std::num::NonZeroUsize;

use anyhow::{Context, Result};
use plumb_lead::{Interval, Metric, ModelCard, Profit};

use super::{Asked, Effort, Workplace, check_bind, somebody, spinner};
use crate::commands::output::Format;
use crate::registry;
use crate::training::{self, Assignment, Gathered, Ladder, Large};
use crate::workers::Crew;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    effort: Effort,
    #[command(flatten)]
    large: LargeArgs,
}

/// How more rows than memory holds are learned from.
#[derive(clap::Args)]
struct LargeArgs {
    /// Grow the trees on all rows by so many processes, each with rows of its own that stay on the disk; all else is
    /// chosen and measured on samples.
    #[arg(long, value_name = "COUNT")]
    workers: Option<NonZeroUsize>,
    /// The most rows of a sample.
    #[arg(long, value_name = "ROWS", default_value = "200000", requires = "workers")]
    sample_rows: NonZeroUsize,
    /// Keep on the disk too what workers make of the rows, where even that is too much for memory.
    #[arg(long, requires = "workers")]
    on_disk: bool,
    /// Start no processes, but wait for ones that meet at this address, on the first free of the sixteen ports from this
    /// one on: `plumb cluster worker`, on machines that see the data folder. What to run is printed. Another address than
    /// this machine's own needs a token in PLUMB_CLUSTER_TOKEN, the same everywhere.
    #[arg(long, value_name = "ADDRESS:PORT", requires = "workers")]
    meet_at: Option<SocketAddr>,
}

impl LargeArgs {
    fn large(&self) -> Result<Option<Large>> {
        let crew = match self.meet_at {
            None => Crew::Here,
            Some(address) => {
                check_bind("--meet-at", address.ip())?;
                Crew::Elsewhere(address)
            }
        };
        Ok(self.workers.map(|workers| Large {
            workers: workers.get(),
            sample_rows: self.sample_rows.get(),
            on_disk: self.on_disk,
            crew,
        }))
    }
}

pub(crate) async fn run(args: Args, _format: Format) -> Result<()> {
    let workplace = Workplace::open(&args.asked.place).await?;
    let as_of = workplace.project.now(args.asked.as_of);
    let large = args.large.large()?;
    for target in workplace.project.targets_meant(&args.asked.target)? {
        let assignment =
            Assignment { target: target.clone(), as_of, seed: args.effort.seed, search: args.effort.search()? };
        let (gathered, ladder) = climb_large(&workplace, assignment, large).await?;
        print!("{}", told(&gathered, &ladder));
        println!("{}", keep(&workplace, &ladder, &somebody()).await?);
    }
    Ok(())
}

/// Trains the ladder of one target.
pub(crate) async fn climb(workplace: &Workplace, assignment: Assignment) -> Result<(Gathered, Ladder)> {
    climb_large(workplace, assignment, None).await
}

async fn climb_large(
    workplace: &Workplace,
    assignment: Assignment,
    large: Option<Large>,
) -> Result<(Gathered, Ladder)> {
    let bar = spinner();
    bar.set_message(format!("{}: collecting features", assignment.target));
    let gathered = training::gather(workplace.ground(), assignment, large).await?;
    let shown = bar.clone();
    // Training takes seconds; the program's runtime is for waiting.
    let climbing = tokio::task::spawn_blocking(move || {
        let told = |doing: &str| {
            // What somebody has to do must stay to be read.
            if doing.starts_with("run: ") { eprintln!("{doing}") } else { shown.set_message(doing.to_owned()) }
        };
        training::climb(&gathered, &told).map(|ladder| (gathered, ladder))
    });
    let climbed = climbing.await.context("the training ended early")?;
    bar.finish_and_clear();
    climbed
}

/// Puts all models into the registry. The chosen one becomes the champion if there is none yet, else the challenger.
/// Returns a sentence that says which.
pub(crate) async fn keep(workplace: &Workplace, ladder: &Ladder, by: &str) -> Result<String> {
    let Workplace { store, data, .. } = workplace;
    for rung in &ladder.rungs {
        registry::add(store, data, &rung.bytes, &rung.card).await?;
    }
    nominate(workplace, &ladder.best().card, by, &ladder.choice.why).await
}

/// Makes a model of the registry the champion if there is none yet, else the challenger. Returns a sentence that says
/// which.
pub(crate) async fn nominate(workplace: &Workplace, card: &ModelCard, by: &str, why: &str) -> Result<String> {
    let Workplace { store, .. } = workplace;
    let ModelCard { model_id, target, kind, .. } = card;
    let kind = kind.word();
    match registry::champion(store, target).await? {
        None => {
            registry::promote(store, target, model_id, by, &format!("first of its target; {why}")).await?;
            Ok(format!("  {kind} `{model_id}` is the champion: it answers for `{target}` from now on"))
        }
        Some(champion) if champion.model_id == *model_id => {
            Ok(format!("  {kind} `{model_id}` is the champion already: nothing has changed"))
        }
        Some(champion) => {
            registry::set_challenger(store, model_id, by, why).await?;
            Ok(format!(
                "  {kind} `{model_id}` is the challenger of {} `{}`: make it the champion by `plumb promote --target \
                 {target}`",
                champion.kind.word(),
                champion.model_id
            ))
        }
    }
}

/// Returns the models side by side, and which was chosen.
pub(crate) fn told(gathered: &Gathered, ladder: &Ladder) -> String {
    let best = &ladder.best().card;
    let Some(metrics) = &best.metrics else { return told_of_few(gathered, ladder) };
    let from = gathered.test_from().map_or_else(String::new, |from| format!(" from {} on", from.format("%Y-%m-%d")));
    // Writing to a string cannot fail.
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} as of {}, tested on {} rows of leads that came{from}, {:.1} % positive",
        best.target,
        best.as_of.format("%Y-%m-%d"),
        metrics.rows,
        100.0 * metrics.positives as f64 / metrics.rows.max(1) as f64
    );
    text.push_str(&heading(metrics.beta));
    for (index, rung) in ladder.rungs.iter().enumerate() {
        let mark = if index == ladder.choice.index { '*' } else { ' ' };
        let _ = writeln!(text, "{mark} {}", line(&rung.card));
    }
    let _ = writeln!(text, "  chosen: {}", ladder.choice.why);
    best.profits.iter().for_each(|earning| text.push_str(&earned(earning)));
    for rule in gathered.rules_not_used(&ladder.best().features) {
        let _ = writeln!(text, "  {rule}");
    }
    text
}

/// Returns what there is to say of a model that could not be measured.
fn told_of_few(gathered: &Gathered, ladder: &Ladder) -> String {
    let best = &ladder.best().card;
    let mut text = format!("{} as of {}: {}\n", best.target, best.as_of.format("%Y-%m-%d"), ladder.choice.why);
    let _ = writeln!(text, "  threshold {:.3}: {}", best.threshold.score, best.threshold.why);
    best.notes.iter().for_each(|note| text.push_str(&format!("  {note}\n")));
    let told = gathered.rules_not_used(&ladder.best().features);
    told.into_iter().filter(|line| !best.notes.contains(line)).for_each(|line| text.push_str(&format!("  {line}\n")));
    text
}

/// Returns what a way to decide would have earned, in one line.
fn earned(earning: &Profit) -> String {
    let money = |metric: &Metric| match metric.interval {
        Some(Interval { low, high }) => format!("{:.0} ({low:.0} to {high:.0})", metric.value),
        None => format!("{:.0}", metric.value),
    };
    let rules = earning.rules.as_ref().map_or_else(String::new, |rules| format!("by the rules {}, ", money(rules)));
    format!(
        "  {}: calling at {} of {} rows would have earned {}; {rules}as they come {}, knowing everything {}\n",
        earning.policy,
        earning.calls,
        earning.rows,
        money(&earning.model),
        money(&earning.arrival),
        money(&earning.perfect)
    )
}

/// Returns the headings over the [`line()`]s of models.
pub(crate) fn heading(beta: f64) -> String {
    format!(
        "  {:<10}{:>7}{:>10}{:>7}{:>11}{:>8}{:>8}{:>10}{:>10}\n",
        "",
        "AUC",
        "avg prec",
        format!("F{beta}"),
        "precision",
        "recall",
        "Brier",
        "log loss",
        "lift 10%"
    )
}

/// Returns a model's metrics in one line.
pub(crate) fn line(card: &ModelCard) -> String {
    let Some(all) = &card.metrics else { return format!("{:<10}not measured: too few outcomes", card.kind.word()) };
    format!(
        "{:<10}{:>7.3}{:>10.3}{:>7.3}{:>11.3}{:>8.3}{:>8.4}{:>10.4}{:>10.2}",
        card.kind.word(),
        all.auc.value,
        all.average_precision.value,
        all.f_beta.value,
        all.precision.value,
        all.recall.value,
        all.brier.value,
        all.log_loss.value,
        all.lift_top_decile.value
    )
}
