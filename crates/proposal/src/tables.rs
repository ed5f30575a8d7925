//! Which table has the leads, which their events and outcomes, and how each row finds its lead.

use serde::Serialize;

use crate::choices::Choices;
use crate::column_role::ColumnRole;
use crate::columns::role_of;
use crate::lead_table::{Roles, date_of, lead_table};
use crate::links::{Link, key_of, links};
use crate::presets::{Preset, preset, recognised};
use crate::status::{StatusMeaning, meaning_of_values};
use crate::summary::{ColumnSummary, TableSummary, history_columns};

/// What a table is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A row a lead.
    Leads,
    /// A row an event of a lead.
    Events,
    /// A row an outcome of a lead.
    Outcomes,
    /// A row a change of a field of a lead.
    History,
    /// What leads refer to, such as their companies.
    Parent,
    /// Pairs of keys: which row of one table belongs to which of another.
    Pairs,
    /// A loader's own.
    Bookkeeping,
    /// Nothing is made of it.
    Unused,
}

/// How a row of a table finds its lead.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Path {
    /// It is the lead.
    Itself,
    /// By a column with the key of another table.
    Key(Link),
    /// By an e-mail address in this column.
    Email(usize),
    /// By a table of pairs: its position, its link to this table, its link to the other.
    Through(usize, Link, Link),
}

impl Path {
    /// Returns whether rows find their lead by a key of a table.
    pub(crate) fn points_to(&self, table: usize) -> bool {
        match self {
            Path::Key(link) => link.to.0 == table,
            Path::Through(_, to_me, onwards) => onwards.to.0 == table || to_me.to.0 == table,
            Path::Itself | Path::Email(_) => false,
        }
    }
}

/// All tables, and what was found out about them.
pub(crate) struct Found<'a> {
    pub(crate) tables: &'a [TableSummary],
    pub(crate) presets: Vec<Vec<&'static Preset>>,
    /// Of each table and column, what it is for and why.
    pub(crate) roles: Vec<Roles>,
    pub(crate) keys: Vec<Option<usize>>,
    pub(crate) links: Vec<Link>,
    pub(crate) lead: usize,
    /// Why that table has the leads.
    pub(crate) lead_why: String,
    pub(crate) paths: Vec<Option<Path>>,
    /// What each table is for, and why.
    pub(crate) purposes: Vec<(Purpose, String)>,
}

/// Finds out what tables are for; an error says why there can be no proposal.
pub(crate) fn find<'a>(tables: &'a [TableSummary], choices: &Choices) -> Result<Found<'a>, String> {
    let forced = match &choices.preset {
        Some(name) => Some(preset(name).ok_or_else(|| unknown_preset(name))?),
        None => None,
    };
    let presets: Vec<Vec<&Preset>> = tables.iter().map(|table| presets_of(table, forced)).collect();
    let roles: Vec<Vec<_>> = tables
        .iter()
        .zip(&presets)
        .map(|(table, presets)| table.columns.iter().map(|column| role_of(column, presets)).collect())
        .collect();
    let has = |table: usize, role| roles[table].iter().flatten().any(|(found, _)| *found == role);
    let keys: Vec<Option<usize>> = (0..tables.len())
        .map(|table| {
            let preferred = |position: usize| matches!(&roles[table][position], Some((ColumnRole::LeadId, _)));
            let has_versions = has(table, ColumnRole::ValidFrom) || has(table, ColumnRole::Loaded);
            key_of(&tables[table], tables, preferred, false)
                .or_else(|| key_of(&tables[table], tables, preferred, has_versions))
        })
        .collect();
    let links = links(tables, &keys);
    let (lead, lead_why) = lead_table(tables, &keys, &links, &roles, choices)?;
    let mut found =
        Found { tables, presets, roles, keys, links, lead, lead_why, paths: Vec::new(), purposes: Vec::new() };
    found.paths = found.find_paths();
    found.purposes = (0..tables.len()).map(|table| found.purpose_of(table)).collect();
    Ok(found)
}

fn presets_of(table: &TableSummary, forced: Option<&'static Preset>) -> Vec<&'static Preset> {
    let mut presets = recognised(table.columns.iter().map(|column| column.name.as_str()));
    if let Some(forced) = forced {
        // A loader and an export are recognised beside each other; of two of a kind, the forced one counts.
        presets.retain(|preset| preset.prefix.is_empty() != forced.prefix.is_empty());
        presets.push(forced);
    }
    presets
}

fn unknown_preset(name: &str) -> String {
    let known: Vec<&str> = crate::presets::presets().map(|preset| preset.name).collect();
    format!("there is no preset `{name}`: expected one of `{}`", known.join("`, `"))
}

impl Found<'_> {
    /// Returns the position of a table's first column with a role.
    pub(crate) fn with_role(&self, table: usize, role: ColumnRole) -> Option<usize> {
        self.roles[table].iter().position(|found| found.as_ref().is_some_and(|(found, _)| *found == role))
    }

    pub(crate) fn column(&self, table: usize, position: usize) -> &ColumnSummary {
        &self.tables[table].columns[position]
    }

    pub(crate) fn role(&self, table: usize, position: usize) -> Option<ColumnRole> {
        self.roles[table][position].as_ref().map(|(role, _)| *role)
    }

    /// Returns the date at which a table's rows happened.
    pub(crate) fn date(&self, table: usize) -> Option<usize> {
        date_of(&self.tables[table], &self.roles[table])
    }

    /// Returns what the values of a table's status mean.
    pub(crate) fn meaning(&self, table: usize, status: usize) -> StatusMeaning {
        let known: Vec<(&str, bool)> =
            self.presets[table].iter().flat_map(|preset| preset.statuses.iter().copied()).collect();
        meaning_of_values(self.column(table, status).top.iter().map(|(value, _)| value.as_str()), &known)
    }

    /// Returns the positions of a history's columns: the field, its new value.
    pub(crate) fn history_of(&self, table: usize) -> Option<(usize, usize)> {
        let names: Vec<String> = self.tables[table].columns.iter().map(|column| column.name.clone()).collect();
        let found = history_columns(&names)?;
        (self.date(table).is_some() && self.keys[table] != Some(found.0)).then_some(found)
    }

    /// Finds the way of each table's rows to their lead, from the leads outwards.
    fn find_paths(&self) -> Vec<Option<Path>> {
        let mut paths: Vec<Option<Path>> = vec![None; self.tables.len()];
        paths[self.lead] = Some(Path::Itself);
        // What refers to leads itself, as activities do, is theirs, even if a lead names one of its rows.
        let refers = |table: usize| self.links.iter().any(|link| link.from.0 == table && link.to.0 == self.lead);
        let of_lead = self.links.iter().filter(|link| link.from.0 == self.lead && link.to.0 != self.lead);
        let parents: Vec<usize> = of_lead.map(|link| link.to.0).filter(|table| !refers(*table)).collect();
        loop {
            let mut changed = false;
            for table in (0..self.tables.len()).filter(|table| !parents.contains(table)) {
                if paths[table].is_none() {
                    paths[table] = self.path_of(table, &paths);
                    changed |= paths[table].is_some();
                }
            }
            if !changed {
                return paths;
            }
        }
    }

    fn path_of(&self, table: usize, paths: &[Option<Path>]) -> Option<Path> {
        let is_reached = |other: usize| other != table && paths[other].is_some();
        let direct = self.links.iter().filter(|link| link.from.0 == table && is_reached(link.to.0));
        // A table that is reached itself is nearer than one that is reached by another.
        let direct = direct.min_by_key(|link| (link.to.0 != self.lead, link.from.1));
        if let Some(link) = direct {
            return Some(Path::Key(link.clone()));
        }
        if let Some(email) = self.with_role(table, ColumnRole::Email) {
            let is_shared = (0..self.tables.len()).filter(|other| is_reached(*other)).any(|other| {
                let theirs = self.with_role(other, ColumnRole::Email);
                let share = theirs.and_then(|theirs| self.column(table, email).share_in(self.column(other, theirs)));
                share.is_some_and(|share| share > 0.1)
            });
            if is_shared {
                return Some(Path::Email(email));
            }
        }
        let to_me = self.links.iter().filter(|link| link.to.0 == table && self.tables[link.from.0].columns.len() <= 8);
        to_me.into_iter().find_map(|to_me| {
            let pairs = to_me.from.0;
            let onwards = self
                .links
                .iter()
                .find(|link| link.from.0 == pairs && is_reached(link.to.0) && link.from != to_me.from)?;
            (self.date(pairs).is_none() || self.keys[pairs].is_none())
                .then(|| Path::Through(pairs, to_me.clone(), onwards.clone()))
        })
    }

    fn purpose_of(&self, table: usize) -> (Purpose, String) {
        let summary = &self.tables[table];
        let said = |purpose, why: String| (purpose, why);
        if table == self.lead {
            return said(Purpose::Leads, self.lead_why.clone());
        }
        let own = self.presets.iter().flatten().find(|preset| preset.own_tables.contains(&summary.name.table.as_str()));
        if let Some(preset) = own {
            return said(Purpose::Bookkeeping, format!("{} keeps its own notes in it", preset.title));
        }
        let is_pairs =
            self.paths.iter().flatten().any(|path| matches!(path, Path::Through(pairs, ..) if *pairs == table));
        if is_pairs {
            return said(Purpose::Pairs, "it says which rows of two tables belong together".to_owned());
        }
        let Some(path) = &self.paths[table] else {
            let parent = self.links.iter().find(|link| link.from.0 == self.lead && link.to.0 == table);
            return match parent {
                Some(link) => {
                    let column = &self.column(self.lead, link.from.1).name;
                    said(Purpose::Parent, format!("leads refer to it by `{column}`"))
                }
                None => said(Purpose::Unused, "no column of it has a lead's key or address".to_owned()),
            };
        };
        let how = self.way_text(table, path);
        if summary.rows == 0 {
            return said(Purpose::Unused, "it is empty".to_owned());
        }
        let Some(date) = self.date(table) else {
            return said(Purpose::Unused, format!("{how}, but it has no date: nothing says when it was known"));
        };
        if let Some((field, value)) = self.history_of(table) {
            let (field, value) = (&self.column(table, field).name, &self.column(table, value).name);
            return said(Purpose::History, format!("{how}; `{field}` names what was changed, `{value}` to what"));
        }
        if let Some(why) = self.outcome_why(table) {
            return said(Purpose::Outcomes, format!("{how}; {why}"));
        }
        said(Purpose::Events, format!("{how}, and it happened at `{}`", self.column(table, date).name))
    }

    /// Returns why a table's rows are outcomes; `None` if they are not.
    fn outcome_why(&self, table: usize) -> Option<String> {
        if let Some(flag) = self.with_role(table, ColumnRole::Converted) {
            return Some(format!("`{}` says whether it was reached", self.column(table, flag).name));
        }
        let status = self.with_role(table, ColumnRole::Status)?;
        let meaning = self.meaning(table, status);
        // A type of event such as `meeting won` is no outcome: most values have to be of a status.
        let has_end = [ColumnRole::ConvertedAt, ColumnRole::ClosedAt, ColumnRole::LostAt]
            .into_iter()
            .any(|role| self.with_role(table, role).is_some());
        (meaning.is_decided() && (has_end || !meaning.negative.is_empty()))
            .then(|| format!("`{}` has `{}`", self.column(table, status).name, meaning.positive.join("`, `")))
    }

    fn way_text(&self, table: usize, path: &Path) -> String {
        match path {
            Path::Itself => "it has the leads".to_owned(),
            Path::Key(link) => {
                let (column, to) = (&self.column(table, link.from.1).name, self.tables[link.to.0].name.shown());
                format!("{:.0} % of `{column}` are keys of {to}", 100.0 * link.share)
            }
            Path::Email(column) => format!("`{}` has addresses of leads", self.column(table, *column).name),
            Path::Through(pairs, ..) => format!("{} says whose it is", self.tables[*pairs].name.shown()),
        }
    }
}
