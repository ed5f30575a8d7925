//! An INSERT of many rows, by statements that are prepared once: the same text for each of few numbers of rows.

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, Transaction};

/// Rows of one statement, the largest number first. Each is a text of its own that SQLite has to parse once.
const SIZES: [usize; 3] = [64, 8, 1];

/// A statement whose values are being bound.
pub(super) type Statement = Query<'static, Sqlite, SqliteArguments>;

pub(super) struct BulkInsert {
    /// A statement for each of [`SIZES`].
    texts: [String; 3],
}

impl BulkInsert {
    /// Returns an INSERT into a table and its columns, of so many values a row; `conflict` is the clause for rows that
    /// are there already.
    pub(super) fn new(into: &str, values: usize, conflict: &str) -> BulkInsert {
        BulkInsert::of_row(into, &format!("({})", vec!["?"; values].join(", ")), conflict)
    }

    /// Returns an INSERT of rows whose values are these expressions.
    pub(super) fn of_row(into: &str, row: &str, conflict: &str) -> BulkInsert {
        let text = |rows: usize| format!("INSERT INTO {into} VALUES {}{conflict}", vec![row; rows].join(", "));
        BulkInsert { texts: SIZES.map(text) }
    }

    /// Inserts rows, whose values `bind` adds in the order of the columns.
    pub(super) async fn execute<T>(
        &'static self,
        transaction: &mut Transaction<'static, Sqlite>,
        rows: &[T],
        bind: impl Fn(Statement, &T) -> Statement,
    ) -> Result<(), sqlx::Error> {
        let mut rest = rows;
        for (text, size) in self.texts.iter().zip(SIZES) {
            while let Some((rows, others)) = rest.split_at_checked(size) {
                rows.iter().fold(sqlx::query(text.as_str()), &bind).execute(&mut **transaction).await?;
                rest = others;
            }
        }
        Ok(())
    }
}
