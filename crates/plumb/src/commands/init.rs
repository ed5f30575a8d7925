//! `plumb init`: from a company's own tables to a project that ingests and trains.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use chrono::Utc;
use plumb_proposal::{Choices, Proposal, TargetChoice, propose};
use plumb_tables::Level;

use super::arguments::{WaitArgs, keep_private};
use super::ingest;
use super::output::{Format, note};
use super::progress::ProgressLine;
use crate::lifecycle::ingest as ingestion;
use crate::lifecycle::init::{InitOutcome, Looked, find_sources, look, write_project};
use crate::lifecycle::workspace::ProjectPaths;
use crate::project::Project;

/// Columns that are left out, in the text. All are in `sources/lead.sql`.
const LEFT_OUT_SHOWN: usize = 12;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Make the project in this folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Take these as sources: files of tables, folders of them, SQLite files, or addresses as `postgres://…`.
    sources: Vec<String>,
    /// Take this as a source under a name of its own. May be repeated.
    #[arg(long, value_name = "NAME=LOCATION")]
    source: Vec<String>,
    /// Predict this: a name, or a name and the statuses that are positive, as `won="Won,Signed"`. May be repeated.
    #[arg(long, value_name = "NAME[=VALUE,VALUE]")]
    target: Vec<String>,
    /// Count these statuses as given up.
    #[arg(long, value_name = "VALUES", value_delimiter = ',')]
    negative: Vec<String>,
    /// Take this table as the one with a row a lead, such as `crm.leads`.
    #[arg(long, value_name = "TABLE")]
    leads: Option<String>,
    /// Ask for a positive outcome within so many days [default: as long as 95 % took, or 90].
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=3650))]
    horizon: Option<i64>,
    /// Read the columns as this loader or export names them [default: as they are recognised].
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Ask nothing.
    #[arg(long)]
    yes: bool,
    /// Write only the files that are missing, where there is a project already.
    #[arg(long)]
    only_missing: bool,
    /// Write the files, and do not ingest.
    #[arg(long)]
    no_ingest: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(crate) async fn run(args: Args, format: Format) -> Result<()> {
    let asks = !args.yes && format == Format::Text && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let mut locations = locations(&args)?;
    if locations.is_empty() {
        if !asks {
            bail!(
                "no sources: name files, a folder of files, or a database's address, as in `plumb init my-project exports/` or \
                 `plumb init my-project --source crm=postgres://…`"
            );
        }
        let answer = ask("Where are your tables? A file, a folder of files, or a database's address", "")?;
        locations.extend(answer.split_whitespace().map(|location| (None, location.to_owned())));
    }
    let line = ProgressLine::spinner("");
    let looked = look(&args.folder, find_sources(&args.folder, &locations)?, &|progress| line.show(progress)).await?;
    drop(line);
    let mut choices = choices(&args)?;
    let mut proposal = proposed(&looked, &choices);
    if asks {
        proposal = ask_all(&looked, &mut choices, proposal)?;
    }
    let proposal = proposal?;
    if asks {
        format.print_text(&proposal_text(&proposal))?;
        let files = format!("Write {} files into {}", proposal.files.len(), args.folder.display());
        if !is_yes(&ask(&files, "yes")?) {
            bail!("nothing was written");
        }
    }
    let mut outcome = write_project(&args.folder, proposal, args.only_missing)?;
    outcome.notes = looked.notes;
    let is_unset = |(variable, value): &&(String, String)| std::env::var(variable).as_ref() != Ok(value);
    outcome.variables = looked.secrets.iter().filter(is_unset).map(|(variable, _)| variable.clone()).collect();
    if !args.no_ingest && outcome.variables.is_empty() {
        outcome.ingested = Some(ingest_project(&args, &outcome).await?);
    }
    outcome.next = next_commands(&outcome);
    format.print(&outcome, |outcome| text(outcome, asks))
}

fn locations(args: &Args) -> Result<Vec<(Option<String>, String)>> {
    let mut locations: Vec<(Option<String>, String)> =
        args.sources.iter().map(|location| (None, location.clone())).collect();
    for named in &args.source {
        let (name, location) = named
            .split_once('=')
            .with_context(|| format!("--source {named}: expected NAME=LOCATION, as `crm=exports/leads.csv`"))?;
        locations.push((Some(name.to_owned()), location.to_owned()));
    }
    Ok(locations)
}

fn choices(args: &Args) -> Result<Choices> {
    let target = |text: &String| {
        let (name, values) = text.split_once('=').unwrap_or((text, ""));
        let is_plain = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !is_plain {
            bail!("--target {text}: expected a name of letters, digits and `_`, as in `won` or `won=\"Won,Signed\"`");
        }
        let positive = values.split(',').map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect();
        Ok(TargetChoice { name: name.to_owned(), positive })
    };
    Ok(Choices {
        leads: args.leads.clone(),
        targets: args.target.iter().map(target).collect::<Result<_>>()?,
        negative: args.negative.clone(),
        horizon_days: args.horizon,
        preset: args.preset.clone(),
    })
}

fn proposed(looked: &Looked, choices: &Choices) -> Result<Proposal> {
    propose(&looked.sources, &looked.tables, choices, Utc::now()).map_err(|problem| anyhow!(problem))
}

/// Asks what the tables leave open, with what was proposed as the default.
fn ask_all(looked: &Looked, choices: &mut Choices, mut proposal: Result<Proposal>) -> Result<Result<Proposal>> {
    if let Err(problem) = &proposal {
        note(&format!("{problem}\n"));
        let leads = ask("Which table has a row a lead? (empty: leave it to me)", "")?;
        choices.leads = (!leads.is_empty()).then_some(leads);
        let positive = ask("Which values of the status are positive? (comma between them)", "won")?;
        let positive = positive.split(',').map(|value| value.trim().to_owned()).collect();
        choices.targets = vec![TargetChoice { name: "won".to_owned(), positive }];
        proposal = proposed(looked, choices);
    }
    let Ok(found) = &proposal else { return Ok(proposal) };
    let lead = found.tables.iter().find(|table| table.purpose == plumb_proposal::Purpose::Leads);
    let lead = lead.map(|table| table.table.clone()).unwrap_or_default();
    choices.leads = Some(ask("Which table has a row a lead?", &lead)?);
    let days = found.targets.first().map_or(90, |target| target.horizon_days);
    let answer = ask("Within how many days is a lead usually won or lost?", &days.to_string())?;
    choices.horizon_days = Some(answer.parse().with_context(|| format!("`{answer}` is no number of days"))?);
    Ok(proposed(looked, choices))
}

/// Asks a question on the terminal; an empty answer is the default.
fn ask(question: &str, default: &str) -> Result<String> {
    let shown = if default.is_empty() { format!("{question}: ") } else { format!("{question} [{default}]: ") };
    note(&shown);
    std::io::stderr().flush().context("cannot ask")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).context("cannot read the answer")?;
    let answer = answer.trim();
    Ok(if answer.is_empty() { default.to_owned() } else { answer.to_owned() })
}

fn is_yes(answer: &str) -> bool {
    ["yes", "y", "ja", "j"].contains(&answer.to_lowercase().as_str())
}

async fn ingest_project(args: &Args, outcome: &InitOutcome) -> Result<ingestion::IngestOutcome> {
    let paths = ProjectPaths::new(&args.folder, None);
    keep_private(&paths.data);
    let project = Project::open(&paths.project)?;
    let line = ProgressLine::spinner("");
    ingestion::ingest(&project, &paths.data, None, false, args.wait.if_locked(), &|progress| line.show(progress)).await.with_context(|| {
        let files = outcome.written.len();
        format!("the {files} files are written, but they cannot be ingested yet: mend what follows and run `plumb ingest`")
    })
}

fn next_commands(outcome: &InitOutcome) -> Vec<String> {
    let at = if outcome.folder.as_os_str() == "." {
        String::new()
    } else {
        format!(" --project {}", outcome.folder.display())
    };
    let exports = outcome.variables.iter().map(|variable| format!("export {variable}='…'"));
    let ingest = outcome.ingested.is_none().then(|| format!("plumb ingest{at}"));
    let commands = ["check", "train", "score", "serve"].map(|command| format!("plumb {command}{at}"));
    exports.chain(ingest).chain(commands).collect()
}

/// Returns what is proposed, as text.
fn proposal_text(proposal: &Proposal) -> String {
    let mut lines = Vec::new();
    for table in &proposal.tables {
        let presets = if table.presets.is_empty() { String::new() } else { format!(" ({})", table.presets.join(", ")) };
        let purpose = serde_json::to_value(table.purpose).ok();
        let purpose = purpose.as_ref().and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        lines.push(format!("{}{presets}: {} rows, {purpose}: {}", table.table, table.rows, table.why));
    }
    for target in &proposal.targets {
        let mut line =
            format!("target {}: within {} days; {} in {}", target.name, target.horizon_days, target.why, target.table);
        if !target.meaning.positive.is_empty() {
            line += &format!("; positive: {}", target.meaning.positive.join(", "));
        }
        if !target.meaning.negative.is_empty() {
            line += &format!("; given up: {}", target.meaning.negative.join(", "));
        }
        lines.push(line);
    }
    lines.push(format!("{} features", proposal.features.len()));
    let left_out = proposal.left_out.iter().take(LEFT_OUT_SHOWN);
    lines.extend(left_out.map(|left| format!("left out: {}: {}", left.column, left.why)));
    if proposal.left_out.len() > LEFT_OUT_SHOWN {
        lines.push(format!(
            "left out: {} columns in all, each with its reason in sources/lead.sql",
            proposal.left_out.len()
        ));
    }
    lines.extend(proposal.warnings.iter().map(|warning| format!("look: {warning}")));
    lines.join("\n") + "\n"
}

fn text(outcome: &InitOutcome, was_shown: bool) -> String {
    let mut text = String::new();
    for (source, notes) in &outcome.notes {
        for note in notes.iter().filter(|note| note.level == Level::Warning) {
            let column = note.column.as_ref().map(|column| format!(", column `{column}`")).unwrap_or_default();
            text += &format!("warning: {source}{column}: {}\n", note.what);
        }
    }
    if !was_shown {
        let shown = Proposal {
            tables: outcome.tables.clone(),
            targets: outcome.targets.clone(),
            features: outcome.features.clone(),
            left_out: outcome.left_out.clone(),
            warnings: outcome.warnings.clone(),
            files: Vec::new(),
        };
        text += &proposal_text(&shown);
    }
    text += "\n";
    for file in &outcome.written {
        text += &format!("wrote {}: {}\n", file.path, file.why);
    }
    for path in &outcome.kept {
        text += &format!("kept {path}: it was there already\n");
    }
    if let Some(ingested) = &outcome.ingested {
        text += &format!("\n{}", ingest::text(ingested));
    }
    let next: String = outcome.next.iter().map(|command| format!("  {command}\n")).collect();
    text + "\nnext, after a look at plumb.toml and sources/:\n" + &next
}
