//! From what was known at a moment to the ladder of models: the team's rules, logistic regression, boosted trees, and
//! the last two as an ensemble.
//!
//! Each rung is fitted twice by one function. The fit that is measured knows only what was known when the newest rows,
//! to test on, began to come; the fit that is kept knows everything as of the training.
//! docs/decisions/0004-measured-earlier-fitted-now.md says why.

mod adopted;
mod appraisal;
mod choice;
mod comparison;
mod few;
mod flags;
mod large;
mod rows;
mod search;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lake::dataset::{DatasetRows, Manifest};
use plumb_lake::{Lake, PostOutcomeChange};
use plumb_lead::{DatasetCard, FeatureSet, LeakEvidence, ModelCard, ModelKind, Observation};
use plumb_learn::leaks::{self, PostOutcomeCounts};
use plumb_learn::rules::Rules;
use plumb_learn::split::{self, Split};
use plumb_learn::{FitProgress, Fitted, Model, Params, drift};

use crate::card::{self, Measured};
use crate::project::{Project, Target};
use crate::registry;
use crate::scoring::{Artifact, Inputs};
use crate::store::Store;
use crate::team_rules::TeamRules;
use few::Few;
use flags::Flags;
use large::{Learned, OnDisk};
use rows::{Recipe, Rows};
use search::Watcher;

pub(crate) use adopted::{again, import};
pub(crate) use choice::Choice;
pub(crate) use comparison::{Comparison, Verdict, compare};
pub(crate) use large::Large;
pub(crate) use search::Search;

/// Enough trees; early stopping mostly ends sooner.
const ROUNDS_MAX: usize = 400;

/// What is to be trained.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    /// The target.
    pub(crate) target: String,
    /// Nothing learned later is used.
    pub(crate) as_of: DateTime<Utc>,
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// How long settings are searched for.
    pub(crate) search: Search,
}

/// All that a training needs, with nothing left to wait for.
pub(crate) struct Gathered {
    assignment: Assignment,
    /// The frozen rows; none where outcomes are few.
    manifest: Option<Manifest>,
    rows: Rows,
    by_time: Split,
    for_use: Split,
    recipe: Recipe,
    config: Target,
    /// The first age at which a lead is looked at.
    youngest: TimeDelta,
    notes: Vec<String>,
    censored: usize,
    /// How often fields that nobody dates changed after outcomes.
    post_outcome_changes: Vec<PostOutcomeChange>,
    /// Where most rows are, if memory does not hold them: the rows here are samples.
    on_disk: Option<OnDisk>,
    team_rules: Option<TeamRules>,
    /// What there is if it is too little for a ladder.
    few: Option<Few>,
}

/// One of the two fits of a training: to be measured, or to be used.
struct Fit<'a> {
    split: &'a Split,
    /// The rows that trees are grown on, if most are on the disk.
    learned: fn(&OnDisk) -> &Learned,
    recipe: &'a Recipe,
    fit_progress: &'a dyn FitProgress,
    tell: &'a dyn Fn(&str),
}

/// One model of the ladder.
pub(crate) struct Rung {
    /// Its file.
    pub(crate) bytes: Vec<u8>,
    /// Its card.
    pub(crate) card: ModelCard,
    /// The features that it sees.
    pub(crate) features: FeatureSet,
    /// The beta of F-beta.
    beta: f64,
    /// The scores of the measured fit on the rows to test on.
    pub(crate) scores: Vec<f64>,
    /// The threshold of the measured fit.
    threshold: f64,
    /// Log loss of the measured fit on each of the rows to choose on.
    losses: Vec<f64>,
}

/// The models of one training, simplest first.
pub(crate) struct Ladder {
    /// The models.
    pub(crate) rungs: Vec<Rung>,
    /// The one to use, and why.
    pub(crate) choice: Choice,
    /// The rows to test on.
    pub(crate) tested: Tested,
}

/// Rows that models are tested on.
pub(crate) struct Tested {
    /// The rows.
    pub(crate) observations: Vec<Observation>,
    /// What became of them.
    pub(crate) labels: Vec<bool>,
}

impl Ladder {
    /// Returns the rung that is to be used.
    pub(crate) fn best(&self) -> &Rung {
        &self.rungs[self.choice.index]
    }
}

/// Where a training takes everything from.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    /// What is asked.
    pub(crate) project: &'a Project,
    /// The data folder, in which data sets are frozen.
    pub(crate) data: &'a Path,
    /// The leads.
    pub(crate) lake: &'a Lake,
    /// What reps said.
    pub(crate) store: &'a Store,
}

/// A data set that was just frozen.
pub(crate) struct Frozen {
    /// What it is.
    pub(crate) manifest: Manifest,
    rows: DatasetRows,
    /// What flags did, in a sentence.
    flags: Option<String>,
    /// Observations that are too young to have a label.
    pub(crate) censored: usize,
}

/// Freezes the labelled rows of a target with their features, as they were known. `progress` is told of the rows that
/// are done, and of how many there are.
pub(crate) async fn freeze(
    ground: Ground<'_>,
    assignment: &Assignment,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Frozen> {
    let Ground { project, data, lake, store } = ground;
    let Assignment { target, as_of, .. } = assignment;
    let labelled = lake.labels(&project.label_spec(target)?, *as_of).await?;
    let (found, censored) = (labelled.observations.len(), labelled.censored);
    let said = store.feedback_all(*as_of).await?;
    let flags = Flags::read(&said, target, project.target(target)?.horizon, *as_of);
    let rows = rows::to_freeze(lake, labelled, &flags).await?;
    if rows.observations.is_empty() {
        bail!("no lead has been there for long enough to tell what became of it: {censored} rows are too young");
    }
    let (total, done) = (rows.observations.len(), AtomicUsize::new(0));
    let told = |more: usize| progress(done.fetch_add(more, Ordering::Relaxed) + more, total);
    let manifest = lake.freeze(data, target, *as_of, &project.feature_sql()?, &rows, &told).await?;
    let outcomes = rows.label_known_at.iter().flatten().count();
    Ok(Frozen { manifest, rows, flags: flags.told(found - outcomes), censored })
}

/// Collects the labelled rows of a target with their features, as they were known; of a large training only samples.
pub(crate) async fn gather(ground: Ground<'_>, assignment: Assignment, large: Option<Large>) -> Result<Gathered> {
    let Assignment { target, as_of, .. } = &assignment;
    let project = ground.project;
    let config = project.target(target)?;
    let in_words = || format!("cannot train for `{target}` as of {}", as_of.format("%Y-%m-%d"));
    if let Some(few) = Few::gather(ground, &assignment).await.with_context(in_words)? {
        return gathered_few(project, assignment, few);
    }
    let frozen = freeze(ground, &assignment, &|_, _| ()).await.with_context(in_words)?;
    let Frozen { manifest, rows, flags, censored } = frozen;
    let label_known_at: Vec<DateTime<Utc>> = rows.label_known_at.iter().flatten().copied().collect();
    let outcomes = label_known_at.len();
    let by_time =
        split::by_time(&rows.observations[..outcomes], &label_known_at, config.horizon).with_context(in_words)?;
    let mut for_use = split::for_use(&rows.observations[..outcomes]).with_context(in_words)?;
    // Opinions teach; they neither choose nor test.
    for_use.train.extend(outcomes..rows.observations.len());
    let (rows, [by_time, for_use], on_disk) = match large {
        None => (Rows::read(ground.data, &manifest, rows)?, [by_time, for_use], None),
        Some(large) => {
            let (rows, splits, on_disk) = large::sampled(large, ground.data, &manifest, rows, [by_time, for_use])?;
            (rows, splits, Some(on_disk))
        }
    };
    let (team_rules, recipe) = recipe(project, &config, &assignment)?;
    let notes = flags.into_iter().collect();
    let label_spec = project.label_spec(target)?;
    let post_outcome_changes = ground.lake.post_outcome_changes(&project.feature_sql()?, &label_spec, *as_of).await?;
    let youngest = label_spec.ages.iter().min().copied().unwrap_or_default();
    Ok(Gathered {
        assignment,
        manifest: Some(manifest),
        rows,
        by_time,
        for_use,
        recipe,
        config,
        youngest,
        notes,
        censored,
        post_outcome_changes,
        on_disk,
        team_rules,
        few: None,
    })
}

/// Returns a training of few outcomes, in which no rows are set apart.
fn gathered_few(project: &Project, assignment: Assignment, few: Few) -> Result<Gathered> {
    let config = project.target(&assignment.target)?;
    let (team_rules, recipe) = recipe(project, &config, &assignment)?;
    Ok(Gathered {
        assignment,
        manifest: None,
        rows: Rows::none()?,
        by_time: Split::default(),
        for_use: Split::default(),
        recipe,
        config,
        youngest: TimeDelta::zero(),
        notes: Vec::new(),
        censored: few.censored,
        post_outcome_changes: Vec::new(),
        on_disk: None,
        team_rules,
        few: Some(few),
    })
}

/// Returns the team's rules, and how the models of a target are fitted.
fn recipe(project: &Project, config: &Target, assignment: &Assignment) -> Result<(Option<TeamRules>, Recipe)> {
    let team_rules = project.rules()?;
    let rules = team_rules.as_ref().map(|team| team.rules.clone());
    let params = Params {
        seed: assignment.seed,
        beta: config.beta,
        cost: config.cost,
        optimise: config.optimise,
        in_time_order: true,
        capacity: None,
        stop_on: config.stop_on,
        threads: 0,
        rounds_max: ROUNDS_MAX,
        search_trials: assignment.search.trials_max(),
        rules: rules.filter(|rules| !rules.rules.is_empty()),
    };
    Ok((team_rules, Recipe { params, message_catalog: project.message_catalog()?, leads_a_week: config.capacity }))
}

/// Fits and measures every rung and chooses one. It keeps a processor busy for seconds and waits for nothing.
pub(crate) fn climb(gathered: &Gathered, progress: &dyn Fn(&str)) -> Result<Ladder> {
    if let Some(few) = &gathered.few {
        return few.ladder(gathered);
    }
    let rungs = gathered.rungs(&gathered.kinds(), progress)?;
    let choice = gathered.choose(&rungs);
    Ok(Ladder { rungs, choice, tested: gathered.tested() })
}

/// Fits and measures the rung of one kind.
pub(crate) fn fit_one(gathered: &Gathered, kind: ModelKind) -> Result<Rung> {
    let rungs = match &gathered.few {
        Some(few) => few.ladder(gathered)?.rungs,
        None => gathered.rungs(&[kind], &|_| {})?,
    };
    rungs.into_iter().next().context("one kind gives one rung")
}

impl Gathered {
    /// Returns whether outcomes are too few to set some apart.
    pub(crate) fn is_of_few(&self) -> bool {
        self.few.is_some()
    }

    fn manifest(&self) -> Result<&Manifest> {
        self.manifest.as_ref().context("rows were set apart without being frozen")
    }

    /// Returns the columns that know too much.
    fn evidence(&self) -> Result<Vec<LeakEvidence>> {
        let train = &self.for_use.train;
        let mut evidence = leaks::suspects(&self.rows.table.select(train), &self.rows.labels_of(train))?;
        evidence.extend(self.post_outcome_changes.iter().flat_map(|changed| {
            let PostOutcomeChange { field, features, decided, decided_changed, open, open_changed } = changed;
            let [decided, decided_changed, open, open_changed] = [*decided, *decided_changed, *open, *open_changed];
            let changes = PostOutcomeCounts { decided, decided_changed, open, open_changed };
            features.iter().filter_map(move |feature| leaks::post_outcome_change(feature, field, changes))
        }));
        Ok(evidence)
    }

    /// Returns the rows to test on.
    pub(crate) fn tested(&self) -> Tested {
        let test = &self.by_time.test;
        let observations = test.iter().map(|row| self.rows.observations[*row].clone()).collect();
        Tested { observations, labels: self.rows.labels_of(test) }
    }

    /// Returns the moment from which on the rows to test on came.
    pub(crate) fn test_from(&self) -> Option<DateTime<Utc>> {
        self.by_time.test.iter().map(|row| self.rows.observations[*row].as_of).min()
    }

    fn kinds(&self) -> Vec<ModelKind> {
        let rules: Option<&Rules> = self.recipe.params.rules.as_ref();
        let rules = rules.map(|_| ModelKind::Rules);
        // an ensemble's regression would have learned from a sample and its trees from all rows.
        let ensemble = self.on_disk.is_none().then_some(ModelKind::Ensemble);
        rules.into_iter().chain([ModelKind::Logistic, ModelKind::Xgboost]).chain(ensemble).collect()
    }

    fn choose(&self, rungs: &[Rung]) -> Choice {
        let leads: Vec<&str> =
            self.by_time.valid.iter().map(|row| self.rows.observations[*row].lead_id.as_str()).collect();
        let candidates: Vec<(ModelKind, &[f64])> =
            rungs.iter().map(|rung| (rung.card.kind, rung.losses.as_slice())).collect();
        choice::simplest_that_is_not_beaten(&candidates, &leads)
    }

    /// Fits each kind as of the moment at which the rows to test on begin to come, and as of now.
    fn rungs(&self, kinds: &[ModelKind], progress: &dyn Fn(&str)) -> Result<Vec<Rung>> {
        let target = &self.assignment.target;
        let evidence = self.evidence()?;
        let fit = |split, learned: fn(&OnDisk) -> &Learned, recipe: &Recipe, search: Search, which: &str| {
            let fit_progress = &Watcher::new(progress, format!("{target}, {which}"), search);
            let fitted = self.fit(kinds, &Fit { split, learned, recipe, fit_progress, tell: progress });
            fitted.with_context(|| format!("cannot fit {which} for `{target}`"))
        };
        let earlier = fit(&self.by_time, OnDisk::earlier, &self.recipe, self.assignment.search, "to be measured")?;
        // What is used was searched for as long as what was measured, and so its card says all that it takes to find it
        // again.
        let search =
            earlier.iter().map(|fitted| Search::of(&fitted.model.params)).find(|search| *search != Search::Usual);
        let search = search.unwrap_or_default();
        let now = fit(&self.for_use, OnDisk::now, &self.recipe.searching(search), search, "to be used")?;
        let mut rungs: Vec<Rung> = Vec::new();
        for (earlier, now) in earlier.iter().zip(now) {
            let rules = rungs.iter().find(|rung| rung.card.kind == ModelKind::Rules).map(|rung| rung.scores.clone());
            rungs.push(self.rung(earlier, now, &evidence, rules.as_deref())?);
        }
        if let Some(on_disk) = &self.on_disk {
            rungs.iter_mut().for_each(|rung| on_disk.tell(&mut rung.card));
        }
        Ok(rungs)
    }

    /// Fits each kind on the train part of a split: in memory, but for trees of a large training.
    fn fit(&self, kinds: &[ModelKind], fit: &Fit) -> Result<Vec<Fitted>> {
        let in_memory = |kinds: &[ModelKind]| self.rows.fit(kinds, fit.split, fit.recipe, fit.fit_progress);
        let Some(on_disk) = &self.on_disk else { return in_memory(kinds) };
        let mut fitted = Vec::new();
        for kind in kinds {
            fitted.extend(match kind {
                ModelKind::Xgboost => {
                    fit.fit_progress.begins(*kind);
                    vec![self.fit_large(on_disk, fit)?]
                }
                _ => in_memory(&[*kind])?,
            });
        }
        Ok(fitted)
    }

    fn rung(&self, earlier: &Fitted, now: Fitted, evidence: &[LeakEvidence], rules: Option<&[f64]>) -> Result<Rung> {
        let (valid, test) = (&self.by_time.valid, &self.by_time.test);
        let losses = comparison::losses(&earlier.held_out, &self.rows.labels_of(valid));
        let fitted = earlier;
        let earlier = &fitted.model;
        let (test_matrix, _) = earlier.features.encode(&self.rows.table.select(test))?;
        let labels = self.rows.labels_of(test);
        let params = &self.recipe.params;
        let measured = card::measure(earlier, &test_matrix, &labels, params.beta, params.seed)?;
        let scores = card::scores(earlier, &test_matrix)?;

        let baseline = self.baseline(&now)?;
        let artifact = Artifact {
            model: now.model,
            target: self.assignment.target.clone(),
            inputs: Inputs::Leads(self.manifest()?.sql.clone()),
            baseline,
        };
        let bytes = serde_json::to_vec(&artifact).context("cannot write the model as JSON")?;
        let mut card = self.card(registry::model_id(&bytes), &artifact.model, measured, evidence)?;
        let appraisal = self.appraise(fitted, &test_matrix, &scores, rules)?;
        (card.profits, card.by_age, card.fairness) = (appraisal.profits, appraisal.by_age, appraisal.fairness);
        let features = artifact.model.features;
        let (beta, threshold) = (params.beta, earlier.threshold.score);
        Ok(Rung { bytes, card, features, beta, scores, threshold, losses })
    }

    /// What later weeks are held against. Of each lead only its last observation, as the watch does it.
    fn baseline(&self, fitted: &Fitted) -> Result<drift::Baseline> {
        let Split { train, valid, .. } = &self.for_use;
        let all: Vec<usize> = train.iter().chain(valid).copied().collect();
        let features = &fitted.model.features;
        let (matrix, _) = features.encode(&self.rows.table.select(&self.rows.last_of_each_lead(&all)))?;
        // Of rows that the model has learned from it is surer than it will ever be of new ones.
        let held_out: HashMap<usize, f64> = valid.iter().copied().zip(fitted.held_out.iter().copied()).collect();
        let last = self.rows.last_of_each_lead(valid);
        let scores: Vec<f64> = last.iter().filter_map(|row| held_out.get(row).copied()).collect();
        Ok(drift::baseline(features, &matrix, &scores)?)
    }

    fn card(
        &self,
        model_id: String,
        model: &Model,
        measured: Measured,
        evidence: &[LeakEvidence],
    ) -> Result<ModelCard> {
        let Split { train, valid, .. } = &self.for_use;
        let all: Vec<usize> = train.iter().chain(valid).copied().collect();
        let moments = || all.iter().map(|row| self.rows.observations[*row].as_of);
        let sql = serde_json::to_vec(&(&self.manifest()?.sql, &model.features)).context("cannot hash the features")?;
        Ok(ModelCard {
            model_id,
            target: self.assignment.target.clone(),
            kind: model.kind(),
            as_of: self.assignment.as_of,
            dataset: DatasetCard {
                hash: self.manifest()?.logical_hash.clone(),
                rows_train: train.len(),
                rows_valid: valid.len(),
                rows_test: self.by_time.test.len(),
                base_rate: model.base_rate,
                rows_censored: self.censored,
                span: moments().min().zip(moments().max()),
            },
            features_hash: card::hash(&sql),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: self.assignment.seed,
            params: model.params.clone(),
            threshold: model.threshold.clone(),
            metrics: Some(measured.metrics),
            gain: measured.gain,
            reliability: measured.reliability,
            importance: measured.importance,
            weakest: measured.weakest,
            leaks: evidence.to_vec(),
            profits: Vec::new(),
            by_age: Vec::new(),
            fairness: Vec::new(),
            imported: None,
            notes: self.notes_of(model),
        })
    }

    /// Returns the rules that cannot be read or fit no feature, a line each.
    pub(crate) fn rules_not_used(&self, features: &FeatureSet) -> Vec<String> {
        let Some(team) = &self.team_rules else { return Vec::new() };
        let unreadable = team.unreadable.iter().map(|line| format!("not read: {line}"));
        unreadable.chain(team.unbound(features).into_iter().map(|line| format!("not used: {line}"))).collect()
    }

    fn notes_of(&self, model: &Model) -> Vec<String> {
        let mut notes = self.notes.clone();
        if let Some(from) = self.test_from() {
            notes.push(format!(
                "measured as of {}, by a fit of the same kind that knew nothing later, on the leads that came from then \
                 on; the model itself knows all that was known by {}",
                from.format("%-d %b %Y"),
                self.assignment.as_of.format("%-d %b %Y"),
            ));
        }
        if model.kind() == ModelKind::Rules {
            notes.extend(self.rules_not_used(&model.features));
        }
        notes
    }
}
