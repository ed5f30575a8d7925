//! The demo company keeps its own laws.

mod laws;
mod rows;

use crate::Params;

const PARAMS: Params = Params { seed: 7, leads: 20_000, internal_postgres: None };
