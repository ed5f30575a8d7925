//! The team's own scoring rules, as they are in the spreadsheet: points for conditions, added up.
//!
//! `sheet` finds the rules among cells, `parse_condition` reads conditions as people write them; `rule` binds rules to features
//! and counts points. Files are read by the program, and the calibration turns points into probabilities.

mod quantity;
mod value_test;
mod condition;
mod parse_condition;
mod bound;
mod rule;
mod cell;
mod headings;
mod sheet;

pub(crate) use bound::BoundRules;
pub use cell::{Cell, CellAddress, Sheet, UnreadableCell};
pub use condition::Condition;
pub use rule::{Rule, Rules, UnboundRule};
pub use sheet::{ParsedRules, parse_csv, read};
