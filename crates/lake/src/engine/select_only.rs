//! The fence before the planner: a SQL file of a project, or of a model, is one SELECT of a bounded size.

use datafusion::sql::sqlparser::ast::{Query, Statement};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::limits::{FILE_BYTES_MAX, PARTS_MAX, WORDS_MAX, bytes, too_deep};
use super::query_size::{check_size, too_many_parts};
use super::word_chains::{deepest_brackets, longest_chain, set_operators};
use crate::error::Error;
use crate::sql_file::SqlFile;

/// What the parser allows of parentheses, CASEs, NOTs and calls inside each other.
const PARSER_DEPTH_MAX: usize = 50;

/// What is allowed in a file.
const EXPECTED: &str = "expected one SELECT and nothing else: the SQL of a project only reads";

/// The words with which a query may begin; `(` too.
const FIRST_WORDS: [&str; 5] = ["SELECT", "WITH", "VALUES", "TABLE", "FROM"];

/// A parsed SELECT.
#[derive(Debug)]
pub(crate) struct SelectOnly {
    /// It.
    pub(crate) query: Box<Query>,
    /// Where it begins.
    pub(crate) at: Location,
}

/// Parses a file that is one SELECT, and refuses everything else before it is planned.
pub(crate) fn select_only(file: &SqlFile) -> Result<SelectOnly, Error> {
    if file.sql.len() > FILE_BYTES_MAX {
        let (found, limit) = (bytes(file.sql.len() as u64), bytes(FILE_BYTES_MAX as u64));
        return Err(
            file.error(format!("it has {found}: expected at most {limit}; put data into a source, not into SQL"))
        );
    }
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, &file.sql)
        .tokenize_with_location()
        .map_err(|error| file.error_at(error.location, error.message))?;
    let at = check_words(file, &tokens)?;
    let (longest, end) = longest_chain(&tokens);
    if longest > WORDS_MAX {
        return Err(file.error_at(end, too_deep(format!("{WORDS_MAX} words and signs without a comma"))));
    }
    let (deepest, place) = deepest_brackets(&tokens);
    if deepest > PARSER_DEPTH_MAX {
        return Err(file.error_at(place, too_deep(parser_depth())));
    }
    if set_operators(&tokens) as u64 > PARTS_MAX {
        return Err(file.error_at(at, too_many_parts()));
    }
    let parsed = Parser::new(&dialect)
        .with_recursion_limit(PARSER_DEPTH_MAX)
        .with_tokens_with_locations(tokens)
        .parse_statements();
    let mut statements = parsed.map_err(|error| parse_error(file, error, end, longest))?;
    let (Some(Statement::Query(query)), true) = (statements.pop(), statements.is_empty()) else {
        return Err(file.error_at(at, EXPECTED));
    };
    check_size(&query).map_err(|problem| file.error_at(if problem.is_of_depth { end } else { at }, problem.text))?;
    Ok(SelectOnly { query, at })
}

/// Returns where the statement of a file begins, without parsing it: that may be what took too long.
pub(crate) fn begin_of(file: &SqlFile) -> Location {
    let tokens = Tokenizer::new(&GenericDialect {}, &file.sql).tokenize_with_location().unwrap_or_default();
    let is_space = |token: &&TokenWithSpan| matches!(token.token, Token::Whitespace(_) | Token::SemiColon);
    tokens.iter().find(|token| !is_space(token)).map_or(Location { line: 1, column: 1 }, |first| first.span.start)
}

/// Returns where the only statement begins, or an error that names another one.
fn check_words(file: &SqlFile, tokens: &[TokenWithSpan]) -> Result<Location, Error> {
    let mut words = tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
    let Some(first) = words.find(|token| token.token != Token::SemiColon) else {
        return Err(file.error(format!("it is empty: {EXPECTED}")));
    };
    let at = first.span.start;
    let is_query = match &first.token {
        Token::Word(word) => FIRST_WORDS.iter().any(|known| word.value.eq_ignore_ascii_case(known)),
        token => *token == Token::LParen,
    };
    if !is_query {
        return Err(file.error_at(at, format!("`{}`: {EXPECTED}", first.token)));
    }
    let mut after = words.skip_while(|token| token.token != Token::SemiColon);
    match after.find(|token| token.token != Token::SemiColon) {
        None => Ok(at),
        Some(second) => {
            let problem = format!("a second statement begins here, with `{}`: {EXPECTED}", second.token);
            Err(file.error_at(second.span.start, problem))
        }
    }
}

/// Returns the parser's error with the place that it names at its end.
fn parse_error(file: &SqlFile, error: ParserError, deepest: Location, chain: usize) -> Error {
    let text = match error {
        ParserError::RecursionLimitExceeded => {
            return file.error_at(deepest, too_deep(parser_depth()));
        }
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => text,
    };
    let located = text.rsplit_once(" at Line: ").and_then(|(problem, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((problem, Location { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? }))
    });
    match located {
        // The parser may give up on one path for its depth, and say what is wrong on another.
        Some((problem, at)) if chain > PARSER_DEPTH_MAX => {
            file.error_at(at, format!("it is no SQL: {problem}; or it is nested: expected at most {}", parser_depth()))
        }
        Some((problem, at)) => file.error_at(at, format!("it is no SQL: {problem}")),
        None => file.error(format!("it is no SQL: {text}")),
    }
}

fn parser_depth() -> String {
    format!("{PARSER_DEPTH_MAX} parentheses, CASEs, NOTs or calls inside each other")
}
