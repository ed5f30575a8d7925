//! The proposal: what tables are taken for, and the files of a project, each with its reason.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::choices::{Choices, SourceSpec};
use crate::column_role::ColumnRole;
use crate::events::{Events, KnownAt, events_of};
use crate::features::features_of;
use crate::fields::fields_of;
use crate::files::{Parts, created_column, files_of};
use crate::proposed_file::ProposedFile;
use crate::status::StatusMeaning;
use crate::summary::TableSummary;
use crate::tables::{Found, Path, Purpose, find};
use crate::targets::{Evidence, Target, TargetSummary, targets_of};

/// Data that ends longer ago than this is an export of the past.
const LIVE_DAYS: i64 = 7;

/// What a table is taken for.
#[derive(Clone, Debug, Serialize)]
pub struct TableProposal {
    /// The table, as `crm.leads`.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// What it is for.
    pub purpose: Purpose,
    /// Why.
    pub why: String,
    /// The column that identifies its rows.
    pub key: Option<String>,
    /// Loaders and exports that its columns are those of.
    pub presets: Vec<String>,
    /// Columns of which something is known beyond their type.
    pub columns: Vec<ColumnProposal>,
}

/// What a column is taken for.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnProposal {
    /// The column.
    pub column: String,
    /// What it is for.
    pub role: ColumnRole,
    /// Why.
    pub why: String,
}

/// A column that no field was made of.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOutColumn {
    /// The column.
    pub column: String,
    /// Why.
    pub why: String,
}

/// What is proposed.
#[derive(Clone, Debug, Serialize)]
pub struct Proposal {
    /// What each table is for.
    pub tables: Vec<TableProposal>,
    /// What is predicted.
    pub targets: Vec<TargetSummary>,
    /// The names of the features.
    pub features: Vec<String>,
    /// Columns that are no fields, and why.
    pub left_out: Vec<LeftOutColumn>,
    /// What somebody should look at.
    pub warnings: Vec<String>,
    /// The files.
    pub files: Vec<ProposedFile>,
}

/// Proposes a project for tables; an error says what is missing for one.
pub fn propose(
    sources: &[SourceSpec],
    tables: &[TableSummary],
    choices: &Choices,
    now: DateTime<Utc>,
) -> Result<Proposal, String> {
    let found = find(tables, choices)?;
    let targets = targets_of(&found, choices)?;
    let fields = fields_of(&found);
    let events = events_of(&found);
    let features = features_of(&events, &fields, &targets);
    let as_of = end_of_data(&found, &events, &targets, now).map(|end| end.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    let warnings = warnings(&found, &targets, &events);
    let parts = Parts {
        found: &found,
        fields: &fields,
        events: &events,
        targets: &targets,
        features: &features,
        sources,
        as_of,
    };
    Ok(Proposal {
        tables: (0..tables.len()).map(|table| table_proposal(&found, table)).collect(),
        targets: targets.iter().map(|target| target_summary(&found, target)).collect(),
        features: features.all().map(|feature| feature.name.clone()).collect(),
        left_out: fields
            .left_out
            .iter()
            .map(|left| LeftOutColumn { column: left.column.clone(), why: left.why.clone() })
            .collect(),
        warnings,
        files: files_of(&parts),
    })
}

fn table_proposal(found: &Found<'_>, table: usize) -> TableProposal {
    let summary = &found.tables[table];
    let (purpose, why) = found.purposes[table].clone();
    let columns = summary.columns.iter().zip(&found.roles[table]).filter_map(|(column, role)| {
        let (role, why) = role.clone()?;
        Some(ColumnProposal { column: column.name.clone(), role, why })
    });
    TableProposal {
        table: summary.name.shown(),
        rows: summary.rows,
        purpose,
        why,
        key: found.keys[table].map(|key| summary.columns[key].name.clone()),
        presets: found.presets[table].iter().map(|preset| preset.name.to_owned()).collect(),
        columns: columns.collect(),
    }
}

fn target_summary(found: &Found<'_>, target: &Target) -> TargetSummary {
    let column = |position: &usize| found.column(target.table, *position).name.clone();
    let why = match &target.evidence {
        Evidence::History { name, .. } => format!("changes of `{name}` say it"),
        Evidence::Status(status) => format!("`{}` says it", column(status)),
        Evidence::Flag(flag, _) => format!("`{}` says it", column(flag)),
        Evidence::Date(date) => format!("`{}` is there if it was reached", column(date)),
    };
    TargetSummary {
        name: target.name.clone(),
        table: found.tables[target.table].name.shown(),
        horizon_days: target.horizon_days,
        meaning: StatusMeaning::clone(&target.meaning),
        why,
    }
}

/// Returns the midnight after the newest row, if the data ends in the past: by when leads came, rows were entered and outcomes
/// came. When something happened does not count, as it may be planned.
fn end_of_data(found: &Found<'_>, events: &[Events], targets: &[Target], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut dates: Vec<(usize, usize)> = vec![(found.lead, created_column(found))];
    dates.extend(events.iter().filter_map(|events| match events.known {
        KnownAt::Column(known) => Some((events.table, known)),
        KnownAt::Loaded(..) | KnownAt::Unknown => None,
    }));
    dates.extend(targets.iter().flat_map(|target| target.positive_dates.iter().map(|date| (target.table, *date))));
    let newest = dates.into_iter().filter_map(|(table, position)| Some(found.column(table, position).times?.1));
    let newest = newest.filter(|newest| *newest <= now.timestamp_micros()).max()?;
    let newest = DateTime::from_timestamp_micros(newest)?;
    let next_day = newest.date_naive().succ_opt()?.and_hms_opt(0, 0, 0)?.and_utc();
    (newest < now - TimeDelta::days(LIVE_DAYS)).then_some(next_day)
}

/// Returns what somebody should look at before a model is trusted.
fn warnings(found: &Found<'_>, targets: &[Target], events: &[Events]) -> Vec<String> {
    let mut warnings = Vec::new();
    for target in targets {
        if target.is_undated() {
            warnings.push(format!(
                "nothing says when leads were {}: outcomes count from the day after the lead's creation; export a date of closing",
                target.name
            ));
        }
        if !target.meaning.open.is_empty() {
            warnings.push(format!(
                "{}: taken as not decided yet: `{}`; say which are given up by --negative, or in sources/outcome*.sql",
                target.name,
                target.meaning.open.join("`, `")
            ));
        }
    }
    for events in events {
        if events.known == KnownAt::Unknown {
            let name = found.tables[events.table].name.shown();
            warnings
                .push(format!("{name} does not say when its rows were entered: each counts as known when it happened"));
        }
    }
    for (table, (purpose, why)) in found.purposes.iter().enumerate() {
        if *purpose == Purpose::Unused {
            warnings.push(format!("{} is not used: {why}", found.tables[table].name.shown()));
        }
        if let Some(Path::Key(link)) = &found.paths[table]
            && link.share < 0.9
        {
            let (name, column) = (found.tables[table].name.shown(), &found.column(table, link.from.1).name);
            warnings.push(format!(
                "{name}: {:.0} % of the values of `{column}` are in {}; rows with others belong to no lead",
                100.0 * link.share,
                found.tables[link.to.0].name.shown()
            ));
        }
    }
    warnings
}
