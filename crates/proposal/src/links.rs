//! Keys, and which column has the keys of another table.

use crate::summary::{ColumnSummary, StoredKind, TableSummary};
use crate::words::{has_any, singular, words_of};

/// Words of a name that say that it is a key, not whose.
const KEY_WORDS: [&str; 12] =
    ["id", "key", "no", "nr", "number", "ref", "reference", "uuid", "guid", "code", "fk", "pk"];

/// The least share of a column's values that the other table's key has.
const SHARE_MIN: f64 = 0.7;

/// A column that has the keys of another table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    /// The positions of the table and its column.
    pub(crate) from: (usize, usize),
    /// The positions of the other table and its key.
    pub(crate) to: (usize, usize),
    /// The share of the column's values that are there.
    pub(crate) share: f64,
}

/// Returns the position of the column that identifies a table's rows; `None` if there is none.
///
/// `preferred` says of a column that an export calls it the id. `may_repeat` is for tables with a row a version. A column
/// that names another one of `tables` has its keys, also where each comes once.
pub(crate) fn key_of(
    table: &TableSummary,
    tables: &[TableSummary],
    preferred: impl Fn(usize) -> bool,
    may_repeat: bool,
) -> Option<usize> {
    let others = tables.iter().filter(|other| other.name != table.name);
    let others: Vec<String> = others.map(|other| singular(&words_of(other.name.called()).join(" "))).collect();
    let called = singular(&words_of(table.name.called()).join(" "));
    let rank = |position: usize| -> Option<u32> {
        let column = &table.columns[position];
        let words = words_of(&column.name);
        let is_declared = table.declared_key.as_slice() == [column.name.clone()];
        let is_complete = column.filled * 100 >= table.rows * 99 && !column.is_time() && !column.is_flag();
        let is_unique = column.is_key(table.rows) || may_repeat && is_complete;
        if !(is_declared || is_unique && !column.has_addresses()) || column.stored == StoredKind::Real {
            return None;
        }
        let whose = called_by(&words);
        let names_other = others.contains(&whose) || PERSONS.contains(&whose.as_str()) && whose != called;
        let names_itself = has_any(&words, &KEY_WORDS) && whose == called;
        match () {
            () if preferred(position) && !others.contains(&whose) => Some(0),
            () if is_declared => Some(1),
            () if words == ["id"] || words.join(" ") == "record id" => Some(2),
            () if names_itself => Some(3),
            () if has_any(&words, &KEY_WORDS) && !may_repeat && !names_other => Some(4 + u32::from(words.len() > 2)),
            () => None,
        }
    };
    (0..table.columns.len())
        .filter_map(|position| Some((rank(position)?, position)))
        .min()
        .map(|(_, position)| position)
}

/// Returns what a key is of: its words without those that say that it is a key.
fn called_by(words: &[String]) -> String {
    let rest: Vec<String> =
        words.iter().filter(|word| !KEY_WORDS.contains(&word.as_str())).map(|word| singular(word)).collect();
    rest.join(" ")
}

/// Returns the columns that have keys of other tables, or of their own.
pub(crate) fn links(tables: &[TableSummary], keys: &[Option<usize>]) -> Vec<Link> {
    let mut links = Vec::new();
    for (from, table) in tables.iter().enumerate() {
        for (position, column) in table.columns.iter().enumerate() {
            // Whom a record was merged into is of the table itself, and no link to another.
            let merges = has_any(&words_of(&column.name), &["merged", "duplicate", "master"]);
            if merges || column.is_time() || column.is_flag() || column.filled == 0 || column.has_addresses() {
                continue;
            }
            let found = (0..tables.len()).filter(|to| (*to, keys[*to]) != (from, Some(position)));
            let found = found.filter_map(|to| {
                let key = keys[to]?;
                let share = column.share_in(&tables[to].columns[key])?;
                let strength = strength(column, &tables[to], &tables[to].columns[key], share)?;
                // A key of a table is rather a key of its own than of one whose keys are counted alike.
                (keys[from] != Some(position) || strength >= 3).then_some((strength, to, key, share))
            });
            let best = found.max_by(|a, b| a.0.cmp(&b.0).then(a.3.total_cmp(&b.3)).then(b.1.cmp(&a.1)));
            links.extend(best.map(|(_, to, key, share)| Link { from: (from, position), to: (to, key), share }));
        }
    }
    links
}

/// Returns how much speaks for a link; `None` if too little does. Small whole numbers are among any key's values, so that
/// their column has to name the other table.
fn strength(column: &ColumnSummary, to: &TableSummary, key: &ColumnSummary, share: f64) -> Option<u32> {
    let words = words_of(&column.name);
    let whose = called_by(&words);
    let called: Vec<String> = words_of(to.name.called()).iter().map(|word| singular(word)).collect();
    let source: Vec<String> = words_of(&to.name.source).iter().map(|word| singular(word)).collect();
    let is_key_name = has_any(&words, &KEY_WORDS);
    let names_table = !whose.is_empty() && (whose == called.join(" ") || called.last() == Some(&whose));
    let same_name = column.name.eq_ignore_ascii_case(&key.name) && words != ["id"];
    // A person is called by many names; a reference may name the system.
    let names_person = PERSONS.contains(&whose.as_str()) && called.iter().any(|word| PERSONS.contains(&word.as_str()));
    // A reference that names a system means the people in it, and not whatever is counted alike.
    let has_persons = called.iter().any(|word| PERSONS.contains(&word.as_str()));
    let names_source = is_key_name && has_persons && !whose.is_empty() && source.contains(&whose);
    let is_number =
        column.numbers.is_some() || column.top.iter().take(20).all(|(value, _)| value.parse::<f64>().is_ok());
    let by_name = names_table && is_key_name || same_name || names_person && is_key_name;
    match () {
        () if share < SHARE_MIN => (by_name && share >= 0.2).then_some(1),
        () if by_name => Some(4),
        () if whose.contains(&called.join(" ")) && is_key_name && !called.is_empty() => Some(3),
        () if names_source => Some(3),
        () if !is_number && share > 0.8 && column.distinct() >= 2 && key.values_are_long() => Some(2),
        () => None,
    }
}

/// What tables of leads are called.
pub(crate) const PERSONS: [&str; 15] = [
    "lead",
    "contact",
    "prospect",
    "person",
    "people",
    "customer",
    "applicant",
    "candidate",
    "enquiry",
    "inquiry",
    "client",
    "user",
    "interessent",
    "kontakt",
    "kunde",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{database_table, table};

    fn keys(tables: &[TableSummary]) -> Vec<Option<usize>> {
        tables.iter().map(|table| key_of(table, tables, |_| false, false)).collect()
    }

    #[test]
    fn a_key_is_unique_complete_and_named_so() {
        let key = |lines: &str| {
            let table = table("leads", lines);
            key_of(&table, &[], |_| false, false).map(|position| table.columns[position].name.clone())
        };
        assert_eq!(key("id,number\n1,7\n2,8").as_deref(), Some("id"));
        assert_eq!(key("name,lead_id\nAda,1\nBen,2").as_deref(), Some("lead_id"));
        assert_eq!(key("name,lead_id\nAda,1\nBen,1"), None, "it comes twice");
        assert_eq!(key("name,lead_id\nAda,1\nBen,"), None, "one is missing");
        assert_eq!(key("name,town\nAda,Ulm\nBen,Bonn"), None, "nothing says that it is a key");
    }

    #[test]
    fn a_column_links_to_the_table_that_it_names() {
        let tables = [
            database_table("crm", "leads", "id,account_id,minutes\n1,2,1\n2,1,2\n3,2,3"),
            database_table("crm", "accounts", "id,name\n1,Acme\n2,Bolt"),
            database_table("crm", "activities", "id,lead_id,minutes\n1,1,2\n2,3,1\n3,1,1"),
        ];
        let found = links(&tables, &keys(&tables));
        let named: Vec<(&str, &str)> = found
            .iter()
            .map(|link| (tables[link.from.0].columns[link.from.1].name.as_str(), tables[link.to.0].name.table.as_str()))
            .collect();
        assert_eq!(named, [("account_id", "accounts"), ("lead_id", "leads")], "and not `minutes`");
    }

    #[test]
    fn whom_a_record_was_merged_into_is_no_link() {
        let tables = [
            database_table("crm", "leads", "id,merged_into\n1,\n2,1\n3,1"),
            database_table("crm", "activities", "id,lead_id\n1,1\n2,3\n3,1"),
        ];
        let found = links(&tables, &keys(&tables));
        assert_eq!(found.iter().map(|link| (link.from, link.to)).collect::<Vec<_>>(), [((1, 1), (0, 0))]);
    }

    #[test]
    fn a_reference_may_name_the_other_system() {
        let tables = [
            database_table("crm", "leads", "id,name\n1,Ada\n2,Ben\n3,Cem"),
            database_table("crm", "calls", "id,minutes\n1,5\n2,6\n3,7\n4,7"),
            database_table("internal", "applications", "number,crm_ref\nA-1,2\nA-2,3\nA-3,"),
        ];
        let found = links(&tables, &keys(&tables));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from, found[0].to), ((2, 1), (0, 0)));
    }
}
