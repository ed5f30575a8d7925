//! As much XML as a workbook needs: elements by their local name, their attributes and their text. Entities of a
//! document's own are not known, so that nothing can grow while it is read.

/// An element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Markup<'a> {
    /// What stands in its opening tag after the name.
    attributes: &'a str,
    /// What stands between its tags.
    pub(super) inner: &'a str,
}

/// Returns the elements of a name, wherever they are in the text, but none within another of the same name.
pub(super) fn elements<'a>(xml: &'a str, name: &'a str) -> impl Iterator<Item = Markup<'a>> {
    let mut tags = Tags { xml, at: 0 };
    std::iter::from_fn(move || {
        let opening = tags.find(|tag| tag.name == name && !tag.is_closing)?;
        let inner = if opening.is_empty {
            ""
        } else {
            let closing = tags.find(|tag| tag.name == name && tag.is_closing)?;
            &xml[opening.end..closing.start]
        };
        Some(Markup { attributes: opening.attributes, inner })
    })
}

/// Returns the text of all elements `t`, or of an element without such; readings of Chinese characters (`rPh`) are no part of it.
pub(super) fn text_of(inner: &str) -> String {
    if !inner.contains('<') {
        return unescaped(inner);
    }
    let phonetic: Vec<&str> = elements(inner, "rPh").map(|reading| reading.inner).collect();
    let is_reading =
        |text: &str| phonetic.iter().any(|reading| reading.as_bytes().as_ptr_range().contains(&text.as_ptr()));
    elements(inner, "t").filter(|text| !is_reading(text.inner)).map(|text| unescaped(text.inner)).collect()
}

impl Markup<'_> {
    /// Returns the value of an attribute by its local name.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            let (key, after) = rest.split_once('=')?;
            let quote = after.trim_start().chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let (value, after) = after.trim_start()[1..].split_once(quote)?;
            if local(key.trim()) == name {
                return Some(unescaped(value));
            }
            rest = after;
        }
    }
}

/// A tag, and where it begins and ends.
struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
    is_closing: bool,
    is_empty: bool,
    start: usize,
    end: usize,
}

/// The tags of a text. Comments and declarations are passed over.
struct Tags<'a> {
    xml: &'a str,
    at: usize,
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        loop {
            let start = self.at + self.xml[self.at..].find('<')?;
            let rest = &self.xml[start..];
            let passed_over = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")];
            if let Some((_, end)) = passed_over.into_iter().find(|(begin, _)| rest.starts_with(begin)) {
                self.at = start + rest.find(end)? + end.len();
                continue;
            }
            let end = start + end_of_tag(rest)?;
            self.at = end;
            let inside = &self.xml[start + 1..end - 1];
            let (is_closing, inside) = (inside.starts_with('/'), inside.trim_start_matches('/'));
            let (is_empty, inside) = (inside.ends_with('/'), inside.trim_end_matches('/'));
            let (name, attributes) = inside.split_once(|letter: char| letter.is_whitespace()).unwrap_or((inside, ""));
            return Some(Tag { name: local(name), attributes, is_closing, is_empty, start, end });
        }
    }
}

/// Returns where a tag ends: a `>` may stand in an attribute.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    let end = text.bytes().position(|byte| {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        quote.is_none() && byte == b'>'
    });
    end.map(|end| end + 1)
}

/// Returns a name without the prefix of its namespace.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, name)| name)
}

/// Returns text with the characters that its entities stand for; what is no entity stays as it is.
fn unescaped(text: &str) -> String {
    let mut unescaped = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        unescaped.push_str(before);
        let entity = after.split_once(';').and_then(|(name, after)| Some((character(name)?, after)));
        let (character, after) = entity.unwrap_or(('&', after));
        unescaped.push(character);
        rest = after;
    }
    unescaped + rest
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            code.ok().and_then(char::from_u32)
        }
    }
}
