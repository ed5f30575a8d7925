//! What the types and tables of MySQL become.

use plumb_connectors::{Cell, CellKind, DatabaseConfig, DatabaseKind};

use super::{check_error, check_note, failure, mysql, read, run_mysql};
use crate::support::Collected;

fn config(url: &str) -> DatabaseConfig {
    DatabaseConfig::new(DatabaseKind::MySql, url)
}

#[tokio::test]
async fn every_type_is_read_without_loss() {
    let sql = "
        CREATE TABLE t (
            id bigint unsigned PRIMARY KEY, hash bigint unsigned, count bigint, small smallint unsigned, flag tinyint(1),
            stars tinyint(1), price decimal(12,2), long_ decimal(30,5), wide decimal(18,2), ref decimal(20,0), whole decimal(10,0),
            single float, double_ double, at datetime(6), stamp timestamp NULL, day date, clock time, year_ year, stage enum('new','won'),
            tags set('a','b'), extra json, bit_ bit(1), bits bit(4), bytes varbinary(10), blob_ blob, title varchar(20) CHARACTER SET latin1,
            body longtext, place point);
        INSERT INTO t VALUES (
            1, 18446744073709551615, -9007199254740993, 65535, 1,
            5, 12345.60, 1234567890123456789.12345, 99.95, 90071992547409920001, 77,
            16777216, 0.1, '2026-01-01 12:00:00.5', '2026-01-01 12:00:00', '2026-01-01', '-30:00:01', 2026, 'won',
            'a,b', '{\"a\": 1}', b'1', b'1010', x'00ff', x'ab', 'Zoë',
            'long', POINT(1, 2)),
            (2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)";
    let url = mysql("types", sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    let text = |text: &str| (CellKind::Text, Cell::Text(text.to_owned()));
    let whole = |number| (CellKind::Integer, Cell::Integer(number));
    let real = |number| (CellKind::Real, Cell::Real(number));
    let flag = (CellKind::Flag, Cell::Flag(true));
    let expected = [
        whole(1),
        text("18446744073709551615"),
        whole(-9_007_199_254_740_993),
        whole(65535),
        flag.clone(),
        whole(5),
        real(12345.6),
        text("1234567890123456789.12345"),
        real(99.95),
        text("90071992547409920001"),
        whole(77),
        real(16_777_216.0),
        real(0.1),
        (CellKind::Timestamp, Cell::Timestamp(1_767_268_800_500_000)),
        (CellKind::Timestamp, Cell::Timestamp(1_767_268_800_000_000)),
        text("2026-01-01"),
        text("-30:00:01"),
        whole(2026),
        text("won"),
        text("a,b"),
        text("{\"a\": 1}"),
        flag,
        whole(10),
        text("\\x00ff"),
        text("\\xab"),
        text("Zoë"),
        text("long"),
        text("POINT(1 2)"),
    ];
    let stream = &collected.streams["t"];
    assert_eq!((stream.columns.len(), &stream.key[..]), (expected.len(), &["id".to_owned()][..]));
    let row = &collected.rows[0].2.cells;
    for ((column, cell), expected) in stream.columns.iter().zip(row).zip(expected) {
        assert_eq!((column.kind, cell.clone()), expected, "{}", column.name);
    }
    assert!(collected.rejects.is_empty(), "{:?}", collected.rejects);
}

#[tokio::test]
async fn zero_dates_are_missing_and_counted() {
    let sql = "SET sql_mode = ''; CREATE TABLE t (id int PRIMARY KEY, at datetime, day date);
        INSERT INTO t VALUES (1, '0000-00-00', '0000-00-00'), (2, '2026-00-00', '2026-01-00'), (3, '2026-01-02', '2026-01-02')";
    let collected = read(&config(&mysql("zero", sql).await), Collected::default()).await;
    assert_eq!(collected.column("t", "day"), ["NULL", "NULL", "2026-01-02"]);
    assert_eq!(collected.column("t", "at")[..2], ["NULL", "NULL"]);
    check_note(&collected, "t", 2, "a zero date was read as no value");
}

#[tokio::test]
async fn views_keys_and_other_databases() {
    let sql = "CREATE TABLE a (x int NOT NULL, y int NOT NULL, z int, UNIQUE (z), UNIQUE (x, y)); INSERT INTO a VALUES (1, 1, NULL);
        CREATE VIEW v AS SELECT x FROM a; CREATE TABLE `odd ``name` (`a b` int PRIMARY KEY); INSERT INTO `odd ``name` VALUES (3)";
    let url = mysql("tables", sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    assert_eq!(collected.streams.keys().collect::<Vec<_>>(), ["a", "odd `name", "v"]);
    assert_eq!(collected.streams["a"].key, ["x", "y"]);
    assert_eq!(collected.column("odd `name", "a b"), ["Integer(3)"]);
    let server = url.rsplit_once('/').expect("a database").0;
    let tables = vec!["connectors_tables.a".to_owned()];
    let collected = read(&DatabaseConfig { tables, ..config(server) }, Collected::default()).await;
    assert_eq!(collected.tables["connectors_tables_a"].len(), 1);
    let tables = vec!["b".to_owned()];
    let error = failure(&DatabaseConfig { tables, ..config(&url) }, Collected::default()).await;
    check_error(&error, "there is no table `b`", "GRANT SELECT");
}

#[tokio::test]
async fn a_flag_that_becomes_a_number_rejects_its_row() {
    let sql = "CREATE TABLE t (id int PRIMARY KEY, flag tinyint(1)); INSERT INTO t VALUES (1, 1)";
    let url = mysql("flags", sql).await;
    let first = read(&config(&url), Collected::default()).await;
    assert_eq!(first.column("t", "flag"), ["Flag(true)"]);
    run_mysql(&url, "UPDATE t SET flag = 3").await;
    let second = read(&config(&url), first).await;
    assert_eq!(second.rejects, [("t".to_owned(), 1, "flag".to_owned(), "`3` is neither true nor false".to_owned())]);
}

#[tokio::test]
async fn all_tables_are_read_from_one_snapshot() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE b (id int PRIMARY KEY) ENGINE=InnoDB;
        INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)";
    let url = mysql("snapshot", sql).await;
    let mut sink = super::failures::Interrupted::default();
    let write = url.clone();
    sink.at_first_row = Some(Box::new(move || {
        super::failures::on_a_thread(write, |url| {
            Box::pin(async move {
                run_mysql(&url, "INSERT INTO a VALUES (2); INSERT INTO b VALUES (2)").await;
            })
        })
    }));
    plumb_connectors::read_database(&config(&url), None, &mut sink).await.expect("it can be read");
    assert_eq!(sink.rows, 2);
}

#[tokio::test]
async fn a_broken_view_is_left_out_unless_somebody_asks_for_it() {
    let sql = "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE b (id int, n int);
        CREATE VIEW lost AS SELECT * FROM b; CREATE VIEW poor AS SELECT n FROM b; DROP TABLE b; CREATE TABLE b (id int)";
    let url = mysql("broken_views", sql).await;
    let collected = read(&config(&url), Collected::default()).await;
    assert_eq!(collected.streams.keys().collect::<Vec<_>>(), ["a", "b"]);
    check_note(&collected, "poor", 1, "cannot read table `poor`");
    check_note(&collected, "lost", 1, "it is left out");
    let tables = vec!["a".to_owned(), "poor".to_owned()];
    let error = failure(&DatabaseConfig { tables, ..config(&url) }, Collected::default()).await;
    check_error(&error, "cannot read table `poor`", "mend table `poor`");
    // One that was read before is missed.
    run_mysql(&url, "DROP TABLE b; CREATE TABLE b (id int, n int)").await;
    let collected = read(&config(&url), Collected::default()).await;
    run_mysql(&url, "ALTER TABLE b DROP n").await;
    check_error(&failure(&config(&url), collected).await, "table `lost` is gone", "gone = [\"lost\"]");
}
