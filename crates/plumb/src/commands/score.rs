//! `plumb score`: scores all open leads into the ranked list, or the rows of a file into another.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use plumb_lake::{Unrated, csv_table};
use plumb_lead::{Band, FieldValue, Lead, Observation, Prediction, Table, Unseen};

use super::{Asked, Batch, Workplace, bar, load};
use crate::registry;
use crate::scoring::{self, Origin, Scorer};
use crate::store::{LeadBrief, Store};

/// Rows that are scored between two moves of the bar.
const ROWS_AT_ONCE: usize = 500;

/// Reasons in a line of a file.
const REASONS_WRITTEN: usize = 3;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A CSV file with a column for each feature of the model; without one, all open leads are scored.
    file: Option<PathBuf>,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    batch: Batch,
    /// Also say what the model would have said at each age of an open lead that it has passed.
    #[arg(long, conflicts_with = "file")]
    history: bool,
    /// Where the scores of a file go; the terminal unless told otherwise.
    #[arg(long, value_name = "FILE", requires = "file")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    if let Some(file) = &args.file {
        return score_file(&args, file).await;
    }
    let workplace =
        Workplace::open(&args.asked.place).await.context("without a file, the open leads of a project are scored")?;
    let workplace = workplace.computing(&args.batch).await?;
    let now = workplace.project.now(args.asked.as_of);
    for target in workplace.project.targets_meant(&args.asked.target)? {
        print!("{}", score_leads(&workplace, &target, now, args.history).await?.told());
    }
    Ok(())
}

/// What was scored.
pub(crate) struct Scored {
    target: String,
    bands: [usize; 4],
    unseen: Vec<Unseen>,
    unrated: Vec<Unrated>,
}

impl Scored {
    /// Returns it as lines.
    pub(crate) fn told(&self) -> String {
        let total: usize = self.bands.iter().sum();
        let [a, b, c, d] = self.bands;
        let mut text = format!("{}: {total} open leads scored: {a} A, {b} B, {c} C, {d} D\n", self.target);
        text.push_str(&told_of_unseen(&self.unseen));
        for Unrated { column, level, rows } in &self.unrated {
            text.push_str(&format!(
                "  {rows} times `{column}` was `{level}`, of which no outcome is known: the overall rate was used\n"
            ));
        }
        text
    }
}

/// Scores all open leads of a target into the ranked list, by its champion. Leads that are no longer open leave it.
pub(crate) async fn score_leads(
    workplace: &Workplace,
    target: &str,
    now: DateTime<Utc>,
    with_history: bool,
) -> Result<Scored> {
    let Workplace { project, data, lake, store } = workplace;
    let card = registry::champion(store, target)
        .await?
        .with_context(|| format!("no model answers for `{target}` yet: run `plumb train` first"))?;
    let scorer = load(data, &card.model_id).await?;
    let question = project.question(target)?;
    let open = lake.open_leads(&question, now).await?;
    let ids: HashSet<&str> = open.iter().map(|observation| observation.lead_id.as_str()).collect();
    let mut observations = Vec::new();
    if with_history {
        let since = card.as_of.max(now - question.horizon);
        let earlier = lake.observations(&question, since, now).await?;
        observations.extend(earlier.into_iter().filter(|observation| ids.contains(observation.lead_id.as_str())));
    }
    observations.extend(open.iter().cloned());
    let sql = scorer.feature_sql().context("the champion is of a plain table: score a file with it")?;
    // What was counted before is not of these leads.
    lake.take_unrated();
    let table = lake.features(sql, &observations).await?;
    let unrated = lake.take_unrated();
    let (predictions, unseen) =
        predict(&scorer, &table, &observations, &Origin::of(lake), &format!("{target}: leads"))?;
    store.insert_predictions(&predictions).await?;
    store.put_lead_briefs(&briefs(lake.leads(now).await?, &ids)).await?;
    store.keep_listed(target, &ids.iter().copied().collect::<Vec<_>>()).await?;
    let mut bands = [0; 4];
    predictions.iter().rev().take(open.len()).for_each(|prediction| bands[prediction.band as usize] += 1);
    Ok(Scored { target: target.to_owned(), bands, unseen, unrated })
}

async fn score_file(args: &Args, file: &Path) -> Result<()> {
    let data = args.asked.place.data();
    // A folder that `plumb quick` wrote is both: the models lie beside their database.
    let store = Store::open_existing(&data.join("plumb.db")).await?;
    let target = only_target(&store, &args.asked.target).await?;
    let card = registry::champion(&store, &target)
        .await?
        .with_context(|| format!("no model answers for `{target}` yet in `{}`", data.display()))?;
    let scorer = load(&data, &card.model_id).await?;
    let read = csv_table::read_csv(file)?;
    for rejected in &read.rejected {
        eprintln!("rejected: {rejected}");
    }
    let as_of = args.asked.as_of.unwrap_or_else(Utc::now);
    let observation = |row| Observation { lead_id: format!("row {}", row + 1), as_of };
    let observations: Vec<Observation> = (0..read.table.rows()).map(observation).collect();
    let (predictions, unseen) = predict(&scorer, &read.table, &observations, &Origin::default(), "rows")
        .with_context(|| format!("`{}` does not fit model `{}`", file.display(), card.model_id))?;
    eprint!("{}", told_of_unseen(&unseen));
    match &args.out {
        None => write_csv(std::io::stdout().lock(), &predictions),
        Some(out) => {
            let created = std::fs::File::create(out).with_context(|| format!("cannot create `{}`", out.display()))?;
            write_csv(created, &predictions).with_context(|| format!("cannot write `{}`", out.display()))?;
            println!(
                "{} rows scored by {} `{}` into {}",
                predictions.len(),
                card.kind.word(),
                card.model_id,
                out.display()
            );
            Ok(())
        }
    }
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

fn predict(
    scorer: &Scorer,
    table: &Table,
    observations: &[Observation],
    origin: &Origin,
    what: &str,
) -> Result<(Vec<Prediction>, Vec<Unseen>)> {
    let bar = bar(observations.len(), what)?;
    let mut predictions = Vec::with_capacity(observations.len());
    let mut unseen: Vec<Unseen> = Vec::new();
    for first in (0..observations.len()).step_by(ROWS_AT_ONCE) {
        let rows: Vec<usize> = (first..observations.len().min(first + ROWS_AT_ONCE)).collect();
        let scored = scorer.predict(&table.select(&rows), &observations[first..first + rows.len()], origin)?;
        predictions.extend(scored.predictions);
        scoring::add_unseen(&mut unseen, scored.unseen);
        bar.inc(rows.len() as u64);
    }
    bar.finish_and_clear();
    Ok((predictions, unseen))
}

fn briefs(leads: Vec<Lead>, wanted: &HashSet<&str>) -> Vec<LeadBrief> {
    let brief = |lead: Lead| {
        let text = |field: &str| match lead.fields.get(field) {
            Some(FieldValue::Text(text)) => Some(text.clone()),
            _ => None,
        };
        LeadBrief {
            name: text("name"),
            company: text("company"),
            industry: text("industry"),
            channel: text("channel"),
            created_at: lead.created_at,
            lead_id: lead.lead_id,
        }
    };
    leads.into_iter().filter(|lead| wanted.contains(lead.lead_id.as_str())).map(brief).collect()
}

fn told_of_unseen(unseen: &[Unseen]) -> String {
    let line = |category: &Unseen| {
        format!(
            "  {} rows have `{}` = `{}`, which training never saw: it counted as missing\n",
            category.rows, category.feature, category.level
        )
    };
    unseen.iter().map(line).collect()
}

fn write_csv(to: impl Write, predictions: &[Prediction]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(["row", "score", "band", "reasons"])?;
    for (row, prediction) in predictions.iter().enumerate() {
        let reasons: Vec<String> = prediction
            .reasons
            .iter()
            .take(REASONS_WRITTEN)
            .map(|reason| format!("{}{}", if reason.contribution >= 0.0 { "+ " } else { "- " }, reason.text))
            .collect();
        let band: Band = prediction.band;
        writer.write_record([
            (row + 1).to_string(),
            prediction.score.get().to_string(),
            band.letter().to_owned(),
            reasons.join("; "),
        ])?;
    }
    Ok(writer.flush()?)
}
