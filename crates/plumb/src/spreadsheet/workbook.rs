//! A workbook: its sheets, and what they share.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;
use plumb_learn::rules::Sheet;

use super::limits::{FILE_BYTES_MAX, SHEETS_MAX};
use super::package::Package;
use super::sheet::{Count, Shared};
use super::xml::{Token, Tokens};
use super::{number_format, shared_strings, sheet};
use crate::files::read_within;

/// What is in a file.
#[derive(Debug)]
pub(crate) struct Workbook {
    /// The visible sheets, in their order.
    pub(crate) sheets: Vec<Sheet>,
    /// The names of the hidden ones.
    pub(crate) hidden: Vec<String>,
}

/// Reads the cells of a workbook.
pub(crate) fn read(path: &Path) -> Result<Workbook> {
    let bytes = read_within(path, FILE_BYTES_MAX, "a workbook of rules")?;
    parse(&bytes).with_context(|| format!("`{}` is not a workbook that can be read", path.display()))
}

pub(super) fn parse(bytes: &[u8]) -> Result<Workbook> {
    // The container of old `.xls` files and of new ones with a password.
    ensure!(
        !bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]),
        "it is an old .xls file or has a password: save it as .xlsx without one, or as .csv"
    );
    let mut package = Package::open(bytes)?;
    let contents = Contents::read(&mut package)?;
    let texts = package.text("xl/sharedStrings.xml")?.unwrap_or_default();
    let texts = shared_strings::read(&texts).context("part `xl/sharedStrings.xml`")?;
    let styles = package.text("xl/styles.xml")?.unwrap_or_default();
    let formats = number_format::read(&styles).context("part `xl/styles.xml`")?;
    let shared = Shared { texts, formats, epoch: contents.epoch };
    let (mut sheets, mut count) = (Vec::new(), Count::default());
    for (name, part) in contents.sheets {
        let xml = package.text(&part)?.with_context(|| format!("sheet \"{name}\" is missing: `{part}`"))?;
        let lines = sheet::read(&xml, &shared, &mut count).with_context(|| format!("sheet \"{name}\""))?;
        sheets.push(Sheet { name: Some(name), lines });
    }
    Ok(Workbook { sheets, hidden: contents.hidden })
}

/// What `xl/workbook.xml` says.
struct Contents {
    /// The visible sheets, and the part in which the cells of each are.
    sheets: Vec<(String, String)>,
    hidden: Vec<String>,
    /// The first day of the calendar.
    epoch: NaiveDate,
}

impl Contents {
    fn read(package: &mut Package) -> Result<Contents> {
        let xml = package.text("xl/workbook.xml")?.context("it has no `xl/workbook.xml`")?;
        let links = package.text("xl/_rels/workbook.xml.rels")?.context("it has no `xl/_rels/workbook.xml.rels`")?;
        let links = read_links(&links).context("part `xl/_rels/workbook.xml.rels`")?;
        read_contents(&xml, &links).context("part `xl/workbook.xml`")
    }
}

fn read_contents(xml: &str, links: &HashMap<String, String>) -> Result<Contents> {
    let (mut tokens, mut sheets, mut hidden, mut is_of_1904) = (Tokens::of(xml), Vec::new(), Vec::new(), false);
    while let Some(token) = tokens.next()? {
        let Token::Start(element) = token else { continue };
        match element.name.as_str() {
            "sheet" => {
                let [name, id] = ["name", "id"].map(|name| element.attribute(name).unwrap_or_default());
                let part = links.get(&id).with_context(|| format!("sheet \"{name}\" has no cells of its own"))?;
                ensure!(
                    sheets.len() + hidden.len() < SHEETS_MAX,
                    "it has more than {SHEETS_MAX} sheets, too many for a table of rules"
                );
                if element.attribute("state").is_some_and(|state| state != "visible") {
                    hidden.push(name);
                } else {
                    sheets.push((name, part.clone()));
                }
            }
            "workbookPr" => {
                is_of_1904 |= element.attribute("date1904").is_some_and(|flag| flag == "1" || flag == "true");
            }
            _ => {}
        }
    }
    let epoch = if is_of_1904 { NaiveDate::from_ymd_opt(1904, 1, 1) } else { NaiveDate::from_ymd_opt(1899, 12, 30) };
    Ok(Contents { sheets, hidden, epoch: epoch.context("the calendar begins on no day")? })
}

/// Reads the part that each id stands for.
fn read_links(xml: &str) -> Result<HashMap<String, String>> {
    let (mut tokens, mut links) = (Tokens::of(xml), HashMap::new());
    while let Some(token) = tokens.next()? {
        let Token::Start(link) = token else { continue };
        if link.name != "Relationship" {
            continue;
        }
        if let (Some(id), Some(target)) = (link.attribute("Id"), link.attribute("Target")) {
            let part = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            links.insert(id, part);
        }
    }
    Ok(links)
}
