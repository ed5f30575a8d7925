//! The spreadsheet of points: how it is read, bound to features and added up.

use plumb_lead::{Feature, FeatureKind, FeatureSet, Matrix, Wording};
use plumb_learn::rules::{Condition, Rules, parse_csv};

const HOLE: f32 = f32::NAN;

fn features() -> FeatureSet {
    let levels = ["11-50", "fintech", "health tech"].map(str::to_owned).to_vec();
    let feature = |name: &str, kind| Feature { name: name.to_owned(), kind, wording: Wording::default() };
    FeatureSet {
        features: vec![
            feature("employees", FeatureKind::Number),
            feature("demo", FeatureKind::Flag),
            feature("industry", FeatureKind::Category { levels }),
        ],
    }
}

fn rules(lines: &str) -> Rules {
    let (rules, unreadable) = parse_csv(&format!("field,condition,points,note\n{lines}"));
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
}

#[test]
fn what_cannot_be_read_is_named_by_line_and_cell() {
    let (rules, unreadable) = parse_csv(
        "\u{feff}Field;Condition;Points;Note\nemployees;> 5;10;big\nemployees;> many;10;\n;any;1;\nemployees;50-11;1;\n\
         employees;any;ten;\n\n;;;\nemployees;;3;\n",
    );
    assert_eq!(rules.rules.len(), 1);
    assert_eq!((rules.rules[0].points, rules.rules[0].note.as_str()), (10.0, "big"));
    assert_eq!(rules.rules[0].condition, Condition::Above(5.0));
    let found: Vec<(usize, &str, &str)> =
        unreadable.iter().map(|problem| (problem.line, problem.cell.as_str(), problem.text.as_str())).collect();
    let expected = [
        (3, "condition", "> many"),
        (4, "field", ""),
        (5, "condition", "50-11"),
        (6, "points", "ten"),
        (9, "condition", ""),
    ];
    assert_eq!(found, expected);
    assert!(unreadable[2].why.contains("did you mean `11-50`"), "{}", unreadable[2].why);
}

#[test]
fn a_table_without_the_headings_is_refused_by_their_names() {
    let (rules, unreadable) = parse_csv("feature,points\nemployees,3\n");
    assert!(rules.rules.is_empty());
    assert_eq!(unreadable.iter().map(|problem| problem.cell.as_str()).collect::<Vec<_>>(), ["field", "condition"]);
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
fn an_explanation_holds_the_points_against_the_average() {
    let train = Matrix { values: vec![10.0, 1.0, 1.0, 1.0, 0.0, HOLE], rows: 2, columns: 3 };
    let rules = rules("employees,> 5,10\nemployees,any,2\ndemo,yes,4\nindustry,missing,-3\n");
    let fitted = rules.fit(&features(), &train).expect("the rules fit");
    let explanation = fitted.explain(&features(), &train).expect("the rules are fitted");
    // Points: 12, 4, 0 and 2, 0, -3; on average 7, 2, -1.5.
    assert_eq!(explanation.base, 7.5);
    assert_eq!(explanation.row(0), [5.0, 2.0, 1.5]);
    assert_eq!(explanation.row(1), [-5.0, -2.0, -1.5]);
    assert!(rules.explain(&features(), &train).is_err(), "without averages there is nothing to hold against");
}

#[test]
fn rules_that_all_miss_are_an_error() {
    let train = Matrix { values: vec![1.0; 3], rows: 1, columns: 3 };
    let error = rules("colour,red,5\n").fit(&features(), &train).expect_err("no rule fits");
    assert!(error.to_string().contains("`colour` is not a feature"), "{error}");
}
