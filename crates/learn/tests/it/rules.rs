//! The spreadsheet of points: how it is read, bound to features and added up.

use plumb_lead::{Feature, FeatureKind, FeatureMessages, FeatureSet, Matrix};
use plumb_learn::rules::{Cell, Condition, ParsedRules, Rules, Sheet, parse_csv, read};
use proptest::prelude::*;

const HOLE: f32 = f32::NAN;

fn features() -> FeatureSet {
    let levels = ["11-50", "fintech", "health tech"].map(str::to_owned).to_vec();
    let feature = |name: &str, kind| Feature { name: name.to_owned(), kind, messages: FeatureMessages::default() };
    FeatureSet {
        features: vec![
            feature("employees", FeatureKind::Number),
            feature("demo", FeatureKind::Flag),
            feature("industry", FeatureKind::Category { levels }),
        ],
        languages: Vec::new(),
    }
}

fn rules(lines: &str) -> Rules {
    let ParsedRules { rules, unreadable, .. } = parse_csv(&format!("field,condition,points,note\n{lines}"));
    assert_eq!(unreadable, []);
    rules
}

/// Checks the points of one feature's values under one rule that is worth 1.
#[track_caller]
fn check(feature: usize, condition: &str, values: [f32; 4], expected: [bool; 4]) {
    let features = features();
    let mut matrix = Matrix { values: vec![HOLE; 12], rows: 4, columns: 3 };
    values.iter().enumerate().for_each(|(row, value)| matrix.values[row * 3 + feature] = *value);
    let rules = rules(&format!("{},\"{condition}\",1\n", features.features[feature].name));
    assert_eq!(rules.bind(&features), []);
    let points = rules.margins(&features, &matrix).expect("the rule is bound");
    assert_eq!(points, expected.map(|holds| f64::from(u8::from(holds))), "{condition}");
}

#[test]
fn conditions_on_numbers() {
    let values = [10.0, 11.0, 50.0, HOLE];
    check(0, "11-50", values, [false, true, true, false]);
    check(0, "11 – 50", values, [false, true, true, false]);
    check(0, "> 11", values, [false, false, true, false]);
    check(0, ">= 11", values, [false, true, true, false]);
    check(0, "<11", values, [true, false, false, false]);
    check(0, "≤ 11", values, [true, true, false, false]);
    check(0, "10, 50", values, [true, false, true, false]);
    check(0, "missing", values, [false, false, false, true]);
    check(0, "any", values, [true, true, true, false]);
    check(0, "> -5", values, [true, true, true, false]);
    check(0, "50+", values, [false, false, true, false]);
    check(0, "11 or more", values, [false, true, true, false]);
    check(0, "Between 11 and 1,000", values, [false, true, true, false]);
    check(0, "11 to 50", values, [false, true, true, false]);
    check(0, "at most 11 employees", values, [true, true, false, false]);
    check(0, "> 0.05k", values, [false; 4]);
    check(0, "> 1100%", values, [false, false, true, false]);
    check(0, "not 11-50", values, [true, false, false, false]);
    check(0, "is empty", values, [false, false, false, true]);
    check(0, "is not empty", values, [true, true, true, false]);
}

#[test]
fn conditions_on_flags_and_words() {
    check(1, "yes", [1.0, 0.0, 1.0, HOLE], [true, false, true, false]);
    check(1, "No", [1.0, 0.0, 1.0, HOLE], [false, true, false, false]);
    let words = [0.0, 1.0, 2.0, HOLE];
    check(2, "FinTech", words, [false, true, false, false]);
    check(2, "fintech, Health Tech", words, [false, true, true, false]);
    check(2, "contains TECH", words, [false, true, true, false]);
    check(2, "11-50", words, [true, false, false, false]);
    check(2, "never seen", words, [false; 4]);
    check(2, "missing", words, [false, false, false, true]);
    check(2, "fintech; health tech", words, [false, true, true, false]);
    check(2, "fintech or health tech", words, [false, true, true, false]);
    check(2, "is FINTECH", words, [false, true, false, false]);
    check(2, "starts with fin", words, [false, true, false, false]);
    check(2, "ends with tech", words, [false, true, true, false]);
    check(2, "not fintech", words, [true, false, true, false]);
    check(2, "does not contain tech", words, [true, false, false, false]);
    check(2, "<> fintech", words, [true, false, true, false]);
}

#[test]
fn unreadable_cells_are_reported_by_line_and_column() {
    let ParsedRules { rules, unreadable, .. } = parse_csv(
        "\u{feff}Field;Condition;Points;Note\nemployees;> 5;10;big\nemployees;> many;10;\n;any;1;\nemployees;50-11;1;\n\
         employees;any;ten;\n\n;;;\nemployees;;3;\n",
    );
    assert_eq!(rules.rules.len(), 1);
    assert_eq!((rules.rules[0].points, rules.rules[0].note.as_str()), (10.0, "big"));
    assert_eq!(rules.rules[0].condition, Condition::Above(5.0));
    let found: Vec<(usize, &str, &str)> =
        unreadable.iter().map(|cell| (cell.address.line, cell.address.heading.as_str(), cell.text.as_str())).collect();
    let expected = [
        (3, "Condition", "> many"),
        (4, "Field", ""),
        (5, "Condition", "50-11"),
        (6, "Points", "ten"),
        (9, "Condition", ""),
    ];
    assert_eq!(found, expected);
    assert!(unreadable[2].why.contains("did you mean `11-50`"), "{}", unreadable[2].why);
}

#[test]
fn a_table_without_headings_is_skipped_with_its_first_line() {
    let parsed = parse_csv("feature,points\nemployees,3\n");
    assert!(parsed.rules.rules.is_empty());
    assert!(
        parsed.skipped[0].contains("`Action, Points`, and line 1 is the first, `feature, points`"),
        "{}",
        parsed.skipped[0]
    );
}

#[test]
fn a_workbook_with_titles_remarks_and_dates_is_read() {
    let text = |text: &str| Cell::Text(text.to_owned());
    let sheet = |name: &str, lines: Vec<Vec<Cell>>| Sheet {
        name: Some(name.to_owned()),
        lines: lines.into_iter().enumerate().map(|(index, cells)| (index + 1, cells)).collect(),
    };
    let date = |typed: Option<&str>| Cell::Date { day: "1950-11-01".to_owned(), typed: typed.map(str::to_owned) };
    let parsed = read(&[
        sheet("About", vec![vec![text("Lead scoring, second quarter")], vec![text("Ask Ana")]]),
        sheet(
            "Scoring",
            vec![
                vec![text("Lead scoring, second quarter")],
                vec![],
                vec![text("Attribute"), text("Operator"), text("Value"), text("Weight"), text("Why")],
                vec![text("Company")],
                vec![text("Employees"), Cell::Empty, date(Some("11-50")), Cell::Number(10.0), text("our size")],
                vec![text("employees"), text(">"), text("1,000"), text("+5")],
                vec![text("employees"), Cell::Empty, date(None), Cell::Number(1.0)],
                vec![text("INDUSTRY"), text("contains"), text("tech"), text("ten")],
                vec![text("employees"), text("<"), text("3 days"), Cell::Number(1.0)],
                vec![text("# employees above 10,000 never answer")],
                vec![text("demo"), Cell::Empty, Cell::Flag(true), text("1,5 or so")],
                vec![text("employees"), Cell::Empty, text("100,200"), Cell::Number(1.0)],
                vec![text("employees"), Cell::Empty, text("#REF!"), Cell::Number(1.0)],
            ],
        ),
    ]);
    assert_eq!(parsed.skipped.len(), 1);
    assert!(parsed.skipped[0].starts_with("sheet \"About\" is skipped"), "{:?}", parsed.skipped);
    let messages: Vec<String> = parsed.unreadable.iter().map(ToString::to_string).collect();
    let starts = ["C7: `1950-11-01` is a date", "D8: `ten`", "C9: `3 days`", "D11", "C12: `100,200`", "C13: `#REF!`"];
    assert_eq!(messages.len(), starts.len(), "{messages:#?}");
    for (message, start) in messages.iter().zip(starts) {
        assert!(message.starts_with(&format!("sheet \"Scoring\", cell {start}")), "{message}");
    }
    assert_eq!((parsed.rules.rules.len(), parsed.rules.bind(&features()).len()), (2, 0));
    assert_eq!(parsed.rules.rules[0].note, "our size");
    let mut matrix = Matrix { values: vec![HOLE; 6], rows: 2, columns: 3 };
    (matrix.values[0], matrix.values[3]) = (20.0, 1500.0);
    assert_eq!(parsed.rules.margins(&features(), &matrix).expect("bound"), [10.0, 5.0]);
}

/// Returns the fields and conditions of a text of rules, and what cannot be read, by its place.
fn layout(text: &str) -> (Vec<(String, Condition)>, Vec<String>) {
    let ParsedRules { rules, unreadable, skipped, .. } = parse_csv(text);
    assert_eq!(skipped, [""; 0]);
    let read = rules.rules.into_iter().map(|rule| (rule.field, rule.condition)).collect();
    (read, unreadable.iter().map(ToString::to_string).collect())
}

fn one_of(words: &[&str]) -> Condition {
    Condition::OneOf(words.iter().map(|word| (*word).to_owned()).collect())
}

#[test]
fn attributes_with_criteria_are_rules() {
    let (read, unreadable) = layout(
        "Scoring 2026\nAttribute,Criteria,Points\nEmployees,200+ employees,+10\nEmployees,20-199 people,+5\nSize,2 to 19,3\n\
         Turnover,€5M+,8\nTurnover,$1M-$5M,4\nTitle,\"Board (CEO, CTO)\",15\nTitle,Head / Lead,10\n\
         Sector,Media/Film,2\nSector,Owner or above,2\nAge,3+ weeks,2\n",
    );
    let conditions: Vec<Condition> = read.into_iter().map(|(_, condition)| condition).collect();
    assert_eq!(conditions[0], Condition::AtLeast(200.0));
    assert!(matches!(conditions[1], Condition::Range { low: 20.0, high: 199.0, .. }), "{:?}", conditions[1]);
    assert!(matches!(conditions[2], Condition::Range { low: 2.0, high: 19.0, .. }), "{:?}", conditions[2]);
    assert_eq!(conditions[3], Condition::AtLeast(5e6));
    assert!(matches!(conditions[4], Condition::Range { low: 1e6, high: 5e6, .. }), "{:?}", conditions[4]);
    assert_eq!(conditions[5], one_of(&["Board", "CEO", "CTO"]));
    assert_eq!(conditions[6], one_of(&["Head", "Lead"]));
    assert_eq!(conditions[7..], [one_of(&["Media/Film", "Media", "Film"])]);
    assert_eq!(unreadable.len(), 2, "{unreadable:?}");
    assert!(
        unreadable[0].contains("line 11, column Criteria: `Owner or above` is an order of words"),
        "{}",
        unreadable[0]
    );
    assert!(unreadable[1].contains("`3+ weeks` is a number in `weeks`"), "{}", unreadable[1]);
}

#[test]
fn a_block_has_the_field_of_its_heading() {
    let (read, unreadable) = layout(
        "Industry,Points,Why\nfintech,10,\nHealth tech,5,\nEmployees,Points,\n\"10,000+\",-2,large\nUnknown,1,\n\"1,000-9,999\",-25%,\n",
    );
    assert_eq!(read[0], ("Industry".to_owned(), one_of(&["fintech"])));
    assert_eq!(read[2], ("Employees".to_owned(), Condition::AtLeast(10_000.0)));
    assert_eq!(read.len(), 4);
    assert!(unreadable[0].contains("line 7, column Points: `-25%` is not a number"), "{unreadable:?}");
    let text = "Employees,Points\nUnknown,1\n";
    let points = parse_csv(text)
        .rules
        .margins(&features(), &Matrix { values: vec![HOLE, HOLE, HOLE, 5.0, 1.0, 0.0], rows: 2, columns: 3 });
    assert_eq!(points.expect("bound"), [1.0, 0.0], "an unknown number is a missing one");
}

#[test]
fn an_action_is_a_flag_whose_name_it_has() {
    let text = "Action,Points,Rationale\nRequested a demo,+30,sure\nEmployees,+1,\nAttended webinar,+20,\n\
                Opened 3+ emails in 7 days,+5,\nNo activity for 30 days,-10,\n";
    let ParsedRules { rules, unreadable, .. } = parse_csv(text);
    let features = features();
    let unbound: Vec<String> = rules.bind(&features).into_iter().map(|rule| rule.why).collect();
    assert_eq!(unbound, ["`Attended webinar` names no feature: expected the name of a flag from features/*.sql in it"]);
    assert_eq!(unreadable.len(), 2);
    assert!(
        unreadable[0].to_string().contains("line 5, column Action: `Opened 3+ emails in 7 days` is more than"),
        "{}",
        unreadable[0]
    );
    let matrix = Matrix { values: vec![5.0, 1.0, 0.0, 0.0, 0.0, 0.0, HOLE, HOLE, 0.0], rows: 3, columns: 3 };
    let fitted = rules.fit(&features, &matrix).expect("two rules fit");
    assert_eq!(fitted.margins(&features, &matrix).expect("bound"), [31.0, 0.0, 0.0]);
    assert_eq!(fitted.rules[0].field, "demo");
}

#[test]
fn a_misspelt_feature_gets_a_suggestion() {
    let unbound = rules("industri,fintech,5\n").bind(&features());
    assert_eq!(unbound[0].why, "`industri` is not a feature: did you mean `industry`?");
}

/// Whether a rule holds for a value, given the number in its condition.
type Holds = fn(f32, f32) -> bool;

/// A rule as it may be parsed, when it holds, the number in it and its points.
fn a_rule() -> impl Strategy<Value = (String, Holds, f32, f64)> {
    let forms: Vec<(&str, Holds)> = vec![
        ("> @", |value, number| value > number),
        ("@+", |value, number| value >= number),
        ("less than @", |value, number| value < number),
        ("not @", |value, number| value != number),
        ("between @ and 1,000,000", |value, number| value >= number),
    ];
    (prop::sample::select(forms), -500_i32..500, -200_i32..200, any::<bool>()).prop_map(
        |((form, holds), number, points, loud)| {
            let text = form.replace('@', &number.to_string());
            let text = if loud { text.to_uppercase() } else { text };
            (text, holds, number as f32, f64::from(points) / 2.0)
        },
    )
}

proptest! {
    #[test]
    fn a_table_gives_the_points_of_its_rules(
        table in prop::collection::vec(a_rule(), 1..8),
        values in prop::collection::vec(-600_i32..600, 1..8),
    ) {
        let lines: String =
            table.iter().map(|(text, _, _, points)| format!("Employees;{text};{points};\n\n")).collect();
        let parsed = parse_csv(&format!("Our scoring;;;\nField;Condition;Points;Note\n{lines}"));
        prop_assert_eq!(&parsed.unreadable, &[]);
        let mut matrix = Matrix { values: vec![HOLE; values.len() * 3], rows: values.len(), columns: 3 };
        values.iter().enumerate().for_each(|(row, value)| matrix.values[row * 3] = *value as f32);
        let found = parsed.rules.margins(&features(), &matrix).expect("the rules are bound");
        for (value, found) in values.iter().zip(found) {
            let met = table.iter().filter(|(_, holds, number, _)| holds(*value as f32, *number));
            let expected: f64 = met.map(|(_, _, _, points)| points).sum();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,60}", field in "[a-z_]{0,12}") {
        let _ = Condition::parse(&text, &field);
        let _ = parse_csv(&text);
    }
}

#[test]
fn a_rule_that_no_feature_fits_is_reported_and_left_out() {
    let rules = rules("colour,red,5\nemployees,contains x,5\nindustry,> 5,5\ndemo,maybe,5\nemployees,> 5,5\n");
    let unbound = rules.bind(&features());
    assert_eq!(unbound.iter().map(|rule| rule.rule).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(unbound[0].why.starts_with("`colour` is not a feature"), "{}", unbound[0].why);
    let train = Matrix { values: vec![10.0, HOLE, HOLE, 1.0, HOLE, HOLE], rows: 2, columns: 3 };
    let fitted = rules.fit(&features(), &train).expect("one rule fits");
    assert_eq!((fitted.rules.len(), fitted.means.as_slice()), (1, [2.5, 0.0, 0.0].as_slice()));
}

#[test]
fn an_explanation_compares_points_with_the_average() {
    let train = Matrix { values: vec![10.0, 1.0, 1.0, 1.0, 0.0, HOLE], rows: 2, columns: 3 };
    let rules = rules("employees,> 5,10\nemployees,any,2\ndemo,yes,4\nindustry,missing,-3\n");
    let fitted = rules.fit(&features(), &train).expect("the rules fit");
    let explanation = fitted.explain(&features(), &train).expect("the rules are fitted");
    // Points: 12, 4, 0 and 2, 0, -3; on average 7, 2, -1.5.
    assert_eq!(explanation.base, 7.5);
    assert_eq!(explanation.row(0), [5.0, 2.0, 1.5]);
    assert_eq!(explanation.row(1), [-5.0, -2.0, -1.5]);
    assert!(rules.explain(&features(), &train).is_err(), "without averages there is nothing to compare with");
}

#[test]
fn rules_without_any_known_feature_are_an_error() {
    let train = Matrix { values: vec![1.0; 3], rows: 1, columns: 3 };
    let error = rules("colour,red,5\n").fit(&features(), &train).expect_err("no rule fits");
    assert!(error.to_string().contains("`colour` is not a feature"), "{error}");
}

#[test]
fn a_condition_of_a_million_negations_is_read_or_refused_and_does_not_fill_the_memory() {
    // With a call within a call, each with copies of the rest, the first would need 20 GB and more stack than there is.
    let parsed = parse_csv(&format!("field,condition,points\nindustry,{}fintech,1\n", "not ".repeat(1_000_000)));
    let [refused] = &parsed.unreadable[..] else { panic!("{} cells", parsed.unreadable.len()) };
    assert!(refused.why.contains("a condition of 4000008 bytes: expected at most 131072"), "{}", refused.why);
    assert!(refused.to_string().len() < 500, "a message shows the beginning of a cell");
    for (negations, expected) in [
        (30_000, Condition::OneOf(vec!["fintech".into()])),
        (29_999, Condition::Not(Box::new(Condition::OneOf(vec!["fintech".into()])))),
    ] {
        let text = "not ".repeat(negations) + "is equals fintech";
        assert_eq!(Condition::parse(&text, "industry"), Ok(expected), "{negations}");
    }
    assert_eq!(Condition::parse("is not 'empty'", "industry"), Ok(Condition::Any));
    assert_eq!(Condition::parse("not any", "industry"), Ok(Condition::Missing));
}
