//! The query engine (DataFusion): its session, the SQL functions of our own, and the limits of a project's SQL.
//!
//! `select_only` is the fence before the planner: `word_chains` and `query_size` say how deep and large SQL is.
//! `bounded_function` limits what a function makes, told by `growth`. `supervised` stops what goes on for too long or takes
//! the memory; `sql_errors` says what happened, and where in the file.

mod limits;
mod word_chains;
mod select_only;
mod query_size;
mod growth;
mod bounded_function;
mod panics;
mod process_memory;
mod supervised;
mod session;
mod sql_errors;
mod sql_functions;
mod parsing;

pub(crate) use bounded_function::TooLarge;
#[cfg(feature = "cluster")]
pub(crate) use bounded_function::bounded_functions;
pub use limits::SqlLimits;
pub(crate) use limits::bytes;
pub(crate) use panics::{caught, engine_panicked};
#[cfg(feature = "cluster")]
pub(crate) use parsing::parsing_functions;
pub(crate) use parsing::{CellFaults, FLAG_CODE_SUFFIX, Fault, is_fault_number, is_fault_time, with_flag_codes};
pub(crate) use select_only::{SelectOnly, begin_of, select_only};
pub(crate) use session::{check_plan, limited_session, session};
#[cfg(feature = "cluster")]
pub(crate) use session::{config, with_functions};
pub(crate) use sql_errors::{sql_error, too_large};
#[cfg(feature = "cluster")]
pub(crate) use sql_functions::functions;
pub(crate) use supervised::supervised;
