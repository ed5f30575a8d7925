//! SQL of a project that does more than read, or reads files outside of the sources: an error before it is planned.

use plumb_lake::Lake;

use crate::company::{Company, features, files_of};

const LEAD: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"Tech"}"#;

const ONLY_SELECT: &str = "expected one SELECT and nothing else: the SQL of a project only reads";

/// Statements that do more than read; `FILE` is a path that must not appear.
const STATEMENTS: [&str; 16] = [
    "COPY (SELECT 1) TO 'FILE'",
    "copy (SELECT 1) TO 'FILE' STORED AS CSV",
    "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION 'FILE'",
    "CREATE TABLE t AS SELECT 1",
    "CREATE VIEW v AS SELECT 1",
    "CREATE FUNCTION f() RETURNS INT RETURN 1",
    "SET datafusion.execution.batch_size = 1",
    "RESET datafusion.execution.batch_size",
    "INSERT INTO leads.records VALUES (1)",
    "UPDATE leads.records SET id = 1",
    "DELETE FROM leads.records",
    "DROP TABLE leads.records",
    "EXPLAIN ANALYZE SELECT 1",
    "PREPARE p AS SELECT 1",
    "SHOW TABLES",
    "DESCRIBE leads.records",
];

#[tokio::test]
async fn a_source_file_is_one_select() {
    let mut company = Company::new(LEAD, "", "");
    let file = company.folder.path().join("x.csv");
    for statement in STATEMENTS {
        let sql = statement.replace("FILE", &file.display().to_string());
        let word = statement.split(' ').next().expect("a word");
        let error = company.error_of_events(&format!("-- events\n  {sql};")).await;
        assert_eq!(error, format!("`sources/event.sql:2:3`: `{word}`: {ONLY_SELECT}"));
    }
    assert!(!file.exists());
}

#[tokio::test]
async fn a_feature_file_is_one_select() {
    let company = Company::new(LEAD, "", "");
    let (lake, file) = (company.lake().await, company.folder.path().join("x.csv"));
    for statement in STATEMENTS {
        let sql = statement.replace("FILE", &file.display().to_string());
        let word = statement.split(' ').next().expect("a word");
        let error = lake.prepare(&features(&sql)).await.expect_err(&sql).to_string();
        assert_eq!(error, format!("`features/lead.sql:1:1`: `{word}`: {ONLY_SELECT}"));
    }
    assert!(!file.exists());
}

#[tokio::test]
async fn a_second_statement_is_found_wherever_it_hides() {
    let mut company = Company::new(LEAD, "", "");
    let lake = company.lake().await;
    for (sql, place, word) in [
        ("SELECT 1; SELECT 2", "1:11", "SELECT"),
        ("SELECT 1;COPY (SELECT 1) TO '/tmp/x.csv'", "1:10", "COPY"),
        ("SELECT 1 -- ;\n;; /* ; */ SET a = 1", "2:12", "SET"),
        ("SELECT ';' AS a; DROP TABLE t", "1:18", "DROP"),
    ] {
        let problem = format!("a second statement begins here, with `{word}`: {ONLY_SELECT}");
        let error = company.error_of_events(sql).await;
        assert_eq!(error, format!("`sources/event.sql:{place}`: {problem}"));
        let error = lake.prepare(&features(sql)).await.expect_err(sql).to_string();
        assert_eq!(error, format!("`features/lead.sql:{place}`: {problem}"));
    }
}

#[tokio::test]
async fn a_select_that_writes_is_refused() {
    let mut company = Company::new(LEAD, "", "");
    let into = company.error_of_events("SELECT * INTO t FROM leads.records").await;
    assert_eq!(into, "`sources/event.sql:1:1`: `INTO`: expected a SELECT that only reads");
    for sql in [
        "WITH x AS (INSERT INTO leads.records VALUES (1)) SELECT * FROM x",
        "WITH x AS (DELETE FROM leads.records) SELECT * FROM x",
        "(INSERT INTO leads.records VALUES (1))",
    ] {
        let error = company.error_of_events(sql).await;
        assert!(error.starts_with("`sources/event.sql:1:"), "{error}");
        assert!(error.contains("inside of a query: expected SELECTs") || error.contains("it is no SQL"), "{error}");
    }
    let empty = company.error_of_events(" -- nothing\n").await;
    assert_eq!(empty, format!("`sources/event.sql`: it is empty: {ONLY_SELECT}"));
    let no_sql = company.error_of_events("SELECT\n  FROM WHERE").await;
    assert!(no_sql.starts_with("`sources/event.sql:2:"), "{no_sql}");
}

#[tokio::test]
async fn no_file_is_read_but_the_sources() {
    let mut company = Company::new(LEAD, "", "");
    company.ingest().await;
    let parquet = files_of(&company.data(), 1, "lead").remove(0);
    assert!(parquet.is_file());
    let path = parquet.display();
    for from in [
        format!("'{path}'"),
        format!("\"{path}\""),
        format!("read_parquet('{path}')"),
        format!("parquet_scan('{path}')"),
        format!("read_csv('{path}')"),
        format!("glob('{path}')"),
        "information_schema.tables".to_owned(),
        "information_schema.df_settings".to_owned(),
    ] {
        let error = company.error_of_events(&format!("SELECT *\nFROM {from}")).await;
        assert!(error.starts_with("`sources/event.sql"), "{error}");
        let unknown = ["not found", "is not supported", "it is no SQL"];
        assert!(unknown.iter().any(|words| error.contains(words)), "{from}: {error}");
    }
}

/// What a text of a feature looks like as SQL: it must stay a text.
#[tokio::test]
async fn a_text_of_a_feature_is_never_read_as_sql() {
    let company = Company::new(LEAD, "", "");
    let lake: Lake = company.lake().await;
    let smuggled = r"'\'' || CAST((SELECT max(l2.known_from) FROM lead l2) AS VARCHAR) || ''' AS a";
    let sql = features(&format!("SELECT {}", smuggled.replace(" AS a", "") + " AS a"));
    let (lead, events) = lake.lead("lead:1", crate::company::day(9)).await.expect("it is read").expect("it is known");
    let table = lake.features_of(&sql, &lead, &events, crate::company::day(9)).await.expect("a text is no query");
    let expected = r"\' || CAST((SELECT max(l2.known_from) FROM lead l2) AS VARCHAR) || '";
    assert_eq!(table.columns()[0].values.text(0).as_deref(), Some(expected));
}
