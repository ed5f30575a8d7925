//! Fits and measures candidate models, and chooses one.

use anyhow::{Context, Result};
use plumb_lead::{ModelKind, Recency};
use plumb_learn::Fitted;

use super::candidate::{FittedTwice, candidate};
use super::candidates::{CandidateModel, CandidateModels, Holdout};
use super::choice::{Choice, simplest_that_is_not_beaten};
use super::data::{RowsForTraining, TrainingData};
use super::fit_config::{FitConfig, TrainingSetup};
use super::out_of_core::RowsOnDisk;
use super::progress::{FitPurpose, FitReporter, RunControl};
use super::screening::Screening;
use super::search::Search;
use super::settings::search_trials;
use super::split_rows::SplitRows;

/// Fits and measures every kind of model and chooses one. It keeps processors busy and waits for nothing.
pub(crate) fn train(data: &TrainingData, control: &RunControl) -> Result<CandidateModels> {
    train_screened(data, &data.screening()?, control)
}

fn train_screened(data: &TrainingData, screening: &Screening, control: &RunControl) -> Result<CandidateModels> {
    let setup = &data.setup.leaving_out(&screening.left_out);
    let mut candidates = match &data.rows {
        RowsForTraining::ColdStart(rows) => {
            let model = rows.train(setup, screening)?;
            let kind = model.card.kind;
            let why = format!("{}: {}", kind.word(), rows.why(kind));
            candidate_models(vec![model], Choice { index: 0, why }, Holdout::default())
        }
        RowsForTraining::InMemory(rows) => {
            let rows = &rows.looking_back(setup.spec.recency)?;
            let mut candidates = split_candidates(setup, rows, None, screening, control)?;
            if screening.has_suspects() {
                let kind = candidates.best().card.kind;
                candidates.with_suspects = Some(with_suspects(&data.setup, rows, kind, screening, control)?);
            }
            candidates
        }
        RowsForTraining::OutOfCore { samples, on_disk } => {
            split_candidates(setup, samples, Some(on_disk), screening, control)?
        }
    };
    candidates.rules_not_used = setup.rules_not_used(&candidates.best().features);
    Ok(candidates)
}

/// Fits and measures challengers: every kind of model for the first recency, and of the kind that is chosen there a model for
/// each of the others. Those for which there are too few rows, or just the same, are left out.
pub(crate) fn train_challengers(
    data: &TrainingData,
    recencies: &[Recency],
    control: &RunControl,
) -> Result<CandidateModels> {
    let screening = data.screening()?;
    let mut candidates = train_screened(data, &screening, control)?;
    let RowsForTraining::InMemory(rows) = &data.rows else { return Ok(candidates) };
    let setup = data.setup.leaving_out(&screening.left_out);
    let kind = match candidates.best().card.kind {
        // The team's points are the same however far one looks back.
        ModelKind::Rules => ModelKind::Logistic,
        kind => kind,
    };
    for recency in recencies.iter().filter(|recency| **recency != data.setup.spec.recency) {
        let Ok(recent) = rows.looking_back(*recency) else { continue };
        let is_same = recency.half_life_h.is_none() && recent.final_split == rows.final_split;
        if is_same || !recent.is_enough() {
            continue;
        }
        let models = fit_candidates(&setup.looking_back(*recency), &recent, None, &[kind], &screening, control)?;
        candidates.rivals.push(candidates.models.len());
        candidates.models.push(only(models)?);
    }
    Ok(candidates)
}

/// Fits and measures the model of one kind; for a cold start, its only model.
pub(super) fn train_one(data: &TrainingData, kind: ModelKind, control: &RunControl) -> Result<CandidateModel> {
    let screening = data.screening()?;
    let setup = &data.setup.leaving_out(&screening.left_out);
    let models = match &data.rows {
        RowsForTraining::ColdStart(rows) => return rows.train(setup, &screening),
        RowsForTraining::InMemory(rows) => {
            fit_candidates(setup, &rows.looking_back(setup.spec.recency)?, None, &[kind], &screening, control)?
        }
        RowsForTraining::OutOfCore { samples, on_disk } => {
            fit_candidates(setup, samples, Some(on_disk), &[kind], &screening, control)?
        }
    };
    only(models)
}

/// Fits and measures a model that sees the suspected leaks as well, of the chosen kind, or a regression beside rules.
fn with_suspects(
    setup: &TrainingSetup,
    rows: &SplitRows,
    kind: ModelKind,
    screening: &Screening,
    control: &RunControl,
) -> Result<CandidateModel> {
    let screening = screening.with_suspects();
    let kind = if kind == ModelKind::Rules { ModelKind::Logistic } else { kind };
    only(fit_candidates(&setup.leaving_out(&screening.left_out), rows, None, &[kind], &screening, control)?)
}

fn only(models: Vec<CandidateModel>) -> Result<CandidateModel> {
    models.into_iter().next().context("one kind gives one model")
}

fn candidate_models(models: Vec<CandidateModel>, choice: Choice, holdout: Holdout) -> CandidateModels {
    let rivals = vec![choice.index];
    CandidateModels { models, choice, rivals, with_suspects: None, holdout, rules_not_used: Vec::new() }
}

fn split_candidates(
    setup: &TrainingSetup,
    split: &SplitRows,
    on_disk: Option<&RowsOnDisk>,
    screening: &Screening,
    control: &RunControl,
) -> Result<CandidateModels> {
    let rules = setup.fit_config.params.rules.as_ref().map(|_| ModelKind::Rules);
    // An ensemble's regression would have learned from a sample, and its trees from all rows.
    let ensemble = on_disk.is_none().then_some(ModelKind::Ensemble);
    let kinds: Vec<ModelKind> =
        rules.into_iter().chain([ModelKind::Logistic, ModelKind::Xgboost]).chain(ensemble).collect();
    let models = fit_candidates(setup, split, on_disk, &kinds, screening, control)?;
    let losses: Vec<(ModelKind, &[f64])> =
        models.iter().map(|model| (model.card.kind, model.evaluation.losses.as_slice())).collect();
    let choice = simplest_that_is_not_beaten(&losses, &split.valid_leads());
    Ok(candidate_models(models, choice, split.holdout()))
}

/// Fits each kind to be measured, as of the time from which the rows to test on come, and to be used, as of the training.
fn fit_candidates(
    setup: &TrainingSetup,
    split: &SplitRows,
    on_disk: Option<&RowsOnDisk>,
    kinds: &[ModelKind],
    screening: &Screening,
    control: &RunControl,
) -> Result<Vec<CandidateModel>> {
    let fit = |purpose, config: &FitConfig, search| {
        Fitting { setup, split, on_disk, purpose, config, search, control }.fit(kinds)
    };
    let evaluated = fit(FitPurpose::Evaluation, &setup.fit_config, setup.spec.search)?;
    // The final fit searches as many settings as the evaluation did, so that its card says all that a rebuild needs.
    let search = Search::repeating(evaluated.iter().find_map(|fitted| search_trials(&fitted.model)));
    let final_fits = fit(FitPurpose::Final, &setup.fit_config.searching(search), search)?;
    let mut models: Vec<CandidateModel> = Vec::new();
    for (evaluation, final_fit) in evaluated.into_iter().zip(final_fits) {
        let rules = models.iter().find(|model| model.card.kind == ModelKind::Rules);
        let rules_scores = rules.map(|model| model.evaluation.scores.clone());
        let fitted = FittedTwice { evaluation, final_fit };
        models.push(candidate(setup, split, fitted, screening, rules_scores.as_deref())?);
    }
    if let Some(on_disk) = on_disk {
        models.iter_mut().for_each(|model| on_disk.annotate(&mut model.card));
    }
    Ok(models)
}

/// One of the two fits of a training.
struct Fitting<'a> {
    setup: &'a TrainingSetup,
    split: &'a SplitRows,
    on_disk: Option<&'a RowsOnDisk>,
    purpose: FitPurpose,
    config: &'a FitConfig,
    search: Search,
    control: &'a RunControl,
}

impl Fitting<'_> {
    fn fit(&self, kinds: &[ModelKind]) -> Result<Vec<Fitted>> {
        let target = &self.setup.spec.target;
        let reporter = FitReporter::new(self.control, target, self.purpose, self.search);
        let fitted = self.fit_kinds(kinds, &reporter);
        let fitted = fitted.with_context(|| format!("cannot fit {} for `{target}`", self.purpose.words()))?;
        self.control.check()?;
        Ok(fitted)
    }

    /// Fits each kind on the train part of the split: in memory, but for trees out of core.
    fn fit_kinds(&self, kinds: &[ModelKind], reporter: &FitReporter) -> Result<Vec<Fitted>> {
        let in_memory =
            |kinds: &[ModelKind]| self.split.rows.fit(kinds, self.split.split(self.purpose), self.config, reporter);
        let Some(on_disk) = self.on_disk else { return in_memory(kinds) };
        let mut fitted = Vec::new();
        for kind in kinds {
            match kind {
                ModelKind::Xgboost => {
                    plumb_learn::FitProgress::begins(reporter, *kind);
                    fitted.push(on_disk.fit(self.split, self.purpose, self.config, reporter, self.control)?);
                }
                _ => fitted.extend(in_memory(&[*kind])?),
            }
        }
        Ok(fitted)
    }
}
