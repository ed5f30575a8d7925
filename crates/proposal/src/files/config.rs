//! `plumb.toml`.

use std::fmt::Write;

use super::parts::Parts;
use crate::choices::{SourceKind, SourceSpec};
use crate::proposed_file::ProposedFile;
use crate::sql::comment;
use crate::tables::Purpose;

/// Returns the file.
pub(super) fn file(parts: &Parts<'_>) -> ProposedFile {
    let mut text = "# What this project reads and predicts. `plumb check` says what is wrong with it; every key is described in the\n\
                    # documentation's page on configuration.\n"
        .to_owned();
    if let Some(as_of) = &parts.as_of {
        text.push_str(&format!(
            "\n# The data ends here, so that commands take this time for now. Delete the line when the sources are live.\nas_of = \"{as_of}\"\n"
        ));
    }
    for source in parts.sources {
        add_source(parts, source, &mut text);
    }
    for target in parts.targets {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n{}[target.{}]\nhorizon = \"{}d\"\n{}cost = {{ false_positive = 40, false_negative = 100 }}\noptimise = \"f_beta\"\n\
             beta = 0.5 # Under 1: better to leave a good lead out of the list than to call a bad one.\n{}",
            hash(&format!(
                "Will the lead be {} within {} days? {}",
                target.name.replace('_', " "),
                target.horizon_days,
                target.horizon_why
            )),
            target.name,
            target.horizon_days,
            hash("What a wasted call costs, and a good lead that nobody called: these are examples, write yours."),
            known_before(parts),
        );
    }
    let undated = parts.targets.iter().any(|target| target.is_undated());
    let (ages, why) = match (parts.events.is_empty(), undated) {
        (_, true) => ("\"0h\"", "A lead is looked at when it comes, and not later: nothing says when outcomes came."),
        (true, false) => {
            ("\"0h\"", "A lead is looked at when it comes: without events nothing is learned of it later.")
        }
        (false, false) => (
            "\"0h\", \"48h\", \"7d\"",
            "A lead is looked at when it comes, and again at these ages, as events come in.",
        ),
    };
    let _ = write!(text, "\n{}[score]\nat = [{ages}]\n", hash(why));
    ProposedFile::new("plumb.toml", text, "sources, targets with what mistakes cost, and when leads are looked at")
}

/// Returns the features whose names look like the outcome and that are known before it.
fn known_before(parts: &Parts<'_>) -> String {
    let names: Vec<String> = parts.features.rates.iter().map(|feature| quoted(&feature.name)).collect();
    if names.is_empty() {
        return String::new();
    }
    let why = "Rates are named after outcomes, and made of those alone that were known before the day of `as_of`.";
    format!("{}known_before = [{}]\n", hash(why), names.join(", "))
}

fn add_source(parts: &Parts<'_>, source: &SourceSpec, text: &mut String) {
    let tables: Vec<usize> =
        (0..parts.found.tables.len()).filter(|table| parts.found.tables[*table].name.source == source.name).collect();
    let mut said = source.description.clone();
    for table in &tables {
        let (purpose, why) = &parts.found.purposes[*table];
        let summary = &parts.found.tables[*table];
        let purpose = purpose_text(*purpose);
        let _ = write!(said, "\n{}, {} rows: {purpose}, because {why}.", summary.name.shown(), summary.rows);
        for preset in &parts.found.presets[*table] {
            let _ = write!(said, " Columns as {} has them.", preset.title);
        }
    }
    let _ = write!(text, "\n{}[source.{}]\n", hash(&said), source.name);
    let kind = match source.kind {
        SourceKind::Files => "files",
        SourceKind::Sqlite => "sqlite",
        SourceKind::Postgres => "postgres",
    };
    let _ = write!(text, "kind = \"{kind}\"\nurl = {}\n", quoted(&source.url));
    if let Some((path, _)) = &source.reading {
        let _ = writeln!(text, "reading = {}", quoted(path));
    }
    match source.kind {
        SourceKind::Files => {
            if let [table] = tables.as_slice()
                && let Some(key) = parts.found.keys[*table]
                && parts.found.column(*table, key).is_key(parts.found.tables[*table].rows)
            {
                let column = &parts.found.column(*table, key).name;
                let _ = writeln!(
                    text,
                    "key = {{ records = [{}] }} # A later row with the same one replaces the earlier.",
                    quoted(column)
                );
            }
        }
        SourceKind::Sqlite | SourceKind::Postgres => {
            let used = |table: &&usize| {
                let of_loads = parts.found.tables[**table].name.table == "_dlt_loads";
                of_loads || !matches!(parts.found.purposes[**table].0, Purpose::Unused | Purpose::Bookkeeping)
            };
            let names: Vec<String> =
                tables.iter().filter(used).map(|table| quoted(&parts.found.tables[*table].name.table)).collect();
            let _ = writeln!(text, "tables = [{}]", names.join(", "));
        }
    }
}

/// Returns what a table is for, in words.
fn purpose_text(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Leads => "a row a lead",
        Purpose::Events => "events",
        Purpose::Outcomes => "outcomes",
        Purpose::History => "changes of fields",
        Purpose::Parent => "what leads refer to",
        Purpose::Pairs => "which rows belong together",
        Purpose::Bookkeeping => "left out",
        Purpose::Unused => "not used",
    }
}

/// Returns a comment of TOML.
pub(super) fn hash(text: &str) -> String {
    comment(text).lines().map(|line| format!("#{}\n", line.trim_start_matches("--"))).collect()
}

/// Returns a text in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
