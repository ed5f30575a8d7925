//! `sources/identity.sql`.

use super::parts::Parts;
use crate::column_role::ColumnRole;
use crate::keys::email_key;
use crate::proposed_file::ProposedFile;
use crate::sql::{comment, literal, table};
use crate::tables::{Found, Path};

/// Returns the file, unless all tables share one key.
pub(super) fn file(parts: &Parts<'_>) -> Option<ProposedFile> {
    let found = parts.found;
    let mut pairs: Vec<(String, String)> = Vec::new();
    for of in (0..found.tables.len()).filter(|of| found.is_identity(*of)) {
        add_pairs(found, of, &mut pairs);
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

/// Adds the pairs of a table's key with the other keys that its rows have.
fn add_pairs(found: &Found<'_>, of: usize, pairs: &mut Vec<(String, String)>) {
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
    if let Some(email) = found.with_role(of, ColumnRole::Email) {
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
