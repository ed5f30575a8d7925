//! Databases: their tables as streams, from one snapshot of all of them.
//!
//! What the databases have in common is in `run`; what each is asked, and how, in a module of its own.

mod config;
mod table;
mod cells;
mod known;
mod failure;
mod kinds;
mod asked;
mod checks;
mod reading;
mod since;
mod run;
mod postgres;
mod mysql;
mod sqlite;

use crate::error::Error;
use crate::sink::{Checkpoint, Sink};

pub use config::{DatabaseConfig, DatabaseKind};

/// Gives the rows of a database's tables to a sink: those that are new or changed since the checkpoint, and at the end the
/// next checkpoint.
///
/// # Errors
/// If the database cannot be reached or does not answer in time, if a table or a column that is wanted is not there, may
/// not be read or has another type than before, and if a table that had rows has none any more.
pub async fn read_database(
    config: &DatabaseConfig,
    checkpoint: Option<&Checkpoint>,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    match config.kind {
        DatabaseKind::Postgres => run::run(postgres::Postgres::connect(config).await?, config, checkpoint, sink).await,
        DatabaseKind::MySql => run::run(mysql::MySql::connect(config).await?, config, checkpoint, sink).await,
        DatabaseKind::Sqlite => run::run(sqlite::Sqlite::open(config).await?, config, checkpoint, sink).await,
    }
}
