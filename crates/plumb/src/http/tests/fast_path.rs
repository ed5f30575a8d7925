//! The fast path against the full parsers: the same rows to the bit, the same words that training never saw, and nothing that
//! the full parsers refuse.

use std::cell::Cell;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};

use plumb_lead::FeatureKind;

use super::support::JSON;
use crate::http::error::Error;
use crate::http::instances::{self, ContentType};
use crate::http::middleware::request_memory::RequestMemory;
use crate::http::{mlflow, v1};
use crate::scoring::tests::model;
use crate::scoring::{Rows, Scorer, table_of};
use crate::serving::{InferenceRequest, Instance, RoutedVariant, ServingVariant, Variants};
use crate::store::Variant;
use crate::store::tests::hour_of_new_year;
use crate::telemetry::ServingMetrics;

fn scorer() -> Arc<Scorer> {
    let levels = ["email", "fair, grand", "référence"].map(str::to_owned).to_vec();
    let columns =
        [("age", FeatureKind::Number), ("is_paid", FeatureKind::Flag), ("channel", FeatureKind::Category { levels })];
    let row = |row: u16| vec![f32::from(20 + row % 40), f32::from(row % 5 % 2), f32::from(row % 3)];
    Arc::new(Scorer::from_bytes(&model(&columns, row)).expect("our own model"))
}

/// Returns a routed variant, alone or with a shadow, which rules the fast path out.
fn routed(scorer: &Arc<Scorer>, has_shadow: bool) -> RoutedVariant {
    let variant = |shadow: bool| {
        let variant = Variant { name: "one".into(), model_id: None, weight: 1.0, shadow };
        Arc::new(ServingVariant::new(variant, scorer.clone(), &ServingMetrics::new()))
    };
    let mut all = vec![variant(false)];
    all.extend(has_shadow.then(|| variant(true)));
    RoutedVariant::new(variant(false), Arc::new(Variants::new(all)))
}

/// A parser with and without the fast path.
struct Parsers {
    fast: RoutedVariant,
    full: RoutedVariant,
}

impl Parsers {
    fn of(scorer: &Arc<Scorer>) -> Parsers {
        Parsers { fast: routed(scorer, false), full: routed(scorer, true) }
    }

    /// Reads a body by both, and returns whether the fast path could read it.
    fn agree(&self, body: &[u8], read: impl Fn(&[u8], &RoutedVariant) -> Result<InferenceRequest, Error>) -> bool {
        let scorer = self.fast.scorer();
        match (read(body, &self.fast), read(body, &self.full)) {
            (Ok(InferenceRequest::Rows(fast, _)), Ok(full)) => {
                assert_same(&fast, &by_names(scorer, full), body);
                true
            }
            (Ok(InferenceRequest::Rows(..)), Err(error)) => {
                panic!("{}: {}", String::from_utf8_lossy(body), error.message)
            }
            _ => false,
        }
    }
}

type Reader<'a> = &'a dyn Fn(&[u8], &RoutedVariant) -> Result<InferenceRequest, Error>;

fn by_names(scorer: &Scorer, request: InferenceRequest) -> Rows {
    let InferenceRequest::Instances(instances) = request else { panic!("a shadow needs names") };
    let rows = instances.into_iter().map(|instance| match instance {
        Instance::Features { features, .. } => features,
        _ => panic!("a plain row is no lead"),
    });
    let table = table_of(&scorer.artifact.model.features, &rows.collect::<Vec<_>>()).expect("it fits");
    scorer.rows(&table).expect("it fits")
}

#[track_caller]
fn assert_same(fast: &Rows, full: &Rows, body: &[u8]) {
    let bits = |rows: &Rows| rows.matrix.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let text = String::from_utf8_lossy(body);
    assert_eq!((fast.matrix.rows, fast.matrix.columns), (full.matrix.rows, full.matrix.columns), "{text}");
    assert_eq!(bits(fast), bits(full), "{text}");
    assert_eq!(fast.unseen, full.unseen, "{text}");
}

fn read_mlflow(body: &[u8], routed: &RoutedVariant) -> Result<InferenceRequest, Error> {
    mlflow::read_for_variant(body, routed, &RequestMemory::of_test(body))
}

fn invoked(content_type: &'static str) -> impl Fn(&[u8], &RoutedVariant) -> Result<InferenceRequest, Error> {
    move |body, routed| {
        let content_type = ContentType::parse(Some(content_type))?;
        instances::read(content_type, body, routed, hour_of_new_year(1), &RequestMemory::of_test(body))
    }
}

#[test]
fn plain_rows_take_the_fast_path() {
    let parsers = Parsers::of(&scorer());
    let row = r#"{"age": 31.25, "is_paid": true, "channel": "email"}"#;
    let sure = |body: &str, read: Reader| assert!(parsers.agree(body.as_bytes(), read), "{body}");
    sure(&format!(r#"{{"target": "won", "features": {row}}}"#), &v1::read_for_variant);
    sure(&format!(r#"{{"lead_id": "mine", "target": "won", "features": {row}}}"#), &v1::read_for_variant);
    sure(&format!(r#"{{"target": "won", "features": {row}, "lead_id": ""}}"#), &v1::read_for_variant);
    sure(r#"{"target":"won","features":[-0.0,0,"référence"]}"#, &v1::read_for_variant);
    for body in [row, "{}", "[1e2,null,null]", r#"{"features":[1,1,"new"]}"#, r#" { "channel" : null } "#] {
        sure(body, &invoked(JSON));
        sure(&format!(r#"{{"instances":[{body},{row}, {{"features":{row}}}]}}"#), &invoked(JSON));
        sure(&format!("{body}\n\n{row}\r\n"), &invoked("application/jsonlines"));
    }
    for body in ["31,yes,email\n,,\n", "1;0;\r\n\r\n2;1.0; new ", "1e3|TRUE|x"] {
        sure(body, &invoked("text/csv"));
    }
    sure("0,1,1,email", &invoked("text/csv; label_size=1"));
    sure(&format!(r#"{{"dataframe_records":[{row}]}}"#), &read_mlflow);
    sure(&format!(r#"{{"inputs":[{row},[1,0,"email"]]}}"#), &read_mlflow);
    sure(r#"{"dataframe_split":{"columns":["channel","age"],"data":[["email",3],[null,1e38]]}}"#, &read_mlflow);
}

#[test]
fn anything_else_is_left_to_the_full_parser() {
    let parsers = Parsers::of(&scorer());
    let row = r#"{"age":1,"is_paid":true,"channel":"em\u0061il"}"#;
    for body in [
        row,
        r#"{"age":1,"age":2}"#,
        r#"{"age":"1"}"#,
        r#"{"age":1e39}"#,
        r#"{"age":01}"#,
        r#"{"age":1.}"#,
        r#"{"age":+1}"#,
        r#"{"age":.5}"#,
        r#"{"age":NaN}"#,
        r#"{"age":1,}"#,
        r#"{"colour":1}"#,
        r#"[1,true]"#,
        r#"[1,true,"email",1]"#,
        r#"[1,2,"email"]"#,
        r#"{"lead_id":"ada","features":{"age":1}}"#,
        r#"{"instances":[]}"#,
        r#"{"instances":[{"age":1}],"age":1}"#,
        r#"{"age":1} 2"#,
        "{\"channel\":\"a\tb\"}",
    ] {
        assert!(!parsers.agree(body.as_bytes(), invoked(JSON)), "{body}");
    }
    for (before, after) in [("", r#","as_of":"2026-01-01T00:00:00Z""#), (r#""lead_id":"a","#, r#","lead_id":"b""#)] {
        let body = format!(r#"{{{before}"target":"won","features":{{"age":1}}{after}}}"#);
        assert!(!parsers.agree(body.as_bytes(), v1::read_for_variant), "{body}");
    }
    for body in [r#"{"features":{"age":1},"target":"won"}"#, r#"{"target":" ","features":{}}"#, r#"{"target":"won"}"#] {
        assert!(!parsers.agree(body.as_bytes(), v1::read_for_variant), "{body}");
    }
    for body in ["age,is_paid,channel", "1,0,\"email\"", "1,0", "1,0,a,b", "1\r2,0,a", "1,0,référence", "1,maybe,a"] {
        assert!(!parsers.agree(body.as_bytes(), invoked("text/csv")), "{body}");
    }
    let many: String = (0..100).map(|word| format!("1,0,word {word}\n")).collect();
    assert!(
        !parsers.agree(many.as_bytes(), invoked("text/csv")),
        "so many new words are not listed one beside the other"
    );
}

/// Text that is a row, or nearly.
fn rows() -> impl Strategy<Value = String> {
    let name = prop::sample::select(&["age", "is_paid", "channel", "features", "instances", "colour", ""][..]);
    let number = prop_oneof![
        any::<f64>().prop_filter("JSON has none of these", |number| number.is_finite()).prop_map(|n| n.to_string()),
        any::<f32>().prop_filter("nor of these", |number| number.is_finite()).prop_map(|n| format!("{n:e}")),
        any::<i64>().prop_map(|number| number.to_string()),
        prop::sample::select(&["0", "1", "-0", "-0.0", "1E2", "123456789012345678901234567890", "1e-400"][..])
            .prop_map(str::to_owned),
    ];
    let word = prop::sample::select(&["null", "true", "false", "\"email\"", "\"new\"", "\"\"", "\"r\u{e9}f\""][..]);
    let value = prop_oneof![2 => number, 3 => word.prop_map(str::to_owned)].boxed();
    let pairs = prop::collection::vec((name, value.clone()), 0..4);
    let blank = prop::sample::select(&["", " ", "\n", "\t"][..]);
    let object = (pairs, blank).prop_map(|(pairs, blank)| {
        let pairs: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{blank}\"{name}\"{blank}:{value}{blank}")).collect();
        format!("{{{}}}", pairs.join(","))
    });
    let list = prop::collection::vec(value, 2..5).prop_map(|values| format!("[{}]", values.join(",")));
    prop_oneof![3 => object, 2 => list]
}

/// A letter of a body replaced, or none.
fn changed(body: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let other = prop::sample::select(&["", ",", "\"", "{", "]", "}", ":", "0", "-", "e", "\\", "\n", " ", "\u{1}"][..]);
    (body, any::<prop::sample::Index>(), other, prop::bool::weighted(0.5)).prop_map(|(body, at, other, is_changed)| {
        let letters: Vec<char> = body.chars().collect();
        let at = at.index(letters.len().max(1));
        let letter = |(index, letter): (usize, &char)| {
            if is_changed && index == at { other.to_owned() } else { letter.to_string() }
        };
        letters.iter().enumerate().map(letter).collect()
    })
}

fn check(
    bodies: impl Strategy<Value = String>,
    read: impl Fn(&[u8], &RoutedVariant) -> Result<InferenceRequest, Error>,
) {
    let (parsers, sure) = (Parsers::of(&scorer()), Cell::new(0));
    let mut runner = TestRunner::new(Cases { failure_persistence: None, ..Cases::with_cases(4_000) });
    let outcome = runner.run(&changed(bodies), |body| {
        sure.set(sure.get() + usize::from(parsers.agree(body.as_bytes(), &read)));
        Ok(())
    });
    outcome.expect("both agree");
    assert!(sure.get() > 40, "the fast path read {} bodies only, which shows little", sure.get());
}

#[test]
fn generated_instances_give_the_same_rows() {
    let wrapped = (rows(), rows(), 0..4).prop_map(|(one, other, form)| match form {
        0 => one,
        1 => format!(r#"{{"features":{one}}}"#),
        2 => format!(r#"{{"instances":[{one},{other}]}}"#),
        _ => format!(r#"{{"instances":[{{"features":{one}}}]}}"#),
    });
    check(wrapped, invoked(JSON));
    check((rows(), rows()).prop_map(|(one, other)| format!("{one}\n{other}")), invoked("application/jsonlines"));
}

#[test]
fn generated_rows_of_other_protocols_give_the_same_rows() {
    let ours = (rows(), any::<bool>()).prop_map(|(row, first)| {
        let target = r#""target":"won""#;
        if first { format!(r#"{{{target},"features":{row}}}"#) } else { format!(r#"{{"features":{row},{target}}}"#) }
    });
    check(ours, v1::read_for_variant);
    let mlflows = (rows(), rows(), 0..3).prop_map(|(one, other, form)| match form {
        0 => format!(r#"{{"dataframe_records":[{one},{other}]}}"#),
        1 => format!(r#"{{"inputs":[{one}]}}"#),
        _ => format!(r#"{{"dataframe_split":{{"columns":["channel","age","is_paid"],"data":[{one},{other}]}}}}"#),
    });
    check(mlflows, read_mlflow);
}

#[test]
fn generated_lines_give_the_same_rows() {
    let cell = prop::sample::select(&["", "1", "0", "yes", "1e3", "email", " new ", "inf", "NaN", "\"a\"", "é"][..]);
    let line = prop::collection::vec(cell, 3..4).prop_map(|cells| cells.join(","));
    let end = prop::sample::select(&["\n", "\r\n", "\n\n", "\r"][..]);
    let body = prop::collection::vec((line, end), 1..4)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect::<String>());
    check(body, invoked("text/csv"));
}
