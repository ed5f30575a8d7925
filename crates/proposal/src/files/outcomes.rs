//! `sources/outcome.*.sql`.

use super::leads::created_column;
use super::parts::Parts;
use crate::column_role::ColumnRole;
use crate::events::KnownAt;
use crate::keys::where_clause;
use crate::proposed_file::ProposedFile;
use crate::sql::{comment, item, literal, literals, select, table};
use crate::tables::Found;
use crate::targets::{Evidence, Target};

/// Returns a file for each target.
pub(super) fn files(parts: &Parts<'_>) -> Vec<ProposedFile> {
    parts.targets.iter().filter_map(|target| file(parts, target)).collect()
}

/// One SELECT: rows of one end, or of both.
struct End {
    positive: String,
    at: String,
    known_at: Option<String>,
    condition: Option<String>,
}

fn file(parts: &Parts<'_>, target: &Target) -> Option<ProposedFile> {
    let (found, of) = (parts.found, target.table);
    let summary = &found.tables[of];
    let (lead_key, join) = found.lead_key(of, "o")?;
    let mut said = format!("Which leads were {}, by {}.\n", target.name.replace('_', " "), summary.name.shown());
    let ends = ends(found, target, &mut said);
    let conditions = found.conditions(of, "o");
    let selects: Vec<String> = ends
        .into_iter()
        .map(|end| {
            let mut items = vec![
                item(lead_key.clone(), "lead_key"),
                item(literal(&target.name), "target"),
                item(end.positive, "positive"),
                item(end.at, "at"),
            ];
            items.extend(end.known_at.map(|known| item(known, "known_at")));
            items.push(item(Found::origin("o"), "_origin"));
            let conditions: Vec<String> = end.condition.into_iter().chain(conditions.iter().cloned()).collect();
            let join = join.clone().unwrap_or_default();
            format!("{}FROM {} o\n{join}{}", select(&items), table(&summary.name), where_clause(&conditions))
        })
        .collect();
    let sql = comment(said.trim_end()) + &selects.join("UNION ALL\n");
    let is_only = parts.targets.len() == 1;
    let path = if is_only { "sources/outcome.sql".to_owned() } else { format!("sources/outcome.{}.sql", target.name) };
    Some(ProposedFile::new(&path, sql, &format!("which leads were {}, from {}", target.name, summary.name.shown())))
}

/// Returns the ends of a target, and says how they are told.
fn ends(found: &Found<'_>, target: &Target, said: &mut String) -> Vec<End> {
    let (of, meaning) = (target.table, &target.meaning);
    let words = |values: &[String]| values.join("`, `");
    let status_text = |said: &mut String, name: &str| {
        *said += &format!("`{name}` is positive as `{}`", words(&meaning.positive));
        if !meaning.negative.is_empty() {
            *said += &format!(", negative as `{}`", words(&meaning.negative));
        }
        *said += ".\n";
        if !meaning.open.is_empty() {
            *said += &format!("Not an end, so that the lead stays open: `{}`.\n", words(&meaning.open));
        }
        if meaning.negative.is_empty() {
            *said += "No value gives a lead up: each stays open until its horizon ends.\n";
        }
    };
    let positive_at = time_of(found, target, &target.positive_dates, said);
    match &target.evidence {
        Evidence::History { field, value, name } => {
            status_text(said, name);
            let (field, value) = (found.cell(of, *field, "o").text(), found.cell(of, *value, "o").word());
            let condition = format!("{field} = {} AND {value} IN ({})", literal(name), literals(&meaning.decided()));
            let positive = format!("{value} IN ({})", literals(&meaning.positive));
            vec![End { positive, at: positive_at.0, known_at: positive_at.1, condition: Some(condition) }]
        }
        Evidence::Status(status) => {
            status_text(said, &found.column(of, *status).name);
            let word = found.cell(of, *status, "o").word();
            if target.positive_dates == target.negative_dates || meaning.negative.is_empty() {
                let positive = format!("{word} IN ({})", literals(&meaning.positive));
                let condition = format!("{word} IN ({})", literals(&meaning.decided()));
                return vec![End { positive, at: positive_at.0, known_at: positive_at.1, condition: Some(condition) }];
            }
            let condition = format!("{word} IN ({})", literals(&meaning.positive));
            let won =
                End { positive: "true".into(), at: positive_at.0, known_at: positive_at.1, condition: Some(condition) };
            vec![won, lost(found, target, &word, said)]
        }
        Evidence::Flag(flag, no_is_end) => {
            let cell = found.cell(of, *flag, "o");
            *said += &format!("`{}` says whether it was reached.\n", cell.column.name);
            if *no_is_end {
                let condition = Some(format!("{} IS NOT NULL", cell.raw()));
                return vec![End { positive: cell.flag(), at: positive_at.0, known_at: positive_at.1, condition }];
            }
            let won = End {
                positive: "true".into(),
                at: positive_at.0,
                known_at: positive_at.1,
                condition: Some(cell.flag()),
            };
            let status = found.with_role(of, ColumnRole::Status).filter(|_| !meaning.negative.is_empty());
            let Some(status) = status else {
                *said += "No column gives a lead up: each stays open until its horizon ends.\n";
                return vec![won];
            };
            *said += &format!("`{}` gives it up as `{}`.\n", found.column(of, status).name, words(&meaning.negative));
            let word = found.cell(of, status, "o").word();
            let mut lost = lost(found, target, &word, said);
            lost.condition =
                lost.condition.map(|condition| format!("{condition}\n  AND NOT coalesce({}, false)", cell.flag()));
            vec![won, lost]
        }
        Evidence::Date(date) => {
            let cell = found.cell(of, *date, "o");
            *said += &format!(
                "`{}` is there if it was reached. No column gives a lead up: each stays open until its horizon ends.\n",
                cell.column.name
            );
            let condition = Some(format!("{} IS NOT NULL", cell.raw()));
            vec![End { positive: "true".into(), at: positive_at.0, known_at: positive_at.1, condition }]
        }
    }
}

/// Returns the rows that were given up, by the values of a status.
fn lost(found: &Found<'_>, target: &Target, word: &str, said: &mut String) -> End {
    let (at, known_at) = time_of(found, target, &target.negative_dates, said);
    let condition = format!("{word} IN ({})", literals(&target.meaning.negative));
    End { positive: "false".into(), at, known_at, condition: Some(condition) }
}

/// Returns when an outcome came, and when it was known if something says it.
fn time_of(found: &Found<'_>, target: &Target, dates: &[usize], said: &mut String) -> (String, Option<String>) {
    let of = target.table;
    let add = |said: &mut String, text: String| {
        if !said.contains(&text) {
            *said += &text;
        }
    };
    let Some((first, others)) = dates.split_first() else {
        let created = found.cell(found.lead, created_column(found), if of == found.lead { "o" } else { "l" }).time();
        add(
            said,
            "Nothing says when an outcome came, so that each counts from the day after the lead's creation: leads are scored by what \
             was known at once, and rates and horizons mean less than they say. Export a date of closing if you can.\n"
                .to_owned(),
        );
        return (format!("{created} + INTERVAL '1 day'"), None);
    };
    let name = |position: usize| &found.column(of, position).name;
    let is_day = |position: usize| found.column(of, position).is_days_only();
    let lead_has_times = !found.column(found.lead, created_column(found)).is_days_only();
    let time = |position: usize| {
        let time = found.cell(of, position, "o").time();
        // Midnight is before a lead of that day came.
        if is_day(position) && lead_has_times { format!("{time} + INTERVAL '86399 seconds'") } else { time }
    };
    if dates.iter().any(|date| is_day(*date)) && lead_has_times {
        add(
            said,
            "A day without a time counts from its last second, so that no outcome is before its lead.\n".to_owned(),
        );
    }
    let mut rest: Vec<usize> = others.to_vec();
    // A date that is always there needs no other in its place.
    if found.column(of, *first).filled == found.tables[of].rows {
        rest.clear();
    }
    let known = match crate::events::known_at(found, of, *first) {
        KnownAt::Column(known) => known,
        KnownAt::Loaded(..) | KnownAt::Unknown => {
            let at = match rest.is_empty() {
                true if is_day(*first) && lead_has_times => time(*first),
                true => found.cell(of, *first, "o").time_column(),
                false => {
                    let times: Vec<String> = std::iter::once(first).chain(&rest).map(|date| time(*date)).collect();
                    let names: Vec<String> = rest.iter().map(|date| format!("`{}`", name(*date))).collect();
                    add(
                        said,
                        format!("It came at `{}`; where that is empty, at {}.\n", name(*first), names.join(", else ")),
                    );
                    format!("coalesce({})", times.join(", "))
                }
            };
            return (at, None);
        }
    };
    let is_separate = found.role(of, known) == Some(ColumnRole::Known);
    if !is_separate {
        let times: Vec<String> = std::iter::once(first).chain(&rest).map(|date| time(*date)).collect();
        let at = if rest.is_empty() { times[0].clone() } else { format!("coalesce({})", times.join(", ")) };
        return (at, None);
    }
    add(said, format!("It came at `{}`, and was known from `{}` on.\n", name(*first), name(known)));
    let at = if is_day(*first) && lead_has_times { time(*first) } else { found.cell(of, *first, "o").time_column() };
    (at, Some(found.cell(of, known, "o").time_column()))
}
