//! Workbooks: the rows of one sheet, as text.

mod package;
mod compound;
mod cell_text;
mod kept;
mod choose;
mod workbook;

pub(crate) use workbook::read_workbook;
