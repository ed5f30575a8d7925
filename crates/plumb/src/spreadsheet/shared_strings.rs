//! The texts that the sheets share: a cell names one by its number.

use anyhow::{Result, ensure};

use super::limits::SHARED_TEXTS_MAX;
use super::xml::{Token, Tokens};

/// Reads all texts, in their order.
pub(super) fn read(xml: &str) -> Result<Vec<String>> {
    let (mut tokens, mut texts) = (Tokens::of(xml), Vec::new());
    while let Some(token) = tokens.next()? {
        if let Token::Start(element) = token
            && element.name == "si"
        {
            ensure!(
                texts.len() < SHARED_TEXTS_MAX,
                "it has more than {SHARED_TEXTS_MAX} texts, too many for a table of rules"
            );
            texts.push(tokens.rich_text("si")?);
        }
    }
    Ok(texts)
}
