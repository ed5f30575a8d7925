//! What is known of the columns of one loader, or of one CRM's exports.

use crate::column_role::ColumnRole;

/// Tables of one loader, or exports of one CRM.
#[derive(Debug)]
pub struct Preset {
    /// Its name, as `--preset` takes it.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// A table is recognised if it has all columns of one of these lists.
    pub(crate) signs: &'static [&'static [&'static str]],
    /// What columns are for.
    pub(crate) roles: &'static [(&'static str, ColumnRole)],
    /// Columns that begin so are the loader's own unless `roles` says more.
    pub(crate) prefix: &'static [&'static str],
    /// Values of a status that the words do not tell, lower case, each with whether it is positive.
    pub(crate) statuses: &'static [(&'static str, bool)],
    /// Tables that are the loader's own.
    pub(crate) own_tables: &'static [&'static str],
}

impl Preset {
    /// Returns what a column is for, by its [`normalised`] name.
    pub(crate) fn role_of(&self, name: &str) -> Option<ColumnRole> {
        let known = self.roles.iter().find(|(known, _)| normalised(known) == name).map(|(_, role)| *role);
        let is_own = || self.prefix.iter().any(|prefix| name.starts_with(&normalised(prefix)));
        known.or_else(|| is_own().then_some(ColumnRole::Bookkeeping))
    }

    /// Returns whether a table has the columns of this preset.
    pub(super) fn is_of(&self, names: &[String]) -> bool {
        self.signs.iter().any(|sign| sign.iter().all(|column| names.contains(&normalised(column))))
    }
}

/// Returns a name without what differs between an export and an API: letters and digits, in lower case. A leading `_`
/// stays, as loaders begin their columns by it.
pub(crate) fn normalised(name: &str) -> String {
    let begin = if name.starts_with('_') { "_" } else { "" };
    let rest = name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase);
    begin.chars().chain(rest).collect()
}
