//! From the cells of spreadsheets to rules: where the table begins, which lines are rules, and which hold none.

use super::cell::{Cell, CellAddress, Sheet, UnreadableCell, shortened};
use super::headings::{HEADINGS_WITHIN, Headings, cell};
use super::rule::Rules;

/// The rules of spreadsheets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedRules {
    /// The rules that can be read.
    pub rules: Rules,
    /// The address of each of them.
    pub addresses: Vec<CellAddress>,
    /// The cells that cannot be read, all of them.
    pub unreadable: Vec<UnreadableCell>,
    /// Sheets that hold no rules, a sentence each.
    pub skipped: Vec<String>,
}

/// Reads the rules of sheets: each that has headings of rules, wherever they stand. They are those of a field, a condition and
/// points; of one field over its conditions, and points; or of what a lead has done, and points.
pub fn read(sheets: &[Sheet]) -> ParsedRules {
    let mut parsed = ParsedRules::default();
    for sheet in sheets {
        match Headings::find(sheet) {
            Some((above, headings)) => read_lines(headings, sheet, &sheet.lines[above + 1..], &mut parsed),
            None => parsed.skipped.push(without_headings(sheet)),
        }
    }
    parsed
}

/// Reads rules from text whose cells are separated by commas, semicolons or tabs.
pub fn parse_csv(text: &str) -> ParsedRules {
    let text = text.trim_start_matches('\u{feff}');
    let count = |separator: char| text.lines().take(HEADINGS_WITHIN).map(|line| line.matches(separator).count()).max();
    let delimiter = [';', '\t'].into_iter().find(|separator| count(*separator) >= Some(2)).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter as u8)
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        // Text is UTF-8 and lines may be of any length, so that nothing is left to go wrong.
        let Ok(record) = record else { continue };
        let line = record.position().map_or(0, |position| position.line() as usize);
        let cell = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) };
        lines.push((line, record.iter().map(cell).collect()));
    }
    read(&[Sheet { name: None, lines }])
}

/// Reads the lines under the headings; where headings come again, those count from there on.
fn read_lines(mut headings: Headings, sheet: &Sheet, lines: &[(usize, Vec<Cell>)], parsed: &mut ParsedRules) {
    for (line, cells) in lines {
        if let Some(next) = Headings::of(cells) {
            headings = next;
            continue;
        }
        if headings.is_no_rule(cells) {
            continue;
        }
        match headings.rule(cells) {
            Ok(rule) => {
                parsed.rules.rules.push(rule);
                parsed.addresses.push(headings.address(sheet, *line, headings.named_column()));
            }
            Err((column, why)) => parsed.unreadable.push(UnreadableCell {
                address: headings.address(sheet, *line, column),
                text: cell(cells, column).text(),
                why,
            }),
        }
    }
}

/// Returns why a sheet without the headings is skipped.
fn without_headings(sheet: &Sheet) -> String {
    let of = sheet.name.as_ref().map_or_else(String::new, |name| format!("sheet \"{name}\" is skipped: "));
    let seen = sheet.lines.iter().find(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
    let seen = seen.map_or_else(
        || "it is empty".to_owned(),
        |(line, cells)| {
            let texts: Vec<String> = cells.iter().map(Cell::text).filter(|text| !text.trim().is_empty()).collect();
            format!("line {line} is the first, `{}`", shortened(&texts.join(", ")))
        },
    );
    format!(
        "{of}no line has the headings of a field, a condition and points, such as `Field, Condition, Points`, `Industry, Points` or \
         `Action, Points`, and {seen}"
    )
}
