//! `sources/identity.sql`.

use super::parts::Parts;
use crate::column_role::ColumnRole;
use crate::keys::email_key;
use crate::proposed_file::ProposedFile;
use crate::sql::{comment, literal, table};
use crate::tables::{Found, Path, Purpose};

/// Returns the file, unless all tables share one key.
pub(super) fn file(parts: &Parts<'_>) -> Option<ProposedFile> {
    let found = parts.found;
    let mut pairs: Vec<(String, String)> = Vec::new();
    let by_email = found.paths.iter().flatten().any(|path| matches!(path, Path::Email(_)));
    for of in 0..found.tables.len() {
        if !matches!(found.paths[of], Some(Path::Itself | Path::Key(_) | Path::Email(_))) || found.keys[of].is_none() {
            continue;
        }
        let is_pairs = matches!(found.purposes[of].0, Purpose::Pairs | Purpose::Bookkeeping | Purpose::Unused);
        // Only a key that rows of other tables have needs to be tied to a lead.
        let is_wanted = of == found.lead || found.paths.iter().flatten().any(|path| points_to(path, of));
        if is_wanted && !is_pairs {
            add_pairs(found, of, by_email, &mut pairs);
        }
    }
    if pairs.is_empty() {
        return None;
    }
    let said: Vec<&str> = pairs.iter().map(|(why, _)| why.as_str()).collect();
    let sql: Vec<&str> = pairs.iter().map(|(_, sql)| sql.as_str()).collect();
    let said = format!("Who is whom: keys of one person.\n{}", said.join("\n"));
    let sql = comment(&said) + &sql.join("UNION ALL\n");
    Some(ProposedFile::new("sources/identity.sql", sql, "which keys of the tables belong to one person"))
}

fn points_to(path: &Path, of: usize) -> bool {
    match path {
        Path::Key(link) => link.to.0 == of,
        Path::Through(_, to_me, onwards) => onwards.to.0 == of || to_me.to.0 == of,
        Path::Itself | Path::Email(_) => false,
    }
}

/// Adds the pairs of a table's key with the other keys that its rows have.
fn add_pairs(found: &Found<'_>, of: usize, by_email: bool, pairs: &mut Vec<(String, String)>) {
    let summary = &found.tables[of];
    let Some(own) = found.own_key(of, "t") else { return };
    let from = table(&summary.name);
    let shown = summary.name.shown();
    let mut add = |other: String, given: String, why: String| {
        let sql = format!(
            "SELECT {own} AS key_a, {other} AS key_b, t._origin AS _origin\nFROM {from} t\nWHERE {given} IS NOT NULL\n"
        );
        pairs.push((why, sql));
    };
    if let Some(Path::Key(link)) = &found.paths[of] {
        let cell = found.cell(of, link.from.1, "t");
        let other = format!("{} || {}", literal(&format!("{}:", found.prefix(link.to.0))), cell.key());
        let to = found.tables[link.to.0].name.shown();
        add(other, cell.raw(), format!("`{}` of {shown} is a key of {to}.", cell.column.name));
    }
    let email = found.with_role(of, ColumnRole::Email);
    if let Some(email) =
        email.filter(|_| by_email || of == found.lead || matches!(found.paths[of], Some(Path::Email(_))))
    {
        let cell = found.cell(of, email, "t");
        let given = format!("normalise_email({})", cell.text());
        add(email_key(cell), given, format!("`{}` of {shown}: who has one address is one person.", cell.column.name));
    }
    if let Some(into) = found.with_role(of, ColumnRole::MergedInto) {
        let cell = found.cell(of, into, "t");
        let other = format!("{} || {}", literal(&format!("{}:", found.prefix(of))), cell.key());
        add(
            other,
            cell.raw(),
            format!("`{}` of {shown} names the record that this one was merged into.", cell.column.name),
        );
    }
    if let Some(merged) = found.with_role(of, ColumnRole::MergedIds) {
        let cell = found.cell(of, merged, "t");
        let prefix = literal(&format!("{}:", found.prefix(of)));
        let sql = format!(
            "SELECT m.key_a AS key_a, {prefix} || trim(m.merged) AS key_b, m._origin AS _origin\nFROM (\n  \
             SELECT {own} AS key_a, unnest(string_to_array({}, ';')) AS merged, t._origin AS _origin\n  FROM {from} t\n  \
             WHERE {} IS NOT NULL\n) m\nWHERE trim(m.merged) <> ''\n",
            cell.text(),
            cell.raw()
        );
        let why = format!("`{}` of {shown} lists the records that were merged into this one.", cell.column.name);
        pairs.push((why, sql));
    }
}
