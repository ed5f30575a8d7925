//! One thing that speaks against a column.

use super::report::{LeakKind, LeakLevel};

/// One thing that speaks against a column, with a sentence that has its figures.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Evidence {
    pub(super) kind: LeakKind,
    pub(super) level: LeakLevel,
    pub(super) why: String,
}

impl Evidence {
    pub(super) fn suspect(kind: LeakKind, why: String) -> Evidence {
        Evidence { kind, level: LeakLevel::Suspect, why }
    }

    pub(super) fn ask(kind: LeakKind, why: String) -> Evidence {
        Evidence { kind, level: LeakLevel::Ask, why }
    }
}
