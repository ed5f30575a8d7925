//! How deep SQL can be nested, told from its words alone: before a tree is made of it that is too deep to be dropped.

use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Word};

/// Returns the most words and signs between two commas, those around the same parentheses included, and where the chain
/// ends.
///
/// An expression is nested by operators, each of which takes its words, and by parentheses. Only a comma ends both.
pub(super) fn longest_chain(tokens: &[TokenWithSpan]) -> (usize, Location) {
    // The words so far at each level of parentheses, and their sum.
    let mut levels = vec![0_usize];
    let mut sum = 0;
    let (mut longest, mut end) = (0, Location { line: 1, column: 1 });
    for token in tokens {
        match token.token {
            Token::Whitespace(_) | Token::EOF => continue,
            Token::Comma | Token::SemiColon => {
                // The parenthesis around it goes on.
                let stays = usize::from(levels.len() > 1);
                if let Some(level) = levels.last_mut() {
                    sum = sum + stays - std::mem::replace(level, stays);
                }
                continue;
            }
            Token::LParen | Token::LBracket | Token::LBrace => {
                levels.push(1);
                sum += 1;
            }
            Token::RParen | Token::RBracket | Token::RBrace if levels.len() > 1 => {
                sum -= levels.pop().unwrap_or_default();
                // The parenthesis stays one word of the level around it.
                if let Some(level) = levels.last_mut() {
                    *level += 1;
                }
                sum += 1;
            }
            _ => {
                if let Some(level) = levels.last_mut() {
                    *level += 1;
                }
                sum += 1;
            }
        }
        if sum > longest {
            (longest, end) = (sum, token.span.start);
        }
    }
    (longest, end)
}

/// Words before a `<` that holds a type.
const TYPES: [&str; 7] = ["ARRAY", "STRUCT", "MAP", "TUPLE", "NESTED", "NULLABLE", "LIST"];

/// Returns the most parentheses and CASEs inside each other, and where they are. The parser counts those of types not at all, and
/// may try others twice each.
pub(super) fn deepest_brackets(tokens: &[TokenWithSpan]) -> (usize, Location) {
    let (mut depth, mut of_types, mut after_type) = (0_usize, 0_usize, false);
    let (mut deepest, mut at) = (0, Location { line: 1, column: 1 });
    for token in tokens {
        match &token.token {
            Token::Whitespace(_) => continue,
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Word(word) if is_bare(word, "CASE") => depth += 1,
            Token::Word(word) if is_bare(word, "END") => depth = depth.saturating_sub(1),
            Token::Lt if after_type => of_types += 1,
            Token::Gt => of_types = of_types.saturating_sub(1),
            Token::ShiftRight => of_types = of_types.saturating_sub(2),
            _ => {}
        }
        after_type = matches!(&token.token, Token::Word(word) if TYPES.iter().any(|known| word.value.eq_ignore_ascii_case(known)));
        if depth + of_types > deepest {
            (deepest, at) = (depth + of_types, token.span.start);
        }
    }
    (deepest, at)
}

/// Returns whether a word is this one, and not a name in quotation marks.
fn is_bare(word: &Word, known: &str) -> bool {
    word.quote_style.is_none() && word.value.eq_ignore_ascii_case(known)
}

/// Returns how many times SELECTs are put together. Each is a level of the tree too, and there are commas between them.
pub(super) fn set_operators(tokens: &[TokenWithSpan]) -> usize {
    let is_operator = |token: &&TokenWithSpan| match &token.token {
        Token::Word(word) => {
            ["UNION", "EXCEPT", "INTERSECT", "MINUS"].iter().any(|known| word.value.eq_ignore_ascii_case(known))
        }
        _ => false,
    };
    tokens.iter().filter(is_operator).count()
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::GenericDialect;
    use datafusion::sql::sqlparser::tokenizer::Tokenizer;

    use super::*;

    #[track_caller]
    fn check(sql: &str, longest: usize, column: u64) {
        let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().expect("words");
        assert_eq!(longest_chain(&tokens), (longest, Location { line: 1, column }), "{sql}");
    }

    #[test]
    fn brackets_of_types_count_too() {
        let deepest = |sql: &str| {
            let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().expect("words");
            deepest_brackets(&tokens).0
        };
        assert_eq!(deepest("f((a), [1])"), 2);
        assert_eq!(deepest("CAST(a AS ARRAY<ARRAY<INT>>) < (b)"), 3);
        assert_eq!(deepest("a < b AND c < d AND ARRAY<ARRAY<"), 2);
        assert_eq!(deepest(")))("), 1);
    }

    #[test]
    fn a_comma_ends_a_chain_and_parentheses_add_to_it() {
        check("a AND b", 3, 7);
        check("a AND b, c", 3, 7);
        check("a, b AND c AND d", 5, 16);
        check("f(a, b AND c)", 5, 12);
        check("NOT ((a))", 4, 7);
        check("(a) AND (b)", 4, 10);
        check("a -- AND b\n", 1, 1);
        check(")", 1, 1);
    }
}
