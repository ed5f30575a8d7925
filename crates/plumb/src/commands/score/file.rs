//! The rows of a file into another, block by block: what is in memory does not grow with the file.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use plumb_lake::rows::{Block, RejectedRow, Rows};
use plumb_lake::scores::{Contributions, Scores};
use plumb_lead::{Language, ModelCard, Unseen};

use super::output::{Format, Output, Written};
use super::unfinished::Unfinished;
use super::{Args, add_unseen, in_order, told_of_unseen};
use crate::commands::load;
use crate::registry;
use crate::scoring::{Explain, RowScores, Scorer};
use crate::store::Store;

/// Rows that cannot be used, named on the terminal.
const REJECTED_SHOWN: usize = 5;

/// How rows are scored.
struct Plan {
    scorer: Scorer,
    format: Format,
    reasons: usize,
    /// The language of the reasons, if it is not the model's own.
    language: Option<Language>,
    contributions: bool,
}

/// A block that is scored.
struct Done {
    rows: usize,
    written: Written,
    rejected: Vec<RejectedRow>,
    unseen: Vec<Unseen>,
    position: u64,
}

/// What became of a file.
#[derive(Default)]
struct Tally {
    scored: u64,
    rejected: u64,
    unseen: Vec<Unseen>,
    /// The first rows that cannot be used.
    examples: Vec<RejectedRow>,
}

/// Scores the rows of a file by the champion of a target.
pub(super) async fn score(args: Args, path: PathBuf) -> Result<()> {
    let data = args.asked.place.data();
    // A folder that `plumb quick` wrote is both: the models lie beside their database.
    let store = Store::open_existing(&data.join("plumb.db")).await?;
    let target = only_target(&store, &args.asked.target).await?;
    let card = registry::champion(&store, &target)
        .await?
        .with_context(|| format!("no model answers for `{target}` yet in `{}`", data.display()))?;
    let scorer = load(&data, &card.model_id).await?;
    let scoring = move || score_rows(&args, &path, scorer, &card);
    tokio::task::spawn_blocking(scoring).await.context("the scoring broke off")?
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

fn score_rows(args: &Args, path: &Path, scorer: Scorer, card: &ModelCard) -> Result<()> {
    let features = &scorer.artifact.model.features;
    let fits = || format!("`{}` cannot be scored by model `{}`", path.display(), card.model_id);
    let mut rows = Rows::open(path, features, args.id.as_deref()).with_context(fits)?;
    let names = || features.features.iter().map(|feature| feature.name.clone()).collect();
    let format = Format::of(args.out.as_deref(), args.id.is_some(), args.contributions.then(names))?;
    let mut output = Output::begin(args.out.as_deref(), &format)?;
    let mut aside = Aside::new(args.out.as_deref());
    let language = args.language.map(|language| spoken(language, &scorer)).transpose()?;
    let plan = Plan { scorer, format, reasons: args.reasons, language, contributions: args.contributions };
    let (bar, begun) = (bar(rows.length())?, Instant::now());
    let mut tally = Tally::default();
    let done = |done: Done| {
        output.write(&done.written)?;
        aside.add(&done.rejected)?;
        bar.set_position(done.position);
        tally.add(done);
        bar.set_message(tally.told(begun));
        Ok(())
    };
    // One more than there are cores, so that none is idle while a thread waits for its turn to write.
    let threads = 1 + std::thread::available_parallelism().map_or(1, usize::from);
    let scored = in_order::run(threads, || Ok(rows.next_block()?), |block| plan.score(block), done);
    bar.finish_and_clear();
    scored.with_context(fits)?;
    eprint!("{}", tally.complaints(aside.path.as_deref()));
    if tally.scored == 0 {
        let first = tally.examples.first().map_or_else(String::new, |row| format!(" that can be read; {row}"));
        bail!("`{}` has no rows{first}", path.display());
    }
    aside.finish()?;
    output.finish()?;
    if let Some(out) = &args.out {
        let (kind, id) = (card.kind.word(), &card.model_id);
        println!("{} rows scored by {kind} `{id}` into {}", tally.scored, out.display());
    }
    Ok(())
}

/// Returns the language if the model speaks it: reasons in another would be half in this and half in that.
fn spoken(language: Language, scorer: &Scorer) -> Result<Language> {
    let known = &scorer.artifact.model.features.languages;
    ensure!(
        known.contains(&language),
        "--language `{}`: model `{}` speaks {}; `languages` in plumb.toml says which it learns to speak",
        language.tag(),
        scorer.model_id,
        match known.as_slice() {
            [] => "the one that `features/*.toml` is written in".to_owned(),
            known => format!("`{}`", known.iter().map(|known| known.tag()).collect::<Vec<_>>().join("`, `")),
        }
    );
    Ok(language)
}

impl Plan {
    /// Scores and explains a block, and makes what is written of it.
    fn score(&self, block: Block) -> Result<Done> {
        let Block { numbers, ids, table, rejected, position } = block;
        let explained = match self.reasons {
            0 if self.contributions => Explain::Contributions,
            0 => Explain::Nothing,
            reasons_max => Explain::Reasons(reasons_max),
        };
        let scored = self.scorer.score(self.scorer.rows(&table)?, explained)?;
        let RowScores { matrix, scores, mut reasons, explanation, unseen, .. } = scored;
        if let (Some(language), Some(explanation)) = (self.language, &explanation) {
            for (row, reasons) in reasons.iter_mut().enumerate() {
                *reasons = self.scorer.reasons_of_row(matrix.row(row), explanation.row(row), self.reasons, language);
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
        let written = self.format.written(&Scores { numbers, ids, scores, bands, reasons, contributions })?;
        Ok(Done { rows, written, rejected, unseen, position })
    }
}

impl Tally {
    fn add(&mut self, done: Done) {
        self.scored += done.rows as u64;
        self.rejected += done.rejected.len() as u64;
        let room = REJECTED_SHOWN.saturating_sub(self.examples.len());
        self.examples.extend(done.rejected.into_iter().take(room));
        add_unseen(&mut self.unseen, done.unseen);
    }

    fn told(&self, begun: Instant) -> String {
        let rate = self.scored as f64 / begun.elapsed().as_secs_f64().max(1e-3);
        let rejected = if self.rejected == 0 { String::new() } else { format!(", {} rejected", self.rejected) };
        format!("{} rows, {rate:.0} rows/s{rejected}", self.scored)
    }

    fn complaints(&self, aside: Option<&Path>) -> String {
        let mut text: String = self.examples.iter().map(|row| format!("rejected: {row}\n")).collect();
        if self.rejected > self.examples.len() as u64 {
            text.push_str(&format!("rejected: {} rows in all\n", self.rejected));
        }
        if let Some(aside) = aside.filter(|_| self.rejected > 0 && self.scored > 0) {
            text.push_str(&format!("rejected rows are listed in {}\n", aside.display()));
        }
        text.push_str(&told_of_unseen(&self.unseen));
        text
    }
}

/// The list of rows that cannot be used, beside the scores; it is begun when there is one.
struct Aside {
    path: Option<PathBuf>,
    writer: Option<csv::Writer<Unfinished>>,
}

impl Aside {
    fn new(out: Option<&Path>) -> Aside {
        let path = out.map(|out| {
            let mut name = out.file_name().unwrap_or_default().to_owned();
            name.push(".rejected.csv");
            out.with_file_name(name)
        });
        Aside { path, writer: None }
    }

    fn add(&mut self, rejected: &[RejectedRow]) -> Result<()> {
        let Some(path) = self.path.as_deref().filter(|_| !rejected.is_empty()) else { return Ok(()) };
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let mut writer = csv::Writer::from_writer(Unfinished::begin(path)?);
                writer.write_record(["row", "line", "column", "reason"])?;
                self.writer.insert(writer)
            }
        };
        for RejectedRow { number, line, field, reason } in rejected {
            let line = line.map(|line| line.to_string()).unwrap_or_default();
            writer.write_record([&number.to_string(), &line, field.as_deref().unwrap_or_default(), reason])?;
        }
        Ok(())
    }

    /// Ends the list. One of an earlier run does not stay where there is none now.
    fn finish(self) -> Result<()> {
        let Some(path) = self.path else { return Ok(()) };
        match self.writer {
            Some(writer) => {
                let unfinished = writer.into_inner().map_err(csv::IntoInnerError::into_error);
                unfinished.context("cannot write the list of rejected rows")?.finish()
            }
            None if path.exists() => {
                std::fs::remove_file(&path).with_context(|| format!("cannot remove the older `{}`", path.display()))
            }
            None => Ok(()),
        }
    }
}

fn bar(length: u64) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{spinner} {bar:24} {percent} % {msg}").context("the bar's template")?;
    let bar = ProgressBar::new(length).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(100));
    Ok(bar)
}
