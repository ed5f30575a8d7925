//! The steps of the demo as lines.

use std::path::Path;

use crate::commands::model_text::{metrics_heading, metrics_line, nomination_line};
use crate::commands::{ingest, monitor, retrain, score, train, verify};
use crate::lifecycle::demo::{BestPossible, DemoCompany, DemoStep, RetrainedModels, TrainedModels};
use crate::lifecycle::train::TrainingOutcome;

/// Returns a step as lines.
pub(super) fn step(step: &DemoStep) -> String {
    match step {
        DemoStep::Company(company) => company_line(company),
        DemoStep::Ingestion(outcome) => ingest::text(outcome) + "\n",
        DemoStep::Training(models) => {
            let TrainedModels { training, best_possible } = models.as_ref();
            let nomination = nomination_line(&training.nomination);
            format!(
                "{}{}{nomination}",
                train::candidates_text(training),
                best_possible_text(best_possible.as_ref(), training)
            )
        }
        DemoStep::Monitoring(outcome) => monitor::text(outcome),
        DemoStep::Scoring(scores) => score::leads_text(scores),
        DemoStep::Retraining(models) => {
            let RetrainedModels { retraining, best_possible } = models.as_ref();
            let candidates = train::candidates_text(&retraining.training);
            let comparison = retrain::comparison_text(retraining);
            format!("{candidates}{}{comparison}", best_possible_text(best_possible.as_ref(), &retraining.training))
        }
        DemoStep::ModelsFound { target, as_of, models } => {
            let beta = models.first().and_then(|card| card.metrics.as_ref()).map_or(0.5, |metrics| metrics.beta);
            let lines: String = models.iter().map(|card| format!("  {}\n", metrics_line(card))).collect();
            format!(
                "{target}: the models as of {} are there\n{}{lines}",
                as_of.format("%Y-%m-%d"),
                metrics_heading(beta)
            )
        }
        DemoStep::SkewCheck(report) => verify::text(report) + "\n",
    }
}

/// Returns the commands to try next.
pub(super) fn next_commands(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "next, with `cargo run --release --` or the built `plumb`:\n  \
         plumb monitor --project {folder}                          what moved since the model was trained\n  \
         plumb retrain --project {folder}                          a challenger, from outcomes and reps' flags\n  \
         plumb rollback --project {folder} --target converted      the champion before\n  \
         plumb quick FILE.csv --target COLUMN                      a first model of any table\n"
    )
}

fn company_line(company: &DemoCompany) -> String {
    let (folder, leads) = (company.folder.display(), company.leads);
    let Some(built) = &company.built else { return format!("{folder}: the demo company of {leads} leads is there\n") };
    format!(
        "{folder}: a company of {leads} leads in {} CRM records, {} events, {} applications, over 24 months\n",
        built.crm_records, built.events, built.applications
    )
}

fn best_possible_text(best_possible: Option<&BestPossible>, training: &TrainingOutcome) -> String {
    let Some(BestPossible { auc, log_loss, models }) = best_possible else {
        // A cold start says itself why nothing was tested.
        let is_tested = training.tested_from.is_some();
        let why = "  truth.csv does not have the true probability of each row to test on\n";
        return if is_tested { why.to_owned() } else { String::new() };
    };
    let mut text =
        format!("  best possible on these rows, by the true probabilities: AUC {auc:.3}, log loss {log_loss:.4}\n");
    models.iter().for_each(|model| text.push_str(&format!("    {:<10}{}\n", model.kind.word(), model.note)));
    text
}
