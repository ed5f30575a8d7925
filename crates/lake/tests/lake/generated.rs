//! Random features over the random company, as SQL.

use proptest::prelude::*;
use proptest::sample::select;

/// A `SELECT` list of so many features.
pub(crate) fn features(count: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(feature(), count).prop_map(|features| {
        let items: Vec<String> =
            features.iter().enumerate().map(|(index, feature)| format!("{feature} AS generated_{index}")).collect();
        format!("SELECT\n  {}", items.join(",\n  "))
    })
}

fn feature() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => aggregate(),
        1 => (aggregate_number(), aggregate_number()).prop_map(|(a, b)| format!("{a} + {b}")),
        1 => aggregate_number().prop_map(|number| format!("coalesce({number}, -1)")),
        1 => timestamp().prop_map(|timestamp| format!("date_diff_days(as_of, max({timestamp}))")),
        1 => aggregate_number().prop_map(|number| format!("CASE WHEN {number} > l.budget THEN l.industry ELSE 'less' END")),
        1 => aggregate_number().prop_map(|number| format!("CAST({number} AS DOUBLE) / NULLIF(l.budget, 0)")),
    ]
}

fn aggregate() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => aggregate_number(),
        1 => (select(vec!["bool_or", "bool_and"]), flag(), filter()).prop_map(|(of, flag, filter)| format!("{of}({flag}){filter}")),
        1 => (select(vec!["min", "max"]), text(), filter()).prop_map(|(of, text, filter)| format!("{of}({text}){filter}")),
        1 => (select(vec!["first_value", "last_value"]), text(), timestamp(), select(vec!["", " DESC"]), filter())
            .prop_map(|(of, text, by, order, filter)| format!("{of}({text} ORDER BY {by}{order}){filter}")),
        1 => filter().prop_map(|filter| format!("string_agg(e.kind, ','){filter}")),
        1 => (select(vec!["e.at", "e.minutes DESC"]), filter())
            .prop_map(|(by, filter)| format!("array_to_string(array_agg(e.kind ORDER BY {by}){filter}, ',')")),
    ]
}

fn aggregate_number() -> impl Strategy<Value = String> {
    let of_number = select(vec!["count", "sum", "min", "max", "avg", "stddev", "median", "var_pop"]);
    prop_oneof![
        6 => (of_number, number(), filter()).prop_map(|(of, number, filter)| format!("{of}({number}){filter}")),
        1 => (number(), filter()).prop_map(|(number, filter)| format!("count(DISTINCT {number}){filter}")),
        1 => (text(), filter()).prop_map(|(text, filter)| format!("count(DISTINCT {text}){filter}")),
        1 => (text(), filter()).prop_map(|(text, filter)| format!("count({text}){filter}")),
        1 => (number(), number(), filter()).prop_map(|(a, b, filter)| format!("corr({a}, {b}){filter}")),
        1 => (number(), timestamp(), filter())
            .prop_map(|(number, by, filter)| format!("first_value({number} ORDER BY {by}){filter}")),
        1 => filter().prop_map(|filter| format!("array_length(array_agg(e.pages){filter})")),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just(String::new()),
        3 => flag().prop_map(|flag| format!(" FILTER (WHERE {flag})")),
    ]
}

fn number() -> impl Strategy<Value = String> {
    let leaf = select(vec!["e.minutes", "e.minutes", "e.pages", "l.budget", "l.employees", "2", "0.1"])
        .prop_map(str::to_owned);
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), select(vec!["+", "-", "*"]), inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            inner.clone().prop_map(|a| format!("CAST({a} AS DOUBLE) / 3.0")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("coalesce({a}, {b})")),
            (simple_flag(), inner.clone(), inner)
                .prop_map(|(when, a, b)| format!("CASE WHEN {when} THEN {a} ELSE {b} END")),
            (timestamp(), timestamp()).prop_map(|(a, b)| format!("date_diff_days({a}, {b})")),
            text().prop_map(|text| format!("length({text})")),
        ]
    })
}

fn flag() -> impl Strategy<Value = String> {
    simple_flag().prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} AND {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} OR {b})")),
            inner.prop_map(|a| format!("NOT ({a})")),
        ]
    })
}

fn simple_flag() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec!["touch", "reply", "interaction", "none"]).prop_map(|kind| format!("e.kind = '{kind}'")),
        select(vec!["%a%", "/%", "call", ""]).prop_map(|pattern| format!("e.detail LIKE '{pattern}'")),
        (timestamp(), select(vec!["<", "<=", ">"]), timestamp()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (select(vec!["e.minutes", "e.pages", "l.budget"]), 0..3).prop_map(|(a, b)| format!("{a} > {b}")),
        select(vec!["e.detail", "e.minutes", "l.industry", "e.at"]).prop_map(|column| format!("{column} IS NULL")),
        Just("e.kind IN ('touch', 'reply', 'email_opened', 'ad_click')".to_owned()),
        Just("l.industry = 'fintech'".to_owned()),
        Just("l.work_permit".to_owned()),
    ]
}

fn timestamp() -> impl Strategy<Value = String> {
    let leaf = select(vec!["e.at", "e.at", "e.known_at", "as_of", "l.created_at", "l.first_outreach_at"]);
    (leaf, prop::option::of((select(vec!["+", "-"]), 1..9, select(vec!["days", "hours"])))).prop_map(
        |(timestamp, shift)| match shift {
            Some((op, by, unit)) => format!("{timestamp} {op} INTERVAL '{by} {unit}'"),
            None => timestamp.to_owned(),
        },
    )
}

fn text() -> impl Strategy<Value = String> {
    select(vec![
        "e.kind",
        "e.detail",
        "l.industry",
        "upper(e.kind)",
        "coalesce(e.detail, e.kind)",
        "e.kind || l.channel",
    ])
    .prop_map(str::to_owned)
}
