//! How the numbers of each style are shown: whether a number is a date, and what was typed for it.

use std::collections::HashMap;

use anyhow::{Result, ensure};

use super::limits::STYLES_MAX;
use super::xml::{Token, Tokens};

/// How a number is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberFormat {
    Plain,
    /// A day that was typed or chosen as one.
    Date,
    /// `3-May`: what Excel makes of `3-5` or `5-3`.
    DayAndMonth,
    /// `Nov-50`: what Excel makes of `11-50`.
    MonthAndYear,
}

/// Reads the number format of each style.
pub(super) fn read(xml: &str) -> Result<Vec<NumberFormat>> {
    let mut tokens = Tokens::of(xml);
    // The workbook's own formats by their ids, and the id of each style.
    let (mut codes, mut styles): (HashMap<String, String>, Option<Vec<String>>) = (HashMap::new(), None);
    while let Some(token) = tokens.next()? {
        let Token::Start(element) = token else { continue };
        match element.name.as_str() {
            "numFmt" => {
                if let (Some(id), Some(code)) = (element.attribute("numFmtId"), element.attribute("formatCode")) {
                    codes.insert(id, code.to_lowercase());
                }
            }
            "cellXfs" if styles.is_none() => styles = Some(format_ids(&mut tokens)?),
            _ => {}
        }
    }
    let format = |id: &String| format_of(id, codes.get(id).map(String::as_str));
    Ok(styles.unwrap_or_default().iter().map(format).collect())
}

/// Returns the id of each style's number format.
fn format_ids(tokens: &mut Tokens) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    while let Some(token) = tokens.next_within("cellXfs")? {
        if let Token::Start(style) = token
            && style.name == "xf"
        {
            ensure!(ids.len() < STYLES_MAX, "it has more than {STYLES_MAX} styles, as no workbook of Excel's has");
            ids.push(style.attribute("numFmtId").unwrap_or_default());
        }
    }
    Ok(ids)
}

fn format_of(id: &str, code: Option<&str>) -> NumberFormat {
    match (id, code) {
        (_, Some("d-mmm" | "d\\-mmm" | "dd-mmm")) => NumberFormat::DayAndMonth,
        (_, Some("mmm-yy" | "mmm\\-yy")) => NumberFormat::MonthAndYear,
        (_, Some(code)) if is_of_days(code) => NumberFormat::Date,
        ("14" | "15" | "22", None) => NumberFormat::Date,
        ("16", None) => NumberFormat::DayAndMonth,
        ("17", None) => NumberFormat::MonthAndYear,
        _ => NumberFormat::Plain,
    }
}

/// Returns whether a format's code shows days or years, outside of quotes and brackets.
fn is_of_days(code: &str) -> bool {
    let (mut quoted, mut bracketed) = (false, false);
    code.chars().any(|letter| {
        match letter {
            '"' => quoted = !quoted,
            '[' => bracketed = true,
            ']' => bracketed = false,
            _ => {}
        }
        !quoted && !bracketed && matches!(letter, 'd' | 'y')
    })
}
