//! SQL that is nested too deep, or too large once it is put together: an error instead of an overflowing stack.

use crate::company::{Company, features};

const LEAD: &str = r#"{"id":"1","created_at":"2026-01-01","industry":"Tech"}"#;

/// Expressions of the lead's `industry`, nested so many times.
fn nested(times: usize) -> Vec<String> {
    let around = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(times), close.repeat(times));
    vec![
        format!("l.industry = 'a'{}", " AND l.industry = 'a'".repeat(times)),
        format!("l.industry = 'a'{}", " OR l.industry = 'a'".repeat(times)),
        format!("1{}", " + 1".repeat(times)),
        format!("l.industry{}", " || l.industry".repeat(times)),
        format!("l.industry{}", "::VARCHAR".repeat(times)),
        format!("l.industry{}", " IS NULL".repeat(times)),
        around("(", "l.industry", ")"),
        around("NOT ", "TRUE", ""),
        around("- ", "1", ""),
        around("CASE WHEN TRUE THEN ", "l.industry", " END"),
        around("CASE WHEN ", "TRUE", " THEN TRUE END"),
        around("upper(", "l.industry", ")"),
        around("coalesce(l.industry, ", "l.industry", ")"),
        around("CAST(", "l.industry", " AS VARCHAR)"),
        around("[", "1", "]"),
        around("l.industry IN (", "'a'", ")"),
        format!("CAST(l.industry AS {}INT{})", "ARRAY<".repeat(times), ">".repeat(times)),
    ]
}

#[tokio::test]
async fn features_nested_ten_thousand_times_are_refused() {
    let company = Company::new(LEAD, "", "");
    let lake = company.lake().await;
    for times in [600, 10_000, 100_000] {
        for expression in nested(times) {
            let sql = features(&format!("SELECT\n  {expression} AS deep"));
            let error = lake.prepare(&sql).await.expect_err("it is too deep").to_string();
            let about = format!("{times} {}: {}", &expression[..30], &error[..error.len().min(300)]);
            assert!(error.starts_with("`features/lead.sql:2:") || error.contains("it has "), "{about}");
            assert!(error.contains("expected at most "), "{about}");
        }
    }
}

#[tokio::test]
async fn features_nested_four_hundred_times_are_computed() {
    let company = Company::new(LEAD, "", "");
    let lake = company.lake().await;
    let (lead, events) = lake.lead("lead:1", crate::company::day(9)).await.expect("it is read").expect("it is known");
    for (times, expressions) in [(400, 0..4), (15, 6..15)] {
        for expression in &nested(times)[expressions] {
            let sql = features(&format!("SELECT count({expression}) AS c"));
            let table = lake.features_of(&sql, &lead, &events, crate::company::day(9)).await;
            assert!(table.is_ok(), "{times} {}: {table:?}", &expression[..30]);
        }
    }
}

#[tokio::test]
async fn sources_nested_ten_thousand_times_are_refused() {
    let mut company = Company::new(LEAD, "", "");
    for times in [600, 10_000, 100_000] {
        let mut queries: Vec<String> = nested(times)
            .iter()
            .map(|expression| format!("SELECT\n  {expression} AS deep FROM leads.records l"))
            .collect();
        queries.extend([
            format!("SELECT\n  1, 2{}", " UNION ALL SELECT 1, 2".repeat(times * 2)),
            format!("SELECT\n  1 FROM {}leads.records{}", "(SELECT * FROM ".repeat(times), ")".repeat(times)),
            format!("SELECT\n  1 FROM {}leads.records{}", "(".repeat(times), ")".repeat(times)),
            format!("SELECT\n  1 FROM leads.records{}", ", leads.records".repeat(times * 2)),
            format!("SELECT\n  1 FROM leads.records{}", " CROSS JOIN leads.records".repeat(times * 2)),
        ]);
        for sql in queries {
            let error = company.error_of_events(&sql).await;
            let about = format!("{times} {}: {}", &sql[..40], &error[..error.len().min(300)]);
            assert!(error.starts_with("`sources/event.sql"), "{about}");
            assert!(error.contains("expected at most ") || error.contains("expected fewer"), "{about}");
        }
    }
}

/// Each WITH uses the one before twice: forty of them are 2^40 tables.
#[tokio::test]
async fn a_with_counts_wherever_it_is_used() {
    let mut company = Company::new(LEAD, "", "");
    let mut sql = "WITH w0 AS (SELECT id FROM leads.records)".to_owned();
    for level in 1..=40 {
        let before = level - 1;
        sql += &format!(", w{level} AS (SELECT a.id FROM w{before} a JOIN w{before} b ON a.id = b.id)");
    }
    let error = company.error_of_events(&format!("{sql} SELECT id FROM w40")).await;
    assert_eq!(
        error,
        "`sources/event.sql:1:1`: it has more than 1000 SELECTs and tables, each WITH counted wherever it is used: \
         expected fewer; use a WITH once, or take part of the work into another file"
    );
}

#[tokio::test]
async fn parentheses_within_the_limit_are_parsed_at_once() {
    let mut company = Company::new(LEAD, "", "");
    // A parser that tries each of them as two things would need 2^20 attempts.
    for sql in [
        format!("SELECT 1 FROM {}leads.records l{} CROSS JOIN nowhere", "(".repeat(20), ")".repeat(20)),
        format!("SELECT {}1{} FROM nowhere", "(".repeat(20), ")".repeat(20)),
    ] {
        let error = company.error_of_events(&sql).await;
        assert!(error.contains("nowhere"), "{error}");
    }
}

#[tokio::test]
async fn a_constant_is_no_place_for_data() {
    let mut company = Company::new(LEAD, "", "");
    let error = company.error_of_events(&format!("SELECT '{}' AS kind", "x".repeat(200_000))).await;
    let hint = "expected at most 128 KiB; put data into a source, not into SQL";
    assert_eq!(error, format!("`sources/event.sql:1:1`: a constant of 195.3 KiB: {hint}"));
    let error = company.error_of_events(&format!("SELECT 1 -- {}", "x".repeat(2 << 20))).await;
    assert_eq!(
        error,
        "`sources/event.sql`: it has 2.0 MiB: expected at most 1 MiB; put data into a source, not into SQL"
    );
}
