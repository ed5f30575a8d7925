//! The query engine (DataFusion): its session and the SQL functions of our own.

mod session;
mod sql_functions;

#[cfg(feature = "cluster")]
pub(crate) use session::config;
pub(crate) use session::session;
#[cfg(feature = "cluster")]
pub(crate) use sql_functions::functions;
