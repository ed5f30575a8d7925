//! What each type of PostgreSQL becomes.

use plumb_connectors::{Cell, CellKind, DatabaseConfig, DatabaseKind};

use super::{check_note, postgres, read, run_postgres};
use crate::support::Collected;

const NOON: i64 = 1_767_268_800_000_000;

fn config(url: &str) -> DatabaseConfig {
    DatabaseConfig::new(DatabaseKind::Postgres, url)
}

async fn cells_of(name: &str, sql: &str) -> (Collected, Vec<(String, CellKind, Cell)>) {
    let collected = read(&config(&postgres(name, sql).await), Collected::default()).await;
    let stream = &collected.streams["t"];
    let row = &collected.rows[0].2;
    let columns = stream.columns.iter().zip(&row.cells);
    let cells = columns.map(|(column, cell)| (column.name.clone(), column.kind, cell.clone())).collect();
    (collected, cells)
}

#[tokio::test]
async fn every_type_is_read_without_loss() {
    let sql = "
        CREATE TYPE stage AS ENUM ('new', 'won');
        CREATE DOMAIN percent AS numeric(5,2); CREATE DOMAIN share AS percent; CREATE DOMAIN name AS text;
        CREATE TYPE place AS (city text, zip int);
        CREATE TABLE t (
            id numeric(20,0) PRIMARY KEY, small smallint, whole integer, large bigint, count numeric(18,0),
            price numeric(12,2), long numeric(30,5), fit percent, part share, single real, double_ double precision,
            flag boolean, at timestamptz, local timestamp, day date, clock time, clock_zone timetz, span interval,
            stage stage, ref uuid, tags text[], numbers int[], extra jsonb, plain json, deal money, ip inet, net cidr,
            mac macaddr, bytes bytea, short char(4), name name, title varchar(10), bits bit(3), range int4range,
            place place, xml xml, point point, search tsvector, oid oid, letter \"char\");
        INSERT INTO t VALUES (
            90071992547409920001, -1, 2, 9007199254740993, 123456789012345678,
            12345.60, 1234567890123456789.12345, 12.5, 7.25, 0.5, 0.1,
            true, '2026-01-01 14:00+02', '2026-01-01 12:00', '2026-01-01', '10:30', '10:30+01', '1 day 02:00',
            'won', '00000000-0000-0000-0000-000000000001', '{a,\"b c\"}', '{1,2}', '{\"b\": 1, \"a\": [true]}', '{\"a\":1}',
            1000.5, '10.0.0.1', '10.0.0.0/8', '08:00:2b:01:02:03', '\\x00ff', 'ab', 'Ann', 'Ms', '101', '[1,5)',
            '(Ulm,89073)', '<a/>', '(1,2)', 'a:1', 17, 'x');";
    let (_, cells) = cells_of("types", sql).await;
    let text = |text: &str| (CellKind::Text, Cell::Text(text.to_owned()));
    let whole = |number| (CellKind::Integer, Cell::Integer(number));
    let real = |number| (CellKind::Real, Cell::Real(number));
    let moment = (CellKind::Timestamp, Cell::Timestamp(NOON));
    let expected = [
        text("90071992547409920001"),
        whole(-1),
        whole(2),
        whole(9_007_199_254_740_993),
        whole(123_456_789_012_345_678),
        real(12345.6),
        text("1234567890123456789.12345"),
        real(12.5),
        real(7.25),
        real(0.5),
        real(0.1),
        (CellKind::Flag, Cell::Flag(true)),
        moment.clone(),
        moment,
        text("2026-01-01"),
        text("10:30:00"),
        text("10:30:00+01"),
        text("1 day 02:00:00"),
        text("won"),
        text("00000000-0000-0000-0000-000000000001"),
        text("{a,\"b c\"}"),
        text("{1,2}"),
        text("{\"a\": [true], \"b\": 1}"),
        text("{\"a\":1}"),
        text("1000.50"),
        text("10.0.0.1/32"),
        text("10.0.0.0/8"),
        text("08:00:2b:01:02:03"),
        text("\\x00ff"),
        text("ab"),
        text("Ann"),
        text("Ms"),
        text("101"),
        text("[1,5)"),
        text("(Ulm,89073)"),
        text("<a/>"),
        text("(1,2)"),
        text("'a':1"),
        text("17"),
        text("x"),
    ];
    assert_eq!(cells.len(), expected.len());
    for ((name, kind, cell), expected) in cells.into_iter().zip(expected) {
        assert_eq!((kind, cell), expected, "{name}");
    }
}

#[tokio::test]
async fn infinity_and_not_a_number_are_missing_and_counted() {
    let sql = "
        CREATE TABLE t (id bigint PRIMARY KEY, until timestamptz, since timestamp, ends date, budget numeric(12,2),
            open numeric, fit float8, old timestamptz, older date);
        INSERT INTO t SELECT n, CASE WHEN n % 2 = 0 THEN 'infinity'::timestamptz ELSE '2026-01-01' END, '-infinity',
            'infinity', CASE WHEN n = 3 THEN 'NaN'::numeric ELSE n END, 'NaN', CASE WHEN n = 4 THEN 'Infinity'::float8 ELSE 'NaN'::float8 END,
            '0044-03-15 BC', '5874897-12-31' FROM generate_series(1, 10) n;";
    let (collected, _) = cells_of("infinity", sql).await;
    assert_eq!(collected.rows.len(), 10);
    assert!(collected.rejects.is_empty());
    for (count, what) in [
        (5, "infinity was read as no value"),
        (10, "infinity was read as no value"),
        (1, "NaN was read"),
        (10, "NaN was read"),
        (9, "NaN was read"),
        (1, "infinity was read"),
        (10, "a date before the year 1 or after 9999"),
    ] {
        check_note(&collected, "t", count, what);
    }
    assert_eq!(collected.column("t", "ends"), vec!["NULL"; 10]);
}

#[tokio::test]
async fn a_number_without_a_precision_is_text_if_one_value_needs_it_and_stays_what_it_was() {
    let sql = "CREATE TABLE t (id int PRIMARY KEY, short numeric, long numeric, wide numeric(18,2), huge numeric);
        INSERT INTO t VALUES (1, 12.50, 0.12345678901234567890, 99.95, 1e400), (2, NULL, 1, NULL, 2);";
    let url = postgres("numerics", sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    let kinds: Vec<CellKind> = collected.streams["t"].columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [CellKind::Integer, CellKind::Real, CellKind::Text, CellKind::Real, CellKind::Text]);
    assert_eq!(collected.column("t", "long"), ["0.12345678901234567890", "1"]);
    // What does not fit the type that the first run has found is no other number: its row is rejected.
    run_postgres(&url, "INSERT INTO t VALUES (3, 90071992547409920001, 3, 3, 3)").await;
    let collected = read(&config(&url), collected).await;
    assert_eq!(collected.rejects.len(), 1);
    assert_eq!((&*collected.rejects[0].0, collected.rejects[0].1, &*collected.rejects[0].2), ("t", 3, "short"));
    assert_eq!(collected.tables["t"].len(), 2);
}

#[tokio::test]
async fn numbers_that_identify_are_text_if_they_have_no_precision() {
    let sql = "CREATE TABLE leads (id numeric PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, lead numeric REFERENCES leads);
        INSERT INTO leads VALUES (7); INSERT INTO t VALUES (1, 7);";
    let collected = read(&config(&postgres("number_keys", sql).await), Collected::default()).await;
    assert_eq!(collected.column("leads", "id"), ["7"]);
    assert_eq!(collected.column("t", "lead"), ["7"]);
}

#[tokio::test]
async fn only_the_columns_that_are_asked_for_are_read() {
    let sql = "CREATE TABLE t (id int PRIMARY KEY, a text, b text, at timestamptz); INSERT INTO t VALUES (1, 'a', 'b', now());";
    let url = postgres("columns", sql).await;
    let columns = [("t".to_owned(), ["a".to_owned()].into())].into();
    let cursor = [("t".to_owned(), "at".to_owned())].into();
    let mut config = DatabaseConfig { columns, cursor, ..config(&url) };
    let collected = read(&config, Collected::default()).await;
    let names: Vec<&str> = collected.streams["t"].columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["id", "a", "at"]);
    // A column that is asked for later has the values of old rows too.
    config.whole_rows_max = 0;
    config.columns.insert("t".to_owned(), ["a".to_owned(), "b".to_owned()].into());
    let collected = read(&config, collected).await;
    assert_eq!(collected.column("t", "b"), ["b"]);
}

#[tokio::test]
async fn names_that_are_ours_are_changed_and_said() {
    let sql = "CREATE TABLE t (_key int PRIMARY KEY, _deleted_at text); INSERT INTO t VALUES (1, 'x');";
    let collected = read(&config(&postgres("names", sql).await), Collected::default()).await;
    assert_eq!(collected.streams["t"].key, ["_key_"]);
    assert_eq!(collected.column("t", "_deleted_at_"), ["x"]);
    check_note(&collected, "t", 1, "column `_key` is called `_key_`");
}
