//! Whatever is written between and during runs, and wherever a run ends: afterwards the rows are those of one read of the
//! final state.

use std::sync::atomic::{AtomicU32, Ordering};

use plumb_connectors::{
    Cell, CellKind, Checkpoint, DatabaseConfig, DatabaseKind, Error, Row, Sink, Stream, read_database,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{mysql, postgres, read, run_mysql, run_postgres, run_sqlite, with_cursor};
use crate::support::Collected;

/// Rows have ids from 0 on, so that schedules meet.
const IDS: i64 = 30;
/// Schedules of each kind of server, unless `PLUMB_ROUNDS` says how many: each takes about a second.
const SCHEDULES: u32 = 8;

/// What happens.
#[derive(Clone, Debug)]
enum Step {
    /// A statement of its own.
    Write(Change),
    /// One in the transaction that stays open.
    WriteLate(Change),
    /// The open transaction ends, and the next one begins with its next statement.
    EndLate { is_kept: bool },
    /// A run to its end.
    Run,
    /// A run whose process dies at a row.
    Die { at_row: u64 },
}

/// A statement. Moments are hours, so that some lie far behind the cursor.
#[derive(Clone, Debug)]
enum Change {
    Insert { id: i64, hour: Option<i64> },
    Edit { id: i64, note: u8 },
    Move { id: i64, hour: i64 },
    Rename { id: i64, to: i64 },
    Delete { id: i64 },
}

fn change() -> impl Strategy<Value = Change> {
    let id = 0..IDS;
    let hour = 0..500_i64;
    prop_oneof![
        4 => (id.clone(), prop::option::weighted(0.9, hour.clone())).prop_map(|(id, hour)| Change::Insert { id, hour }),
        2 => (id.clone(), any::<u8>()).prop_map(|(id, note)| Change::Edit { id, note }),
        1 => (id.clone(), hour).prop_map(|(id, hour)| Change::Move { id, hour }),
        1 => (id.clone(), id.clone()).prop_map(|(id, to)| Change::Rename { id, to }),
        2 => id.prop_map(|id| Change::Delete { id }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => change().prop_map(Step::Write),
        4 => change().prop_map(Step::WriteLate),
        2 => any::<bool>().prop_map(|is_kept| Step::EndLate { is_kept }),
        3 => Just(Step::Run),
        1 => (0..20_u64).prop_map(|at_row| Step::Die { at_row }),
    ]
}

impl Change {
    /// Returns SQL that all servers understand and that fails for nobody.
    fn sql(&self) -> String {
        let moment = |hour: &i64| {
            format!("'{}'", chrono::DateTime::from_timestamp(hour * 3600, 0).expect("near").format("%F %T"))
        };
        match self {
            Change::Insert { id, hour } => {
                let hour = hour.as_ref().map_or_else(|| "NULL".to_owned(), moment);
                format!(
                    "INSERT INTO leads SELECT {id}, 'new', {hour} FROM one WHERE NOT EXISTS (SELECT 1 FROM leads WHERE id = {id})"
                )
            }
            Change::Edit { id, note } => format!("UPDATE leads SET note = '{note}' WHERE id = {id}"),
            Change::Move { id, hour } => format!("UPDATE leads SET updated_at = {} WHERE id = {id}", moment(hour)),
            Change::Rename { id, to } => format!(
                "UPDATE leads SET id = {to} WHERE id = {id} AND NOT EXISTS (SELECT 1 FROM twin WHERE twin.id = {to})"
            ),
            Change::Delete { id } => format!("DELETE FROM leads WHERE id = {id}"),
        }
    }

    fn ids(&self) -> Vec<i64> {
        match self {
            Change::Insert { id, .. } | Change::Edit { id, .. } | Change::Move { id, .. } | Change::Delete { id } => {
                vec![*id]
            }
            Change::Rename { id, to } => vec![*id, *to],
        }
    }
}

/// A sink that dies with its process at a row: nothing of what it was given is kept.
struct Dying {
    kept: Collected,
    rows_left: u64,
}

impl Sink for Dying {
    fn begin(&mut self, stream: &Stream) -> Result<(), Error> {
        self.kept.begin(stream)
    }

    fn row(&mut self, stream: &str, row: Row) -> Result<(), Error> {
        self.rows_left = self.rows_left.checked_sub(1).ok_or_else(|| Error::new("killed", ""))?;
        self.kept.row(stream, row)
    }

    fn heard(&mut self, stream: &str, key: &[Cell]) -> Result<(), Error> {
        self.kept.heard(stream, key)
    }

    fn reject(&mut self, stream: &str, number: u64, column: &str, reason: String) -> Result<(), Error> {
        self.kept.reject(stream, number, column, reason)
    }

    fn delete_unheard(&mut self, stream: &str) -> Result<(), Error> {
        self.kept.delete_unheard(stream)
    }

    fn rows_known(&self, stream: &str) -> Option<u64> {
        self.kept.rows_known(stream)
    }

    fn kind_known(&self, stream: &str, column: &str) -> Option<CellKind> {
        self.kept.kind_known(stream, column)
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), Error> {
        self.kept.checkpoint(checkpoint)
    }

    fn note(&mut self, stream: &str, column: Option<&str>, count: u64, what: String, way_out: String) {
        self.kept.note(stream, column, count, what, way_out);
    }

    fn progress(&mut self, what: &str) {
        self.kept.progress(what);
    }
}

/// Returns what is kept after a run that dies at a row, or that comes to its end before.
async fn die(config: &DatabaseConfig, kept: Collected, at_row: u64) -> Collected {
    let checkpoint = kept.checkpoints.last().cloned();
    let mut dying = Dying { kept: kept.clone().next_run(), rows_left: at_row };
    match read_database(config, checkpoint.as_ref(), &mut dying).await {
        Ok(()) => dying.kept,
        Err(error) => {
            assert_eq!(error.what, "killed");
            kept
        }
    }
}

/// The transaction that stays open, and the rows that it has locked: nobody else waits for them.
struct Late {
    connection: PgConnection,
    locked: Vec<i64>,
}

/// Runs a schedule, and returns the rows that are kept, and those of one read.
async fn run_postgres_schedule(name: &str, steps: &[Step]) -> (Collected, Collected) {
    let sql = "CREATE TABLE one (id int PRIMARY KEY); INSERT INTO one VALUES (1);
        CREATE TABLE leads (id int PRIMARY KEY, note text, updated_at timestamp);
        CREATE VIEW twin AS SELECT id FROM leads; INSERT INTO leads VALUES (1000, 'stays', '1970-01-10')";
    let url = postgres(name, sql).await;
    let compare_keys = ["leads".to_owned()].into();
    let tables = vec!["leads".to_owned()];
    let cursor = with_cursor(DatabaseKind::Postgres, &url, "leads", "updated_at");
    let config = DatabaseConfig { compare_keys, tables, ..cursor };
    let mut connection = PgConnection::connect(&url).await.expect("the server is there");
    let late = PgConnection::connect(&url).await.expect("the server is there");
    let mut late = Late { connection: late, locked: Vec::new() };
    let mut kept = Collected::default();
    for step in steps {
        match step {
            Step::Write(change) if change.ids().iter().all(|id| !late.locked.contains(id)) => {
                sqlx::raw_sql(AssertSqlSafe(change.sql())).execute(&mut connection).await.expect("it runs");
            }
            Step::Write(_) => {}
            Step::WriteLate(change) => {
                let begin = if late.locked.is_empty() { "BEGIN; " } else { "" };
                late.locked.extend(change.ids());
                let sql = format!("{begin}SAVEPOINT s; {}; RELEASE s", change.sql());
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut late.connection).await.expect("it runs");
            }
            Step::EndLate { is_kept } => end(&mut late, *is_kept).await,
            Step::Run => kept = read(&config, kept).await,
            Step::Die { at_row } => kept = die(&config, kept, *at_row).await,
        }
    }
    end(&mut late, true).await;
    let kept = read(&config, kept).await;
    let whole = DatabaseConfig { cursor: [].into(), compare_keys: [].into(), ..config };
    (kept, read(&whole, Collected::default()).await)
}

async fn end(late: &mut Late, is_kept: bool) {
    if !late.locked.is_empty() {
        let end = if is_kept { "COMMIT" } else { "ROLLBACK" };
        sqlx::raw_sql(end).execute(&mut late.connection).await.expect("it runs");
        late.locked.clear();
    }
}

/// Runs the statements of a schedule at a server without marks of transactions, whose tables are read whole.
async fn run_whole_schedule(
    config: &DatabaseConfig,
    steps: &[Step],
    write: impl AsyncFn(String),
) -> (Collected, Collected) {
    let mut kept = Collected::default();
    for step in steps {
        match step {
            Step::Write(change) | Step::WriteLate(change) => write(change.sql()).await,
            Step::EndLate { .. } => {}
            Step::Run => kept = read(config, kept).await,
            Step::Die { at_row } => kept = die(config, kept, *at_row).await,
        }
    }
    let kept = read(config, kept).await;
    (kept, read(config, Collected::default()).await)
}

/// Runs random schedules, each on a database of its own.
fn check_schedules(run: impl AsyncFn(u32, Vec<Step>) -> (Collected, Collected)) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let number = AtomicU32::new(0);
    let rounds = std::env::var("PLUMB_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let config = Config {
        cases: rounds.unwrap_or(SCHEDULES),
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&prop::collection::vec(step(), 10..50), |steps| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        let (kept, whole) = runtime.block_on(run(number, steps));
        let is_same = kept.tables["leads"] == whole.tables["leads"];
        let message = || format!("kept {:?}, there are {:?}", kept.tables["leads"], whole.tables["leads"]);
        if is_same { Ok(()) } else { Err(TestCaseError::fail(message())) }
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn postgres_with_a_cursor_ends_in_the_rows_that_are_there() {
    check_schedules(async |_, steps| run_postgres_schedule("schedules", &steps).await);
}

#[test]
fn mysql_and_sqlite_read_whole_end_in_the_rows_that_are_there() {
    const TABLES: &str = "CREATE TABLE one (id int PRIMARY KEY); INSERT INTO one VALUES (1);
        CREATE TABLE leads (id int PRIMARY KEY, note varchar(20), updated_at datetime);
        CREATE VIEW twin AS SELECT id FROM (SELECT id FROM leads) AS ids;
        INSERT INTO leads VALUES (1000, 'stays', '1970-01-10')";
    let tables = vec!["leads".to_owned()];
    check_schedules(async |number, steps| {
        if number.is_multiple_of(2) {
            let url = mysql("schedules", TABLES).await;
            let config = DatabaseConfig { tables: tables.clone(), ..DatabaseConfig::new(DatabaseKind::MySql, &url) };
            return run_whole_schedule(&config, &steps, async |sql| run_mysql(&url, &sql).await).await;
        }
        let (folder, url) = super::sqlite::file(TABLES).await;
        let path = folder.path().join("crm.db");
        let config = DatabaseConfig { tables: tables.clone(), ..DatabaseConfig::new(DatabaseKind::Sqlite, &url) };
        run_whole_schedule(&config, &steps, async |sql| run_sqlite(&path, &sql).await).await
    });
}

#[tokio::test]
async fn a_run_that_dies_leaves_the_position_of_the_run_before() {
    let sql = "CREATE TABLE leads (id int PRIMARY KEY, updated_at timestamp);
        INSERT INTO leads SELECT n, timestamp '2026-01-01' + n * interval '1 day' FROM generate_series(1, 20) n";
    let url = postgres("dies", sql).await;
    let config = with_cursor(DatabaseKind::Postgres, &url, "leads", "updated_at");
    let first = read(&config, Collected::default()).await;
    run_postgres(&url, "INSERT INTO leads SELECT n, '2026-03-01' FROM generate_series(21, 40) n").await;
    let mut kept = first.clone();
    for at_row in 0..20 {
        kept = die(&config, kept, at_row).await;
        assert_eq!((&kept.checkpoints, kept.tables["leads"].len()), (&first.checkpoints, 20));
    }
    assert_eq!(read(&config, kept).await.tables["leads"].len(), 40);
}
