//! What is read from a model file, and what is rejected: a file that is not understood is never scored.

use plumb_lead::Matrix;
use plumb_learn::trees::{ColumnSplits, Trees, column_splits};
use plumb_xgboost_sys::{Booster, DMatrix, FeatureType};
use proptest::prelude::*;

/// Two splits and three leaves on column 1 and on the categories of column 0.
const TREE: &str = r#"{"id":0,"tree_param":{"size_leaf_vector":"1"},"left_children":[1,-1,3,-1,-1],
    "right_children":[2,-1,4,-1,-1],"split_conditions":[5E-1,-1E0,0E0,1E0,2E0],"split_indices":[1,0,0,0,0],
    "default_left":[1,0,0,0,0],"sum_hessian":[1E1,4E0,6E0,1E0,5E0],"split_type":[0,0,1,0,0],"categories":[1,3],
    "categories_nodes":[2],"categories_segments":[0],"categories_sizes":[2]}"#;

/// Returns a model's file around the text of its trees.
pub(super) fn document(columns: usize, base_score: &str, trees: &[String]) -> String {
    let (outputs, trees) = (vec![0; trees.len()], trees.join(","));
    let names = if columns == 2 { r#"["a \"name\"","\u00e9"]"# } else { "[]" };
    format!(
        r#"{{"learner":{{"attributes":{{}},"feature_names":{names},
        "gradient_booster":{{"model":{{"cats":{{"enc":[],"feature_segments":[]}},"gbtree_model_param":{{}},
        "tree_info":{outputs:?},"trees":[{trees}]}},"name":"gbtree"}},
        "learner_model_param":{{"base_score":"{base_score}","num_class":"0","num_feature":"{columns}",
        "num_target":"1"}},"objective":{{"name":"binary:logistic"}}}},"version":[3,4,1]}}"#
    )
}

fn sample() -> String {
    document(2, "[5E-1]", &[TREE.to_owned()])
}

fn rows() -> Matrix {
    let values = vec![0.0, 0.4, 1.0, 0.5, 2.0, 0.6, 3.0, f32::NAN, f32::NAN, 1.0];
    Matrix { values, rows: 5, columns: 2 }
}

#[test]
fn a_model_scores_as_its_file_defines() {
    let trees = Trees::from_json(&sample()).expect("a model");
    assert_eq!((trees.columns(), trees.count()), (2, 1));
    assert_eq!(trees.margins(&rows()).expect("two columns"), [-1.0, 2.0, 1.0, -1.0, 2.0]);
    assert!((trees.base() - 0.7).abs() < 1e-15, "{}", trees.base());
    let narrow = Matrix { values: vec![0.0], rows: 1, columns: 1 };
    assert!(trees.margins(&narrow).is_err() && trees.explain(&narrow).is_err());
}

#[test]
fn every_way_to_write_the_base_score_is_read() {
    let margin = |base_score: &str| {
        let trees = Trees::from_json(&document(2, base_score, &[])).expect("a model without trees");
        trees.margins(&rows()).expect("two columns")[0]
    };
    for base_score in ["0.25", "2.5E-1", "[2.5E-1]", "[0.25]", "2.5e-01"] {
        assert!((margin(base_score) + 3_f64.ln()).abs() < 1e-12, "{base_score}");
    }
    assert!((margin("0") + margin("1")).abs() < 0.1 && margin("1") > 13.0);
}

#[test]
fn an_old_file_is_read() {
    let old = sample().replace("[3,4,1]", "[1,0,0]").replace(",\n        \"num_target\":\"1\"", "");
    let old = old.replace("\"default_left\":[1,0,0,0,0]", "\"default_left\":[true,false,false,false,false]");
    let (numeric, _) = old.split_once("\"split_type\"").expect("the tree ends with its categories");
    let rest = &old[old.find("}]},\"name\"").expect("the trees end")..];
    let old = format!("{}{rest}", numeric.trim_end_matches(','));
    let trees = Trees::from_json(&old).expect("a model of 1.0");
    assert_eq!(trees.margins(&rows()).expect("two columns"), [-1.0, 2.0, 2.0, -1.0, 2.0]);
}

#[test]
fn metadata_has_feature_names_category_names_and_rounds() {
    let two = document(2, "[5E-1]", &[TREE.to_owned(), TREE.to_owned()]);
    let words = r#""enc":[{"offsets":[0,3,7],"values":[119,101,98,102,97,-61,-81]},{"offsets":[],"values":[]}]"#;
    let text =
        two.replace("\"enc\":[]", words).replace("\"attributes\":{}", "\"attributes\":{\"best_iteration\":\"0\"}");
    let trees = Trees::from_bytes(text.as_bytes(), None, None).expect("a model");
    let metadata = trees.metadata();
    assert_eq!(
        (metadata.feature_names[1].as_str(), metadata.objective.as_str(), metadata.version.as_str()),
        ("é", "binary:logistic", "3.4.1")
    );
    assert_eq!(metadata.category_names, [vec!["web".to_owned(), "fa\u{ef}".to_owned()], vec![]]);
    assert_eq!((metadata.rounds(), metadata.best_round, trees.count()), (2, Some(1), 2));
    let first = Trees::from_bytes(text.as_bytes(), metadata.best_round, None).expect("a model of one round");
    assert_eq!(first.count(), 1);
    for rounds in [0, 3] {
        let error = Trees::from_bytes(text.as_bytes(), Some(rounds), None).expect_err("not so many").to_string();
        assert!(error.contains("rounds of 2, expected a number from 1 to 2"), "{error}");
    }
    let pairs = two.replace("\"gbtree_model_param\":{}", "\"gbtree_model_param\":{\"num_parallel_tree\":\"2\"}");
    assert_eq!(Trees::from_bytes(pairs.as_bytes(), None, None).expect("a model").metadata().rounds(), 1);
}

#[test]
fn an_unknown_document_is_rejected_with_its_reason() {
    #[track_caller]
    fn check(from: &str, to: &str, expected: &str) {
        let changed = sample().replace(from, to);
        assert_ne!(changed, sample(), "{from} is not in the file");
        let error = Trees::from_json(&changed).expect_err(to).to_string();
        assert!(error.contains(expected), "{to}: {error}, expected {expected}");
    }
    check("\"gbtree\"", "\"dart\"", "no trees in it");
    check("\"gbtree\"", "\"gblinear\"", "a booster `gblinear`, which has no trees: expected `gbtree` or `dart`");
    check("\"gbtree\"", "\"sorcery\"", "a booster `sorcery`, expected `gbtree` or `dart`");
    check("\"tree_info\":[0],", "", "outputs of 0 trees, and 1 trees");
    check("binary:logistic", "binary:hinge", "train with `binary:logistic`");
    check("\"num_class\":\"0\"", "\"num_class\":\"3\"", "3 classes");
    check("\"num_target\":\"1\"", "\"num_target\":\"2\"", "2 targets");
    check("\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"2\"", "leaves of several outputs");
    check("\"tree_info\":[0]", "\"tree_info\":[1]", "several outputs");
    check("\"tree_info\":[0]", "\"tree_info\":[]", "outputs of 0 trees, and 1 trees");
    check("binary:logistic", "binary:fortune", "the objective `binary:fortune`");
    check("[3,4,1]", "[4,0,0]", "of version [4, 0, 0]");
    check("[3,4,1]", "[]", "of version []");
    check("\"enc\":[]", "\"enc\":[{\"values\":[7]}]", "the categories of column 0 are no words");
    check("\"enc\":[]", "\"enc\":[{\"offsets\":[0,9],\"values\":[7]},{\"values\":[]}]", "column 0 are no words");
    check("\"attributes\":{}", "\"attributes\":{\"best_iteration\":\"7\"}", "`best_iteration` is `7` of 1 rounds");
    check("\"tree_info\":[0]", "\"iteration_indptr\":[0,2],\"tree_info\":[0]", "does not lead to its 1 trees");
    check("[\"a \\\"name\\\"\",", "[", "`feature_names` has 1 entries for 2 columns");
    check("\"num_feature\":\"2\"", "\"num_feature\":\"0\"", "`num_feature` is `0`");
    check("\"num_feature\":\"2\"", "\"num_feature\":\"1\"", "2 entries for 1 columns");
    check("[5E-1]", "[5E-1,1E0]", "`base_score` is `[5E-1,1E0]`");
    check("[5E-1]", "[2E0]", "`base_score` is `[2E0]`");
    check("[5E-1]", "[NaN]", "`base_score` is `[NaN]`");
    check("[1,-1,3,-1,-1]", "[1,-1,0,-1,-1]", "node 2 has the children 0 and 4");
    check("[1,-1,3,-1,-1]", "[1,-1,3,-1]", "lists of other lengths");
    check("[1,-1,3,-1,-1]", "[1,-1,99,-1,-1]", "node 2 has the children 99 and 4");
    check("[2,-1,4,-1,-1]", "[2,-1,-1,-1,-1]", "node 2 has the children 3 and -1");
    check("0E0,1E0,2E0]", "0E0,1E0,Infinity]", "leaf 4 is worth inf");
    check("[5E-1,-1E0", "[NaN,-1E0", "node 0 splits at NaN");
    check("[1E1,4E0", "[1E1,-4E0", "node 0 has a hessian of 10");
    check("[1E1,4E0", "[1E1,NaN", "node 0 has a hessian of 10");
    check("[1E1,4E0", "[2E1,4E0", "node 0 has a hessian of 20");
    check("\"default_left\":[1", "\"default_left\":[2", "a default of 2");
    check("\"split_type\":[0,0,1,0,0]", "\"split_type\":[0,0,2,0,0]", "a split of type 2");
    check("\"split_type\":[0,0,1,0,0]", "\"split_type\":[1,0,1,0,0]", "node 0 has no categories");
    check("\"categories\":[1,3]", "\"categories\":[1,-3]", "a category that is not from 0");
    check("\"categories\":[1,3]", "\"categories\":[1,16777216]", "a category that is not from 0");
    check(
        "\"categories_sizes\":[2]",
        "\"categories_sizes\":[3]",
        "its nodes list more categories than the 2 that it has",
    );
    check("\"categories_sizes\":[2]", "\"categories_sizes\":[0]", "0 categories from 0");
    check("\"categories_sizes\":[2]", "\"categories_sizes\":[18446744073709551615]", "not the JSON");
    check("\"categories_nodes\":[2]", "\"categories_nodes\":[2,2]", "lists of categories");
    check("\"version\"", "\"vision\"", "missing field `version`");
    check("\"learner\"", "\"learner\"[", "expected `:`");
}

/// Returns the document of a booster `dart` around the trees of another.
fn dart(text: &str, weights: &str) -> String {
    let text = text.replace("\"gradient_booster\":{", "\"gradient_booster\":{\"gbtree\":{");
    text.replace(
        "\"name\":\"gbtree\"}",
        &format!("\"name\":\"gbtree\"}},\"name\":\"dart\",\"weight_drop\":[{weights}]}}"),
    )
}

#[test]
fn the_weights_of_dart_multiply_its_trees() {
    let two = document(2, "[5E-1]", &[TREE.to_owned(), TREE.to_owned()]);
    let trees = Trees::from_json(&dart(&two, "5E-1,2.5E-1")).expect("a model");
    assert_eq!(trees.margins(&rows()).expect("two columns"), [-0.75, 1.5, 0.75, -0.75, 1.5]);
    for (weights, expected) in [("1E0", "1 weights of 2 trees"), ("1E0,Infinity", "expected a finite one")] {
        let error = Trees::from_json(&dart(&two, weights)).expect_err("no weights").to_string();
        assert!(error.contains(expected), "{error}");
    }
    // Since 3.4 they stand in the model, and the booster is called `gbtree`.
    let newer = two.replace("\"tree_info\"", "\"weight_drop\":[2E0],\"tree_info\"");
    let newer = Trees::from_json(&newer).expect("a model of 3.4");
    assert_eq!(newer.margins(&rows()).expect("two columns"), [-3.0, 6.0, 3.0, -3.0, 6.0]);
    let large = TREE.replace("1E0,2E0]", "1E0,3E38]");
    let error = Trees::from_json(&dart(&document(2, "0.5", &[large]), "2E0")).expect_err("infinite").to_string();
    assert!(error.contains("a leaf times the weight 2 is too large"), "{error}");
}

#[test]
fn two_classes_are_the_difference_of_their_margins() {
    let one = TREE.replace("-1E0,0E0,1E0,2E0", "-2E0,0E0,5E0,7E0");
    let text = document(2, "5E-1", &[TREE.to_owned(), one]).replace("binary:logistic", "multi:softprob");
    let text = text.replace("\"num_class\":\"0\"", "\"num_class\":\"2\"").replace("[0, 0]", "[0, 1]");
    let trees = Trees::from_json(&text).expect("a model");
    assert_eq!(trees.margins(&rows()).expect("two columns"), [-1.0, 5.0, 4.0, -1.0, 5.0]);
    assert_eq!(trees.metadata().rounds(), 1, "a tree a class is a round");
    let own = Trees::from_json(&text.replace("\"5E-1\"", "\"[1E-1,6E-1]\"")).expect("a score of each class");
    assert!((own.margins(&rows()).expect("two columns")[0] + 0.5).abs() < 1e-7);
    let third = Trees::from_json(&text.replace("[0, 1]", "[0, 2]")).expect_err("two classes").to_string();
    assert!(third.contains("a tree of class 2, expected 0 or 1"), "{third}");
}

#[test]
fn a_missing_value_goes_the_way_of_the_number_that_stood_for_it() {
    let margins = |missing| {
        let trees = Trees::from_bytes(sample().as_bytes(), None, missing).expect("a model");
        trees.margins(&rows()).expect("two columns")
    };
    // The fourth row has no value in the column that is split at 0.5, the fifth none in the categories.
    assert_eq!(margins(None), [-1.0, 2.0, 1.0, -1.0, 2.0]);
    assert_eq!(margins(Some(-999.0)), [-1.0, 2.0, 1.0, -1.0, 2.0]);
    assert_eq!(margins(Some(0.5)), [-1.0, 2.0, 1.0, 2.0, 2.0]);
    let splits = column_splits(sample().as_bytes()).expect("a model");
    assert_eq!(splits[1], ColumnSplits { thresholds: vec![0.5], missing_left: 1 });
    assert_eq!(splits[0], ColumnSplits::default(), "categories have no thresholds");
}

#[test]
fn trees_with_cycles_or_too_many_levels_are_rejected() {
    let chain = |nodes: usize, last: i32| {
        let splits: Vec<i32> = (0..nodes as i32).map(|at| if at % 2 == 1 { -1 } else { at + 1 }).collect();
        let list = |plus: i32| {
            let mut list: Vec<i32> = splits.iter().map(|child| if *child > 0 { child + plus } else { -1 }).collect();
            *list.last_mut().expect("a node") = if last < 0 { -1 } else { last + plus };
            format!("{list:?}")
        };
        let many = |number: &str| format!("[{}]", vec![number; nodes].join(","));
        let tree = format!(
            r#"{{"tree_param":{{}},"left_children":{},"right_children":{},"split_conditions":{zeros},
            "split_indices":{zeros},"default_left":{zeros},"sum_hessian":{zeros}}}"#,
            list(0),
            list(1),
            zeros = many("0")
        );
        Trees::from_json(&document(2, "0.5", &[tree])).map(|trees| trees.explain(&rows()).expect("fits"))
    };
    assert!(chain(65, -1).is_ok(), "32 splits below each other");
    let deep = chain(67, -1).expect_err("33 splits").to_string();
    assert!(deep.contains("more than 32 splits"), "{deep}");
    for last in [0, 1, 2, 3] {
        let circle = chain(5, last).expect_err("a node above is the child").to_string();
        assert!(circle.contains("has two parents"), "{circle}");
    }
    let nested = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Trees::from_json(&nested).is_err());
    assert!(Trees::from_json(&sample().replace("[1E1", &nested)).is_err());
    assert!(Trees::from_ubj(&b"[".repeat(100_000)).is_err());
}

#[test]
fn a_short_file_cannot_become_a_large_model() {
    let error = |text: &str| Trees::from_json(text).expect_err("it grows").to_string();
    // Names that lie over each other: 20 KB would hold 5,000 times 5,000 bytes, and 1 MB half a terabyte.
    let offsets = vec!["0,5000"; 5000].join(",");
    let names =
        format!(r#""enc":[{{"offsets":[{offsets}],"values":[{}]}},{{"values":[]}}]"#, vec!["97"; 5000].join(","));
    assert!(error(&sample().replace("\"enc\":[]", &names)).contains("the categories of column 0 are no words"));
    // A set of bits up to the largest category for each split, and a list that many nodes share.
    let last = ((1 << 24) - 1).to_string();
    let large = TREE.replace("\"categories\":[1,3]", &format!("\"categories\":[1,{last}]"));
    Trees::from_json(&document(2, "0.5", std::slice::from_ref(&large))).expect("one such category is a model's right");
    let bits = error(&document(2, "0.5", &vec![large; 200]));
    assert!(bits.contains("2164260864 categories up to the largest of each split up to here"), "{bits}");
    let shared = TREE.replace("\"split_type\":[0,", "\"split_type\":[1,");
    let shared = shared.replace("\"categories_nodes\":[2]", "\"categories_nodes\":[0,2]");
    let shared = shared.replace("\"categories_segments\":[0]", "\"categories_segments\":[0,0]");
    let shared = shared.replace("\"categories_sizes\":[2]", "\"categories_sizes\":[2,2]");
    let shared = error(&document(2, "0.5", &[shared]));
    assert!(shared.contains("its nodes list more categories than the 2 that it has"), "{shared}");
}

#[test]
fn an_announced_length_is_not_believed() {
    let (_, ubj) = trained();
    // The lists of UBJ announce their lengths, in 64 bits behind `#L`.
    let lengths: Vec<usize> = (0..ubj.len() - 10).filter(|at| ubj[*at..].starts_with(b"#L")).collect();
    assert!(lengths.len() > 10, "{lengths:?}");
    for at in lengths {
        let mut changed = ubj.clone();
        changed[at + 2..at + 10].copy_from_slice(&(i64::MAX / 2).to_be_bytes());
        Trees::from_ubj(&changed).expect_err("so many members are not there");
    }
}

/// Returns a small model of XGBoost's own in both formats.
fn trained() -> (String, Vec<u8>) {
    let values: Vec<f32> = (0..200).flat_map(|row| [(row % 5) as f32, ((row * 37) % 101) as f32]).collect();
    let labels: Vec<f32> = (0..200).map(|row| f32::from(u8::from((row * row) % 7 > 2))).collect();
    let mut rows = DMatrix::from_dense(&values, 200, 2, 1).expect("a matrix");
    rows.set_labels(&labels).expect("a label a row");
    rows.set_feature_types(&[FeatureType::Category, FeatureType::Quantity]).expect("two columns");
    let mut booster = Booster::new(&[&rows]).expect("a booster");
    for (name, value) in [("objective", "binary:logistic"), ("max_depth", "3"), ("nthread", "1")] {
        booster.set_param(name, value).expect("a parameter");
    }
    for round in 0..3 {
        booster.update(round, &rows).expect("a round");
    }
    (booster.save().expect("JSON"), booster.save_ubj().expect("UBJ"))
}

/// A model that can be read in spite of a change scores rows, and its contributions sum to its margins.
fn check_usable(model: Result<Trees, plumb_learn::Error>) {
    let Ok(trees) = model else { return };
    let columns = trees.columns();
    if columns > 1000 {
        return;
    }
    let matrix = Matrix { values: vec![1.0; 5 * columns], rows: 5, columns };
    let margins = trees.margins(&matrix).expect("as wide as it says");
    let explanation = trees.explain(&matrix).expect("as wide as it says");
    for (row, margin) in margins.iter().enumerate() {
        let near = (explanation.margin(row) - margin).abs() <= 1e-9 * (1.0 + sizes(&explanation, row));
        assert!(margin.is_finite() && near, "margin {margin}, contributions {:?}", explanation.row(row));
    }
}

fn sizes(explanation: &plumb_learn::Explanation, row: usize) -> f64 {
    explanation.base.abs() + explanation.row(row).iter().map(|part| part.abs()).sum::<f64>()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_corrupted_file_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        number in prop::sample::select(vec!["-1", "0", "1", "2", "7", "1e39", "-Infinity", "NaN", "2147483647",
            "18446744073709551616", "0.5", "\"5\"", "[]", "null", "1e-40", "3e38"]),
        cut in any::<prop::sample::Index>(),
    ) {
        let (json, ubj) = trained();
        // One number becomes another.
        let is_digit = |at: &usize| json.as_bytes()[*at].is_ascii_digit() && !json.as_bytes()[at - 1].is_ascii_digit();
        let starts: Vec<usize> = (1..json.len()).filter(is_digit).collect();
        for (place, _) in &changes {
            let start = starts[place.index(starts.len())];
            let end = start + json[start..].find(|letter: char| !"0123456789.E-".contains(letter)).unwrap_or(0);
            check_usable(Trees::from_json(&format!("{}{number}{}", &json[..start], &json[end..])));
        }
        // Bytes become others.
        let (mut changed_json, mut changed_ubj) = (json.clone().into_bytes(), ubj.clone());
        for (place, byte) in &changes {
            changed_json[place.index(json.len())] = *byte;
            changed_ubj[place.index(ubj.len())] = *byte;
        }
        if let Ok(text) = String::from_utf8(changed_json) {
            check_usable(Trees::from_json(&text));
        }
        check_usable(Trees::from_ubj(&changed_ubj));
        // The end is missing.
        prop_assert!(Trees::from_json(&json[..cut.index(json.len())]).is_err());
        prop_assert!(Trees::from_ubj(&ubj[..cut.index(ubj.len())]).is_err());
    }
}
