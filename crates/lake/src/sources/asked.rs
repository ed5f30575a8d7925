//! What the project's SQL asks of a source, by the words of its files.
//!
//! A file is not planned for this, as the columns of the source need not be known yet. Each word of it may be the name of a
//! column: what is told is rather too much than too little.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer, Word};
use plumb_connectors::Selection;

use super::source::Source;
use crate::sql_file::SqlFile;

/// Words by which a file uses columns without naming them.
const UNNAMED: [&str; 5] = ["NATURAL", "TABLE", "COLUMNS", "PIVOT", "UNPIVOT"];

/// Words behind which a `*` stands for columns.
const BEFORE_STAR: [&str; 3] = ["SELECT", "ALL", "DISTINCT"];

/// Words before which a `*` stands for columns.
const AFTER_STAR: [&str; 7] = ["FROM", "EXCEPT", "EXCLUDE", "REPLACE", "RENAME", "ILIKE", "INTO"];

/// Returns the sources with what the files ask of each; nothing of it is known if a file is no SQL.
pub(crate) fn with_asked(mut sources: BTreeMap<String, Source>, files: &[SqlFile]) -> BTreeMap<String, Source> {
    for (name, source) in &mut sources {
        source.database.asked = asked_of(name, files);
    }
    sources
}

/// Returns what the files ask of the tables of a source, by their names in small letters.
fn asked_of(source: &str, files: &[SqlFile]) -> Option<BTreeMap<String, Selection>> {
    let mut asked: BTreeMap<String, Selection> = BTreeMap::new();
    for file in files {
        let tokens = Tokenizer::new(&GenericDialect {}, &file.sql).tokenize().ok()?;
        let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
        let columns = columns_of(&tokens);
        // Each once, however often it is named.
        for (table, has_names) in tables_of(source, &tokens).into_iter().collect::<BTreeSet<(String, bool)>>() {
            let columns = if has_names { Selection::All } else { columns.clone() };
            match (asked.entry(table).or_insert_with(|| Selection::Named(Vec::new())), columns) {
                (Selection::Named(known), Selection::Named(more)) => known.extend(more),
                (known, Selection::All) => *known = Selection::All,
                (Selection::All, _) => {}
            }
        }
    }
    Some(asked)
}

/// Returns the words of a file, or all columns if it may use some that it does not name.
fn columns_of(tokens: &[Token]) -> Selection {
    let uses_unnamed = |index: usize| match &tokens[index] {
        Token::Mul => is_star(index.checked_sub(1).map(|before| &tokens[before]), tokens.get(index + 1)),
        Token::Word(word) if is_one_of(word, &["FROM"]) => {
            matches!(index.checked_sub(1).map(|before| &tokens[before]), None | Some(Token::LParen))
        }
        Token::Word(word) => is_one_of(word, &UNNAMED),
        _ => false,
    };
    if (0..tokens.len()).any(uses_unnamed) {
        return Selection::All;
    }
    let words = tokens.iter().filter_map(|token| if let Token::Word(word) = token { Some(&word.value) } else { None });
    Selection::Named(words.cloned().collect())
}

/// Returns whether a `*` between these stands for columns: it does not in `count(*)`, nor between two values.
fn is_star(before: Option<&Token>, after: Option<&Token>) -> bool {
    match (before, after) {
        (Some(Token::LParen), Some(Token::RParen)) => false,
        (Some(Token::Comma | Token::Period), _) | (_, Some(Token::Comma | Token::RParen | Token::EOF) | None) => true,
        (Some(Token::Word(word)), _) if is_one_of(word, &BEFORE_STAR) => true,
        (_, Some(Token::Word(word))) => is_one_of(word, &AFTER_STAR),
        _ => false,
    }
}

/// Returns the tables of a source that a file names, and whether it gives names of its own to all columns of each:
/// `crm.leads AS l (id, stage)`.
fn tables_of(source: &str, tokens: &[Token]) -> Vec<(String, bool)> {
    let mut tables = Vec::new();
    for (index, three) in tokens.windows(3).enumerate() {
        let [Token::Word(schema), Token::Period, Token::Word(table)] = three else { continue };
        if schema.value.to_lowercase() != source.to_lowercase() {
            continue;
        }
        let mut behind = tokens[index + 3..].iter();
        let mut next = behind.next();
        if matches!(next, Some(Token::Word(word)) if is_one_of(word, &["AS"])) {
            next = behind.next();
        }
        let has_names = matches!((next, behind.next()), (Some(Token::Word(_)), Some(Token::LParen)));
        tables.push((table.value.to_lowercase(), has_names));
    }
    tables
}

fn is_one_of(word: &Word, words: &[&str]) -> bool {
    word.quote_style.is_none() && words.iter().any(|known| word.value.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(sql: &[&str]) -> Option<BTreeMap<String, Selection>> {
        let file = |sql: &&str| SqlFile { name: "sources/lead.sql".to_owned(), sql: (*sql).to_owned() };
        asked_of("crm", &sql.iter().map(file).collect::<Vec<_>>())
    }

    fn asks(asked: &Option<BTreeMap<String, Selection>>, table: &str, column: &str) -> Option<bool> {
        match asked.as_ref()?.get(table)? {
            Selection::All => None,
            Selection::Named(names) => Some(names.iter().any(|name| name == column)),
        }
    }

    #[test]
    fn words_are_columns_of_the_tables_of_their_file() {
        let asked = asked(&[
            "SELECT id, \"Stage\", a * 2, count(*), sum(b)*c FROM crm.leads l JOIN \"crm\".\"Deals\" AS d ON l.id = d.lead -- note",
            "SELECT more FROM crm.leads WHERE note = 'other' AND (b) * -1 > 0",
            "SELECT x FROM erp.items",
        ]);
        for column in ["id", "Stage", "a", "b", "c", "lead", "more", "note"] {
            assert_eq!(asks(&asked, "leads", column), Some(true), "{column}");
        }
        assert_eq!(asks(&asked, "deals", "lead"), Some(true));
        assert_eq!(asks(&asked, "deals", "more"), Some(false));
        assert_eq!(asks(&asked, "leads", "other"), Some(false));
        assert_eq!(asked.map(|asked| asked.len()), Some(2));
    }

    #[test]
    fn a_file_that_does_not_name_its_columns_asks_for_all() {
        for sql in [
            "SELECT * FROM crm.leads",
            "SELECT l.* FROM crm.leads l",
            "SELECT id, * FROM crm.leads",
            "SELECT DISTINCT ON (id) * FROM crm.leads",
            "SELECT * EXCEPT (id) FROM crm.leads",
            "SELECT DISTINCT * FROM crm.leads",
            "FROM crm.leads",
            "SELECT a FROM (FROM crm.leads)",
            "TABLE crm.leads",
            "SELECT id FROM crm.leads NATURAL JOIN crm.deals",
            "SELECT a FROM crm.leads AS l (a, b)",
            "SELECT a FROM crm.leads l(a, b)",
            "SELECT id FROM (SELECT *, 1 FROM crm.leads)",
        ] {
            assert_eq!(asked(&[sql]).and_then(|asked| asked.get("leads").cloned()), Some(Selection::All), "{sql}");
            let both = asked(&["SELECT id FROM crm.leads", sql, "SELECT id FROM crm.leads"]);
            assert_eq!(both.and_then(|asked| asked.get("leads").cloned()), Some(Selection::All), "{sql}");
        }
    }

    #[test]
    fn of_what_is_no_sql_nothing_is_known() {
        assert_eq!(asked(&["SELECT 'open"]), None);
        assert_eq!(asked(&[]), Some(BTreeMap::new()));
    }
}
