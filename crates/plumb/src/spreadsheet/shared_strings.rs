//! The texts that the sheets share: a cell names one by its number.

use anyhow::Result;

use super::xml::{Token, Tokens};

/// Reads all texts, in their order.
pub(super) fn read(xml: &str) -> Result<Vec<String>> {
    let (mut tokens, mut texts) = (Tokens::of(xml), Vec::new());
    while let Some(token) = tokens.next()? {
        if let Token::Start(element) = token
            && element.name == "si"
        {
            texts.push(tokens.rich_text("si")?);
        }
    }
    Ok(texts)
}
