//! Which sheet of a workbook is the table.

use calamine::SheetVisible;

use crate::report::{Level, Note, NoteCode};

/// A sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SheetSize {
    pub(super) name: String,
    pub(super) is_hidden: bool,
    /// Cells with something in them.
    pub(super) cells: u64,
}

impl SheetSize {
    pub(super) fn new(name: &str, visible: SheetVisible) -> SheetSize {
        SheetSize { name: name.to_owned(), is_hidden: visible != SheetVisible::Visible, cells: 0 }
    }
}

/// Returns the sheet that is named, or the one with the most cells of those that are shown; or why there is none.
pub(super) fn choose(sheets: &[SheetSize], named: Option<&str>) -> Result<usize, String> {
    if let Some(named) = named {
        let listed: Vec<String> = sheets.iter().map(|sheet| format!("`{}`", sheet.name)).collect();
        let found = sheets.iter().position(|sheet| sheet.name == named);
        return found
            .ok_or_else(|| format!("has no sheet `{named}`, which the plan names: it has {}", listed.join(", ")));
    }
    let shown = |is_hidden: bool| {
        let sheets =
            sheets.iter().enumerate().rev().filter(|(_, sheet)| sheet.is_hidden == is_hidden && sheet.cells > 0);
        sheets.max_by_key(|(_, sheet)| sheet.cells).map(|(at, _)| at)
    };
    shown(false).or_else(|| shown(true)).ok_or_else(|| "has no sheet with anything in it".to_owned())
}

/// Says which sheet is read, and which are not, with their sizes.
pub(super) fn note(sheets: &[SheetSize], chosen: usize) -> Option<Note> {
    let others: Vec<&SheetSize> =
        sheets.iter().enumerate().filter(|(at, _)| *at != chosen).map(|(_, sheet)| sheet).collect();
    let sheet = sheets.get(chosen)?;
    let hidden = |sheet: &SheetSize| if sheet.is_hidden { "hidden, " } else { "" };
    let mut what = format!("the sheet `{}` is read ({}{} cells)", sheet.name, hidden(sheet), sheet.cells);
    if !others.is_empty() {
        let listed: Vec<String> = others
            .iter()
            .take(10)
            .map(|sheet| format!("`{}` ({}{} cells)", sheet.name, hidden(sheet), sheet.cells))
            .collect();
        what.push_str(&format!(
            "; not read: {}{}",
            listed.join(", "),
            if others.len() > 10 { " and more" } else { "" }
        ));
    }
    let is_doubtful = sheet.is_hidden || others.iter().any(|other| other.cells * 2 > sheet.cells);
    let level = if is_doubtful { Level::Warning } else { Level::Info };
    let way_out = "set `sheet` in the plan".to_owned();
    Some(Note { level, code: NoteCode::Sheet, column: None, count: others.len() as u64 + 1, what, way_out })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheets() -> Vec<SheetSize> {
        let sheet = |name: &str, is_hidden, cells| SheetSize { name: name.to_owned(), is_hidden, cells };
        vec![sheet("Notes", false, 5), sheet("Leads", false, 900), sheet("Lists", true, 2000)]
    }

    #[test]
    fn the_largest_sheet_that_is_shown_is_read() {
        assert_eq!(choose(&sheets(), None), Ok(1));
        assert_eq!(choose(&sheets(), Some("Lists")), Ok(2));
        assert!(choose(&sheets(), Some("Deals")).expect_err("it is refused").contains("`Leads`"));
    }

    #[test]
    fn sheets_that_are_not_read_are_said() {
        let note = note(&sheets(), 1).expect("it is read");
        assert!(
            note.what.contains("`Leads` is read") && note.what.contains("`Lists` (hidden, 2000 cells)"),
            "{}",
            note.what
        );
    }
}
