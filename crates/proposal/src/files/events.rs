//! `sources/event.*.sql`.

use super::parts::Parts;
use crate::events::Events;
use crate::fields::FieldKind;
use crate::keys::where_clause;
use crate::proposed_file::ProposedFile;
use crate::sql::{comment, item, literal, select, table};
use crate::tables::Found;
use crate::words::{singular, sql_name, words_of};

/// Returns a file for each table of events; one without rows if there is none, as the relation is required.
pub(super) fn files(parts: &Parts<'_>) -> Vec<ProposedFile> {
    let files: Vec<ProposedFile> = parts.events.iter().filter_map(|events| file(parts, events)).collect();
    if !files.is_empty() {
        return files;
    }
    let sql = "-- No table has events of leads, such as visits, calls or e-mails: rows with a lead's id or address, a date and a kind.\n\
               -- When you have one, select it here.\n\
               SELECT 'nobody' AS lead_key, 'none' AS kind, CAST(NULL AS TIMESTAMP) AS at\nWHERE false\n";
    vec![ProposedFile::new("sources/event.sql", sql.to_owned(), "no events yet: no table has any")]
}

fn file(parts: &Parts<'_>, events: &Events) -> Option<ProposedFile> {
    let (found, of) = (parts.found, events.table);
    let summary = &found.tables[of];
    let (lead_key, join) = found.lead_key(of, "e")?;
    let at = found.cell(of, events.at, "e");
    let mut said =
        format!("Events: {}, {} rows, because {}.\n", summary.name.shown(), summary.rows, found.purposes[of].1);
    let mut items = Vec::new();
    // Of a table of pairs, one row may be an event of several leads.
    if let Some(key) = found.own_key(of, "e").filter(|_| join.is_none()) {
        items.push(item(key, "event_id"));
    }
    items.push(item(lead_key, "lead_key"));
    let kind = match events.kind_column {
        Some(column) => {
            let called = sql_name(&singular(&words_of(summary.name.called()).join(" ")));
            format!("coalesce({}, {})", found.cell(of, column, "e").word(), literal(&called))
        }
        None => literal(&events.kinds.first().map(|(kind, _)| kind.clone()).unwrap_or_default()),
    };
    items.push(item(kind, "kind"));
    items.push(item(at.time_column(), "at"));
    if let Some((known, why)) = found.known_expression(of, &events.known, &at.time(), "e") {
        items.push(item(known, "known_at"));
        said += &why;
    } else {
        said += "Nothing says when a row was entered, so that it counts as known when it happened.";
    }
    for attribute in &events.attributes {
        let cell = found.cell(of, attribute.column, "e");
        let value = match attribute.kind {
            FieldKind::Number => cell.number(),
            FieldKind::Flag => cell.flag(),
            _ => cell.text(),
        };
        items.push(item(value, &attribute.name));
    }
    items.push(item(Found::origin("e"), "_origin"));
    let conditions = found.conditions(of, "e");
    let sql = format!(
        "{}{}FROM {} e\n{}{}",
        comment(said.trim_end()),
        select(&items),
        table(&summary.name),
        join.unwrap_or_default(),
        where_clause(&conditions)
    );
    let path = format!("sources/event.{}.sql", parts.found.prefix(of));
    Some(ProposedFile::new(&path, sql, &format!("what happened, from {}", summary.name.shown())))
}
