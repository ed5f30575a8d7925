//! The table with a row a lead, and the date at which a table's rows happened.

use crate::choices::Choices;
use crate::column_role::ColumnRole;
use crate::links::{Link, PERSONS};
use crate::summary::TableSummary;
use crate::words::{has_any, singular, words_of};

/// Of each column of a table, what it is for and why.
pub(crate) type Roles = Vec<Option<(ColumnRole, String)>>;

/// Returns the table with a row a lead, and why.
pub(crate) fn lead_table(
    tables: &[TableSummary],
    keys: &[Option<usize>],
    links: &[Link],
    roles: &[Roles],
    choices: &Choices,
) -> Result<(usize, String), String> {
    let shown: Vec<String> = tables.iter().map(|table| table.name.shown()).collect();
    if let Some(name) = &choices.leads {
        let position = shown.iter().position(|shown| shown == name);
        let table =
            position.ok_or_else(|| format!("there is no table `{name}`: expected one of `{}`", shown.join("`, `")))?;
        if keys[table].is_none() {
            let columns: Vec<&str> = tables[table].columns.iter().map(|column| column.name.as_str()).collect();
            return Err(format!(
                "table `{name}` has no column that identifies a lead, unique and complete and named so, as `id` or `lead_id`: \
                 it has `{}`",
                columns.join("`, `")
            ));
        }
        return Ok((table, "you said so".to_owned()));
    }
    let mut best: Option<(u32, usize, String)> = None;
    for (table, summary) in tables.iter().enumerate() {
        let has = |role| roles[table].iter().flatten().any(|(found, _)| *found == role);
        let words: Vec<String> = words_of(summary.name.called()).iter().map(|word| singular(word)).collect();
        let Some(key) = keys[table] else { continue };
        if !has(ColumnRole::Created) && date_of(summary, &roles[table]).is_none() {
            continue;
        }
        let leads = words.iter().any(|word| word == "lead");
        let persons = words.iter().any(|word| PERSONS.contains(&word.as_str()));
        let named = u32::from(leads) * 3 + u32::from(persons) * 4;
        let is_named_id = matches!(roles[table][key], Some((ColumnRole::LeadId, _)));
        let referred = links.iter().filter(|link| link.to == (table, key) && link.from.0 != table).count() as u32;
        let points = named
            + 3 * u32::from(has(ColumnRole::Email))
            + 2 * u32::from(has(ColumnRole::Created))
            + 2 * u32::from(is_named_id)
            + 2 * referred.min(3)
            + u32::from(has(ColumnRole::Status) || has(ColumnRole::Converted));
        // What refers to another table of the proposal rather has something of its leads.
        let refers = links.iter().filter(|link| link.from.0 == table && link.to.0 != table).count() as u32;
        let points = points.saturating_sub(refers.min(2));
        let is_best = best
            .as_ref()
            .is_none_or(|(most, at, _)| points > *most || points == *most && summary.rows > tables[*at].rows);
        if is_best {
            let mut why = vec![format!("`{}` is there in every row and never twice", summary.columns[key].name)];
            why.extend(persons.then(|| "its name is that of people who may buy".to_owned()));
            why.extend(has(ColumnRole::Email).then(|| "it has e-mail addresses".to_owned()));
            why.extend((referred > 0).then(|| match referred {
                1 => "a column of another table refers to it".to_owned(),
                _ => format!("{referred} columns of other tables refer to it"),
            }));
            best = Some((points, table, why.join("; ")));
        }
    }
    best.map(|(_, table, why)| (table, why)).ok_or_else(|| {
        format!(
            "no table looks like one with a row a lead, with a key and a date: found `{}`; name it by `--leads TABLE`, or export \
             one that has an id and a date of creation",
            shown.join("`, `")
        )
    })
}

/// Returns the position of the date at which something happened, the likeliest one.
pub(crate) fn date_of(table: &TableSummary, roles: &Roles) -> Option<usize> {
    let rank = |position: usize| -> Option<u32> {
        let column = &table.columns[position];
        if !column.is_time() || column.filled * 2 < table.rows {
            return None;
        }
        let words = words_of(&column.name);
        match &roles[position] {
            None if has_any(&words, &["happened", "occurred", "at", "on", "time", "date", "timestamp", "datum"]) => {
                Some(0)
            }
            None => Some(1),
            Some((ColumnRole::Created, _)) => Some(2),
            Some((ColumnRole::ConvertedAt | ColumnRole::ClosedAt, _)) => Some(3),
            Some((ColumnRole::Known, _)) => Some(4),
            Some(_) => None,
        }
    };
    (0..table.columns.len())
        .filter_map(|position| Some((rank(position)?, position)))
        .min()
        .map(|(_, position)| position)
}
