//! SQL of the sources that would take all the time or memory: an error with file, line, limit and a way out.

use std::time::Duration;

use plumb_lake::SqlLimits;

use crate::company::Company;

const LEADS: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"Tech"}
{"id":"2","created_at":"2026-01-01","industry":"Tech"}"#;

fn company(limits: SqlLimits) -> Company {
    let mut company = Company::new(LEADS, "", "");
    company.limits = limits;
    company
}

#[tokio::test]
async fn a_function_makes_no_value_without_end() {
    let mut company = company(SqlLimits::default());
    for (call, made) in [
        ("range(1000000000000000)", "a constant of about 7.1 PiB: expected at most 128 KiB"),
        ("range(0, length(id) * 1000000000000000)", "a value of about 7.1 PiB: expected at most 16 MiB"),
        ("generate_series(-9223372036854775808, 9223372036854775807)", "a constant of about 16384 PiB"),
        ("range(DATE '2026-01-01', DATE '2026-02-01', INTERVAL '1 month -30 days')", "a constant of about 16384 PiB"),
        ("array_repeat(id, 1000000000000)", "a value of about 8.2 TiB"),
        ("list_repeat(id, 1000000000000)", "a value of about 8.2 TiB"),
        ("array_resize([1], 1000000000000, 0)", "a constant of about 7.3 TiB"),
    ] {
        let sql = format!("SELECT\n  cardinality({call}) AS kind FROM leads.records WHERE _skip IS NULL");
        let error = company.error_of_events(&sql).await;
        let name = call.split('(').next().expect("a name").replace("list_", "array_");
        assert!(error.starts_with("`sources/event.sql:"), "{error}");
        assert!(error.contains(&format!("`{name}` would make {made}")), "{error}");
        assert!(error.ends_with("; give it less"), "{error}");
    }
    for (call, made) in [
        ("repeat('x', 1000000000000)", "a constant of about 931.3 GiB"),
        ("repeat(industry, 1000000000000)", "a value of about 3.6 TiB"),
        ("lpad(industry, 2000000000)", "a value of about 7.5 GiB"),
        ("rpad(industry, 2000000000, 'ab')", "a value of about 7.5 GiB"),
        ("replace(repeat(industry, 4000000), 'e', repeat(industry, 20000))", "a value of about"),
        ("regexp_replace(repeat(industry, 4000000), 'e', 'xxxxxxxx', 'g')", "a value of about"),
        ("array_to_string(array_repeat(industry, 1000000), repeat('x', 100000))", "a value of about"),
    ] {
        let sql = format!("SELECT\n  length({call}) AS kind FROM leads.records WHERE _skip IS NULL");
        let error = company.error_of_events(&sql).await;
        let name = call.split('(').next().expect("a name");
        assert!(error.starts_with("`sources/event.sql:"), "{error}");
        assert!(error.contains(&format!("`{name}` would make {made}")), "{error}");
    }
    let cast = company.error_of_events("SELECT arrow_cast(NULL, 'FixedSizeBinary(2000000000)') AS kind").await;
    assert!(cast.contains("`arrow_cast` to a type of 2000000000 bytes a value: expected at most 1024"), "{cast}");
    let cast = company.error_of_events("SELECT CAST(NULL AS BIGINT[1000000000]) AS kind").await;
    assert!(cast.contains("a cast to BIGINT[1000000000]: expected a list without a number of elements"), "{cast}");
}

#[tokio::test]
async fn a_function_within_its_limit_is_computed_as_before() {
    let mut company = Company::new(LEADS, "", "");
    let lead = &mut company.files[0];
    lead.sql = lead.sql.replace(
        "industry,",
        "lpad(id, 3, '0') || repeat('ab', 2) || replace('a-b', '-', '+') || regexp_replace('aa', 'a', 'b', 'g')
           || array_to_string(array_repeat(id, 2), '/') || array_to_string(range(0, 3), ',')
           || CAST(length(repeat(id, 10000000)) AS VARCHAR) AS industry,",
    );
    let lake = company.lake().await;
    let leads = lake.leads(crate::company::day(9)).await.expect("they are read");
    let field = |lead: &plumb_lead::Lead| format!("{:?}", lead.fields["industry"]);
    assert_eq!(field(&leads[0]), r#"Text("001ababa+bbb1/10,1,210000000")"#);
    assert_eq!(field(&leads[1]), r#"Text("002ababa+bbb2/20,1,210000000")"#);
}

/// Columns of an event.
const ROW: &str = "CAST(e.value AS VARCHAR) AS lead_key, 'touch' AS kind, '2026-01-01' AS at";

#[tokio::test]
async fn rows_without_end_are_stopped() {
    let mut company = company(SqlLimits { rows: 100_000, ..SqlLimits::default() });
    for from in [
        "range(1000000000000000) AS e(value)",
        "range(100000) AS e(value) CROSS JOIN range(100000) AS f(other)",
        "(WITH RECURSIVE n AS (SELECT 1 AS value UNION ALL SELECT value + 1 FROM n) SELECT value FROM n) AS e",
    ] {
        let error = company.error_of_events(&format!("SELECT {ROW}\nFROM {from}")).await;
        let expected = "it has more than 100000 rows, the `limits.rows` of plumb.toml: \
                        join on keys and select fewer, or raise it";
        assert_eq!(error, format!("`sources/event.sql:1:1`: {expected}"), "{from}");
    }
}

#[tokio::test]
async fn memory_without_end_is_stopped() {
    let mut company = company(SqlLimits { memory_bytes: 64 << 20, ..SqlLimits::default() });
    for select in [
        // The side of a join that is held.
        "count(*) AS kind FROM range(100000000) AS e(value) JOIN range(100000000) AS f(value) ON e.value = f.value",
        // One text: it would not fit into a column of 2 GiB, which makes the engine panic.
        "string_agg(repeat('x', 1000), '') AS kind FROM range(100000000) AS e(value)",
        "array_agg(e.value) AS kind FROM range(100000000) AS e(value)",
    ] {
        let error = company.error_of_events(&format!("SELECT {select}")).await;
        let expected = "it needs more than 64 MiB, the `limits.memory_mb` of plumb.toml: \
                        join on keys, aggregate fewer rows, or raise it";
        assert_eq!(error, format!("`sources/event.sql:1:1`: {expected}"), "{select}");
    }
}

#[tokio::test]
async fn time_without_end_is_stopped() {
    let check = async |select: &str| {
        let mut company = company(SqlLimits { time: Duration::from_secs(2), ..SqlLimits::default() });
        let error = company.error_of_events(&format!("\nSELECT {select}")).await;
        let expected = "it was stopped after 2 s, the `limits.time_s` of plumb.toml: \
                        join on keys and read fewer rows, or raise it";
        assert_eq!(error, format!("`sources/event.sql:2:1`: {expected}"), "{select}");
    };
    tokio::join!(
        check("count(*) AS kind FROM range(1000000000000000)"),
        check("count(*) AS kind FROM range(1000000) AS a(x) CROSS JOIN range(1000000) AS b(y) WHERE x + y < 0"),
        check("count(*) AS kind FROM (WITH RECURSIVE n AS (SELECT 1 AS v UNION ALL SELECT 1 FROM n) SELECT v FROM n)"),
    );
}
