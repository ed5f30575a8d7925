//! Mistakes in a features file: errors with line, column, expression and a hint.

use crate::company::{Company, features};

/// Checks the error of a feature on the second line.
async fn check(expression: &str, expected: &str) {
    let company = Company::new(r#"{"id":"1","created_at":"2026-01-01"}"#, "", "");
    let lake = company.lake().await;
    let sql = features(&format!("SELECT count(e.at) AS events,\n  {expression} AS wrong"));
    let error = lake.prepare(&sql).await.expect_err("it is wrong").to_string();
    assert_eq!(error, expected.replace("AT", "`features/lead.sql:2"), "{expression}");
}

#[tokio::test]
async fn an_unknown_name_is_refused_with_the_most_similar_ones() {
    check("l.indutsry", "AT:3`: feature `wrong`: no column `l.indutsry`: expected one of `industry`").await;
    check("max(e.valeu)", "AT:7`: feature `wrong`: no column `e.valeu`: expected one of `value`").await;
    check(
        "sum(e.x)",
        "AT:7`: feature `wrong`: no column `e.x`: expected one of `at`, `kind`, `known_at`, `lead_id`, `value`",
    )
    .await;
    check("budget > 3", "AT:3`: feature `wrong`: `budget`: expected `l.budget`").await;
    check("cout(e.at)", "AT:3`: feature `wrong`: no function `cout`: expected one of `cot`, `count`, `cbrt`").await;
}

#[tokio::test]
async fn an_expression_that_sees_past_as_of_is_refused() {
    let elsewhere = "expected `l.` for the lead, `e.` for its events, or `as_of`; nothing else is known at `as_of`";
    check("o.as_of > e.at", &format!("AT:3`: feature `wrong`: `o.as_of`: {elsewhere}")).await;
    check("bool_or(outcome.positive)", &format!("AT:11`: feature `wrong`: `outcome.positive`: {elsewhere}")).await;
    check("l.known_to IS NULL", "AT:3`: feature `wrong`: `l.known_to`: it is known only after `as_of`").await;
    let subquery = "expected no subquery: it would see what was learned after `as_of`";
    check("(SELECT max(at) FROM outcome)", &format!("AT:4`: feature `wrong`: {subquery}")).await;
    check("l.budget IN (SELECT 1)", &format!("AT:3`: feature `wrong`: {subquery}")).await;
}

#[tokio::test]
async fn a_function_that_is_not_deterministic_is_refused() {
    for function in ["now()", "random()", "current_date", "current_timestamp", "uuid()"] {
        let name = function.trim_end_matches("()");
        let problem = "is not deterministic: expected `as_of` for the current time";
        check(&format!("max({function})"), &format!("AT:7`: feature `wrong`: `{name}` {problem}")).await;
    }
    let distinct = "expected DISTINCT in `count` only: the order of values is not fixed for others";
    check("sum(DISTINCT e.value)", &format!("AT:3`: feature `wrong`: `sum`: {distinct}")).await;
}

#[tokio::test]
async fn windows_and_unsupported_aggregates_are_refused() {
    let window = "over a window: expected an aggregate of the lead's events, with FILTER";
    check("sum(e.value) OVER ()", &format!("AT:3`: feature `wrong`: `sum` {window}")).await;
    check("row_number()", &format!("AT:3`: feature `wrong`: `row_number` {window}")).await;
    check(
        "count(*)",
        "AT:3`: feature `wrong`: `count(*)`: expected `count(e.at)`, which is 0 for a lead without events",
    )
    .await;
    check(
        "count(DISTINCT make_array(e.kind))",
        "AT:3`: feature `wrong`: `count`: expected a number, a timestamp, a flag or text to count DISTINCT",
    )
    .await;
    check(
        "nth_value(e.value, 2 ORDER BY e.at)",
        "AT:3`: feature `wrong`: `nth_value`: \
         expected no ORDER BY here: events come ordered by `at`",
    )
    .await;
}
