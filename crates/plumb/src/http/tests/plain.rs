//! Plain rows are read by a short way of their own. It must mean what the long way means: the same row to the bit, the same
//! words that training never saw, and nothing that the long way refuses.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};

use super::*;
use crate::http::plain_rows::ScoreBody;
use crate::http::subject::{Asked, Subject};
use crate::http::variants::{Answering, Chosen, Variants};
use crate::http::wire::Fields;
use crate::http::{invoke, mlflow, subject};
use crate::scoring::{Rows, Scorer, table_of};
use crate::store::Variant;

fn scorer() -> Arc<Scorer> {
    let levels = ["email", "fair, grand", "référence"].map(str::to_owned).to_vec();
    let columns =
        [("age", FeatureKind::Number), ("is_paid", FeatureKind::Flag), ("channel", FeatureKind::Category { levels })];
    let row = |row: u16| vec![f32::from(20 + row % 40), f32::from(row % 5 % 2), f32::from(row % 3)];
    Arc::new(Scorer::from_bytes(&model(&columns, row)).expect("our own model"))
}

/// Returns the variant that answers, alone or with a shadow, whose model has to be asked by names.
fn chosen(scorer: &Arc<Scorer>, has_shadow: bool) -> Chosen {
    let answering = |shadow: bool| {
        let variant = Variant { name: "one".into(), model_id: None, weight: 1.0, shadow };
        Answering::of(variant, scorer.clone())
    };
    let mut all = vec![answering(false)];
    all.extend(has_shadow.then(|| answering(true)));
    Chosen::of(answering(false), Arc::new(Variants::of(all)))
}

/// Both ways through one reader of bodies.
struct Ways {
    short: Chosen,
    long: Chosen,
}

impl Ways {
    fn of(scorer: &Arc<Scorer>) -> Ways {
        Ways { short: chosen(scorer, false), long: chosen(scorer, true) }
    }

    /// Reads a body both ways, and returns whether the short way was sure of it.
    fn agree(&self, body: &[u8], read: impl Fn(&[u8], &Chosen) -> Result<Asked, Error>) -> bool {
        let scorer = &self.short.answering.scorer;
        match (read(body, &self.short), read(body, &self.long)) {
            (Ok(Asked::Rows(short, _)), Ok(long)) => {
                assert_same(&short, &by_names(scorer, long), body);
                true
            }
            (Ok(Asked::Rows(..)), Err(error)) => {
                panic!("{}: {}", String::from_utf8_lossy(body), error.message)
            }
            _ => false,
        }
    }
}

type Reader<'a> = &'a dyn Fn(&[u8], &Chosen) -> Result<Asked, Error>;

fn by_names(scorer: &Scorer, asked: Asked) -> Rows {
    let Asked::Subjects(subjects) = asked else { panic!("a shadow needs names") };
    let rows = subjects.into_iter().map(|subject| match subject {
        Subject::Features { features, .. } => features,
        _ => panic!("a plain row is no lead"),
    });
    let table = table_of(&scorer.artifact.model.features, &rows.collect::<Vec<_>>()).expect("it fits");
    scorer.rows(&table).expect("it fits")
}

#[track_caller]
fn assert_same(short: &Rows, long: &Rows, body: &[u8]) {
    let bits = |rows: &Rows| rows.matrix.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let said = String::from_utf8_lossy(body);
    assert_eq!((short.matrix.rows, short.matrix.columns), (long.matrix.rows, long.matrix.columns), "{said}");
    assert_eq!(bits(short), bits(long), "{said}");
    assert_eq!(short.unseen, long.unseen, "{said}");
}

fn invoked(content_type: &'static str) -> impl Fn(&[u8], &Chosen) -> Result<Asked, Error> {
    move |body, chosen| Ok(invoke::read(Some(content_type), body, chosen, hour_of_new_year(1))?.0)
}

fn scored(body: &[u8], chosen: &Chosen) -> Result<Asked, Error> {
    let said = ScoreBody::read(body);
    if let Some((rows, _)) = said.and_then(|said| chosen.plain_rows(|scorer| said.row(scorer))) {
        return Ok(Asked::Rows(rows, None));
    }
    let value = serde_json::from_slice(body).map_err(|error| Error::request(error.to_string()))?;
    let mut fields = Fields::of(value, "")?;
    fields.text_needed("target")?;
    let subject = Subject::read(&mut fields, &subject::feature_names(&chosen.answering.scorer))?;
    fields.no_more()?;
    Ok(Asked::Subjects(vec![subject]))
}

#[test]
fn what_most_callers_send_goes_the_short_way() {
    let ways = Ways::of(&scorer());
    let row = r#"{"age": 31.25, "is_paid": true, "channel": "email"}"#;
    let sure = |body: &str, read: Reader| assert!(ways.agree(body.as_bytes(), read), "{body}");
    sure(&format!(r#"{{"target": "won", "features": {row}}}"#), &scored);
    sure(&format!(r#"{{"lead_id": "mine", "target": "won", "features": {row}}}"#), &scored);
    sure(&format!(r#"{{"target": "won", "features": {row}, "lead_id": ""}}"#), &scored);
    sure(r#"{"target":"won","features":[-0.0,0,"référence"]}"#, &scored);
    for body in [row, "{}", "[1e2,null,null]", r#"{"features":[1,1,"new"]}"#, r#" { "channel" : null } "#] {
        sure(body, &invoked(JSON));
        sure(&format!(r#"{{"instances":[{body},{row}, {{"features":{row}}}]}}"#), &invoked(JSON));
        sure(&format!("{body}\n\n{row}\r\n"), &invoked("application/jsonlines"));
    }
    for body in ["31,yes,email\n,,\n", "1;0;\r\n\r\n2;1.0; new ", "1e3|TRUE|x"] {
        sure(body, &invoked("text/csv"));
    }
    sure("0,1,1,email", &invoked("text/csv; label_size=1"));
    sure(&format!(r#"{{"dataframe_records":[{row}]}}"#), &mlflow::read);
    sure(&format!(r#"{{"inputs":[{row},[1,0,"email"]]}}"#), &mlflow::read);
    sure(r#"{"dataframe_split":{"columns":["channel","age"],"data":[["email",3],[null,1e38]]}}"#, &mlflow::read);
}

#[test]
fn what_needs_more_words_goes_the_long_way() {
    let ways = Ways::of(&scorer());
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
        assert!(!ways.agree(body.as_bytes(), invoked(JSON)), "{body}");
    }
    for (before, after) in [("", r#","as_of":"2026-01-01T00:00:00Z""#), (r#""lead_id":"a","#, r#","lead_id":"b""#)] {
        let body = format!(r#"{{{before}"target":"won","features":{{"age":1}}{after}}}"#);
        assert!(!ways.agree(body.as_bytes(), scored), "{body}");
    }
    for body in [r#"{"features":{"age":1},"target":"won"}"#, r#"{"target":" ","features":{}}"#, r#"{"target":"won"}"#] {
        assert!(!ways.agree(body.as_bytes(), scored), "{body}");
    }
    for body in ["age,is_paid,channel", "1,0,\"email\"", "1,0", "1,0,a,b", "1\r2,0,a", "1,0,référence", "1,maybe,a"] {
        assert!(!ways.agree(body.as_bytes(), invoked("text/csv")), "{body}");
    }
    let many: String = (0..100).map(|word| format!("1,0,word {word}\n")).collect();
    assert!(!ways.agree(many.as_bytes(), invoked("text/csv")), "so many new words are not listed one beside the other");
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

fn check(bodies: impl Strategy<Value = String>, read: impl Fn(&[u8], &Chosen) -> Result<Asked, Error>) {
    let (ways, sure) = (Ways::of(&scorer()), Cell::new(0));
    let mut runner = TestRunner::new(Cases { failure_persistence: None, ..Cases::with_cases(4_000) });
    let outcome = runner.run(&changed(bodies), |body| {
        sure.set(sure.get() + usize::from(ways.agree(body.as_bytes(), &read)));
        Ok(())
    });
    outcome.expect("both ways agree");
    assert!(sure.get() > 40, "the short way was sure of {} bodies only, which shows little", sure.get());
}

#[test]
fn generated_instances_mean_the_same_both_ways() {
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
fn generated_rows_of_other_protocols_mean_the_same_both_ways() {
    let ours = (rows(), any::<bool>()).prop_map(|(row, first)| {
        let target = r#""target":"won""#;
        if first { format!(r#"{{{target},"features":{row}}}"#) } else { format!(r#"{{"features":{row},{target}}}"#) }
    });
    check(ours, scored);
    let mlflows = (rows(), rows(), 0..3).prop_map(|(one, other, form)| match form {
        0 => format!(r#"{{"dataframe_records":[{one},{other}]}}"#),
        1 => format!(r#"{{"inputs":[{one}]}}"#),
        _ => format!(r#"{{"dataframe_split":{{"columns":["channel","age","is_paid"],"data":[{one},{other}]}}}}"#),
    });
    check(mlflows, mlflow::read);
}

#[test]
fn generated_lines_mean_the_same_both_ways() {
    let cell = prop::sample::select(&["", "1", "0", "yes", "1e3", "email", " new ", "inf", "NaN", "\"a\"", "é"][..]);
    let line = prop::collection::vec(cell, 3..4).prop_map(|cells| cells.join(","));
    let end = prop::sample::select(&["\n", "\r\n", "\n\n", "\r"][..]);
    let body = prop::collection::vec((line, end), 1..4)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect::<String>());
    check(body, invoked("text/csv"));
}
