//! Scores the rows of a file block by block: memory does not grow with the file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use plumb_lake::rows::{Block, RejectedRow};
use plumb_lake::scores::{Contributions, Scores};
use plumb_lead::{Language, ModelCard, ModelKind, Unseen};
use plumb_tables::{Note, ReadingPlan};
use serde::Serialize;

use super::file_rows::FileRows;
use super::ordered::process_in_order;
use super::rejected_rows::RejectedRows;
use super::row_format::{EncodedRows, RowFormat};
use super::score_output::Destination;
use super::unseen::add_unseen;
use crate::lifecycle::reading;
use crate::lifecycle::workspace::load_model;
use crate::registry;
use crate::scoring::{Explain, RowScores, Scorer};
use crate::store::Store;

/// Rejected rows in an outcome. All of them are in the list beside the file of scores.
const REJECTED_EXAMPLES_MAX: usize = 5;

/// A file to score.
pub(crate) struct FileRequest {
    /// The file, or `-`.
    pub(crate) path: PathBuf,
    /// How it is read, where the user says so; otherwise its columns are read by the plan in the data folder.
    pub(crate) reading: Option<ReadingPlan>,
    /// The targets that were named; the only one with a model if none was.
    pub(crate) targets: Vec<String>,
    /// The column to copy as the rows' ids.
    pub(crate) id_column: Option<String>,
    /// Where the scores go.
    pub(crate) destination: Destination,
    /// The most reasons of a row.
    pub(crate) reasons_max: usize,
    /// The language of the reasons; `None` is the model's own.
    pub(crate) language: Option<Language>,
    /// Whether to write the contribution of each feature to the log-odds.
    pub(crate) contributions: bool,
}

/// The outcome of scoring a file.
#[derive(Debug, Serialize)]
pub(crate) struct FileScores {
    /// The file.
    pub(crate) path: PathBuf,
    /// What was found out of how it is written, and where that differs from the training.
    pub(crate) notes: Vec<Note>,
    /// The target.
    pub(crate) target: String,
    /// The champion that scored it.
    pub(crate) model_id: String,
    /// The kind of that model.
    pub(crate) model_kind: ModelKind,
    /// Rows scored.
    pub(crate) rows_scored: u64,
    /// Rows rejected.
    pub(crate) rows_rejected: u64,
    /// The first rejected rows.
    pub(crate) rejected: Vec<RejectedRow>,
    /// The file that lists all rejected rows, if there are any.
    pub(crate) rejected_file: Option<PathBuf>,
    /// Categories that were not in the training data.
    pub(crate) unseen: Vec<Unseen>,
    /// The file of scores.
    pub(crate) out: Option<PathBuf>,
}

/// An event of a file being scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileProgress {
    /// How far into the file it is.
    pub(crate) position: u64,
    /// The length of the file, in the same unit.
    pub(crate) length: u64,
    /// Rows scored so far.
    pub(crate) rows_scored: u64,
    /// Rows rejected so far.
    pub(crate) rows_rejected: u64,
}

/// No row of a file could be scored, and so no file of scores was written.
#[derive(Debug, thiserror::Error)]
#[error("`{}` has no rows{}", .0.path.display(), first_rejected(.0))]
pub(crate) struct NoRowsScored(pub(crate) FileScores);

/// How the rows of a file are scored.
struct Plan {
    scorer: Scorer,
    format: RowFormat,
    reasons_max: usize,
    /// The language of the reasons, if it is not the model's own.
    language: Option<Language>,
    contributions: bool,
}

/// A block that was scored.
struct ScoredBlock {
    rows: usize,
    encoded: EncodedRows,
    rejected: Vec<RejectedRow>,
    unseen: Vec<Unseen>,
    position: u64,
}

/// Scores the rows of a file by the champion of a target. The data folder may be one that `plumb quick` wrote.
pub(crate) async fn score_file(
    data: &Path,
    request: FileRequest,
    progress: impl Fn(FileProgress) + Send + Sync + 'static,
) -> Result<FileScores> {
    let store = Store::open_existing(&data.join("plumb.db")).await?;
    let target = only_target(&store, &request.targets).await?;
    let card = registry::champion(&store, &target)
        .await?
        .with_context(|| format!("target `{target}` has no champion yet in `{}`", data.display()))?;
    let scorer = load_model(data, &card.model_id).await?;
    let training = reading::load(data)?;
    let scoring = move || score_rows(request, training, scorer, &card, &progress);
    tokio::task::spawn_blocking(scoring).await.context("the scoring ended early")?
}

async fn only_target(store: &Store, named: &[String]) -> Result<String> {
    let known = store.targets_with_models().await?;
    match (named, known.as_slice()) {
        (_, []) => bail!("there is no model: run `plumb train`, or `plumb quick FILE --target COLUMN`"),
        ([], [only]) => Ok(only.clone()),
        ([named], known) if known.contains(named) => Ok(named.clone()),
        (_, known) => bail!("a file is scored for one target: name one by --target, of `{}`", known.join("`, `")),
    }
}

fn score_rows(
    request: FileRequest,
    training: Option<ReadingPlan>,
    scorer: Scorer,
    card: &ModelCard,
    progress: &(dyn Fn(FileProgress) + Sync),
) -> Result<FileScores> {
    let FileRequest { path, reading, id_column, destination, reasons_max, language, contributions, .. } = request;
    let features = &scorer.artifact.model.features;
    let cannot = || format!("cannot score `{}` by model `{}`", path.display(), card.model_id);
    let fixed = reading.as_ref().map(|plan| plan.file.clone()).unwrap_or_default();
    // A plan of the user's own may fix the file alone.
    let training = reading.filter(|plan| !plan.columns.is_empty()).or(training);
    let rows = FileRows::open(&path, &fixed, training.as_ref(), &scorer, id_column.as_deref());
    let mut rows = rows.with_context(cannot)?;
    let names = || features.features.iter().map(|feature| feature.name.clone()).collect();
    let format = destination.format(id_column.is_some(), contributions.then(names))?;
    let mut scores = FileScores::new(&path, rows.notes(), card, destination.path());
    let mut rejected_rows = RejectedRows::beside(destination.path());
    let mut output = destination.open(&format)?;
    let language = language.map(|language| check_language(language, &scorer)).transpose()?;
    let plan = Plan { scorer, format, reasons_max, language, contributions };
    let length = rows.length();
    let write = |block: ScoredBlock| {
        output.write(&block.encoded)?;
        rejected_rows.add(&block.rejected)?;
        let position = block.position;
        scores.add(block);
        let FileScores { rows_scored, rows_rejected, .. } = scores;
        progress(FileProgress { position, length, rows_scored, rows_rejected });
        Ok(())
    };
    // One more than there are cores, so that none is idle while a thread waits for its turn to write.
    let threads = 1 + std::thread::available_parallelism().map_or(1, usize::from);
    process_in_order(threads, || rows.next_block(), |block| plan.score(block), write).with_context(cannot)?;
    scores.notes = rows.notes();
    if scores.rows_scored == 0 {
        return Err(NoRowsScored(scores).into());
    }
    scores.rejected_file = rejected_rows.finish()?;
    output.finish()?;
    Ok(scores)
}

/// Returns the language if the model has reasons in it: reasons in another would be half in this and half in that.
fn check_language(language: Language, scorer: &Scorer) -> Result<Language> {
    let known = &scorer.artifact.model.features.languages;
    ensure!(
        known.contains(&language),
        "--language `{}`: model `{}` has reasons in {}; `languages` in plumb.toml sets the languages of new models",
        language.tag(),
        scorer.model_id,
        match known.as_slice() {
            [] => "the language of `features/*.toml` alone".to_owned(),
            known => format!("`{}`", known.iter().map(|known| known.tag()).collect::<Vec<_>>().join("`, `")),
        }
    );
    Ok(language)
}

fn first_rejected(scores: &FileScores) -> String {
    scores.rejected.first().map_or_else(String::new, |row| format!(" that can be read; {row}"))
}

impl Plan {
    /// Scores, explains and encodes a block.
    fn score(&self, block: Block) -> Result<ScoredBlock> {
        let Block { numbers, ids, table, rejected, position } = block;
        let explain = match self.reasons_max {
            0 if self.contributions => Explain::Contributions,
            0 => Explain::Nothing,
            reasons_max => Explain::Reasons(reasons_max),
        };
        let scored = self.scorer.score(self.scorer.rows(&table)?, explain)?;
        let RowScores { matrix, scores, mut reasons, explanation, unseen, .. } = scored;
        if let (Some(language), Some(explanation)) = (self.language, &explanation) {
            for (row, reasons) in reasons.iter_mut().enumerate() {
                *reasons =
                    self.scorer.reasons_of_row(matrix.row(row), explanation.row(row), self.reasons_max, language);
            }
        }
        ensure!(scores.len() == numbers.len(), "{} of {} rows were scored", scores.len(), numbers.len());
        let bands = scores.iter().map(|score| self.scorer.artifact.model.band(*score)).collect();
        let contributions = explanation.filter(|_| self.contributions).map(|explanation| Contributions {
            base: explanation.base,
            columns: explanation.columns,
            values: explanation.contributions,
        });
        let rows = numbers.len();
        let encoded = self.format.encode(&Scores { numbers, ids, scores, bands, reasons, contributions })?;
        Ok(ScoredBlock { rows, encoded, rejected, unseen, position })
    }
}

impl FileScores {
    fn new(path: &Path, notes: Vec<Note>, card: &ModelCard, out: Option<&Path>) -> FileScores {
        FileScores {
            path: path.to_owned(),
            notes,
            target: card.target.clone(),
            model_id: card.model_id.clone(),
            model_kind: card.kind,
            rows_scored: 0,
            rows_rejected: 0,
            rejected: Vec::new(),
            rejected_file: None,
            unseen: Vec::new(),
            out: out.map(Path::to_owned),
        }
    }

    fn add(&mut self, block: ScoredBlock) {
        self.rows_scored += block.rows as u64;
        self.rows_rejected += block.rejected.len() as u64;
        let room = REJECTED_EXAMPLES_MAX.saturating_sub(self.rejected.len());
        self.rejected.extend(block.rejected.into_iter().take(room));
        add_unseen(&mut self.unseen, block.unseen);
    }
}
