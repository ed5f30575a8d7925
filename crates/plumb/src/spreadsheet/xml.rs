//! A workbook's XML as a row of tokens: elements by their local names, whatever prefix they have, and the text between
//! them. Entities of a document's own are left as they are, so that nothing can grow while it is read.

use std::borrow::Cow;

use anyhow::{Context, Result, bail};
use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};

/// What comes next in a part.
pub(super) enum Token<'a> {
    /// An element begins.
    Start(Element<'a>),
    /// The element of this name ends.
    End(String),
    Text(Cow<'a, str>),
}

/// The opening tag of an element.
pub(super) struct Element<'a> {
    pub(super) name: String,
    tag: BytesStart<'a>,
}

impl Element<'_> {
    /// Returns the value of an attribute by its local name.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.tag.attributes();
        let attribute =
            attributes.with_checks(false).flatten().find(|found| found.key.local_name().as_ref() == name)?;
        Some(unescape(&attribute.value).map_or_else(|_| attribute.value.to_string(), Cow::into_owned))
    }
}

/// The tokens of a part.
pub(super) struct Tokens<'a> {
    reader: Reader<&'a [u8]>,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(xml: &'a str) -> Tokens<'a> {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().expand_empty_elements = true;
        Tokens { reader }
    }

    /// Returns the next token; `None` at the end. Comments and declarations are passed over.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>> {
        loop {
            let at = self.reader.buffer_position();
            let event = self.reader.read_event().with_context(|| format!("its XML is damaged after byte {at}"))?;
            return Ok(Some(match event {
                Event::Start(tag) | Event::Empty(tag) => {
                    Token::Start(Element { name: tag.local_name().as_ref().to_owned(), tag })
                }
                Event::End(tag) => Token::End(tag.local_name().as_ref().to_owned()),
                Event::Text(text) => Token::Text(text.into_inner()),
                Event::CData(text) => Token::Text(text.into_inner()),
                Event::GeneralRef(entity) => Token::Text(Cow::Owned(resolved(entity))),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
                Event::Eof => return Ok(None),
            }));
        }
    }

    /// Returns the next token of an element that has begun; `None` at its end.
    pub(super) fn next_within(&mut self, name: &str) -> Result<Option<Token<'a>>> {
        match self.next()? {
            Some(Token::End(end)) if end == name => Ok(None),
            Some(token) => Ok(Some(token)),
            None => bail!("its XML ends within `{name}`"),
        }
    }

    /// Returns the text of an element that has begun, up to its end.
    pub(super) fn text(&mut self, name: &str) -> Result<String> {
        let mut all = String::new();
        while let Some(token) = self.next_within(name)? {
            if let Token::Text(text) = token {
                all.push_str(&text);
            }
        }
        Ok(all)
    }

    /// Returns the text of all elements `t` of one that has begun, up to its end. Readings of Chinese characters (`rPh`)
    /// are no part of it.
    pub(super) fn rich_text(&mut self, name: &str) -> Result<String> {
        let mut all = String::new();
        while let Some(token) = self.next_within(name)? {
            match token {
                Token::Start(element) if element.name == "t" => all.push_str(&self.text("t")?),
                Token::Start(element) if element.name == "rPh" => drop(self.text("rPh")?),
                _ => {}
            }
        }
        Ok(all)
    }
}

/// Returns the character that an entity stands for; an unknown one stays as it is.
fn resolved(entity: BytesRef) -> String {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return character.to_string();
    }
    let name = entity.into_inner();
    resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
}
