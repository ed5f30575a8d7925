//! What Plumbline relies on in XGBoost, tried through the real library.

use plumb_xgboost_sys::{Booster, DMatrix, Error, FeatureType, version};

const ROWS: usize = 2000;
const COLUMNS: usize = 4;

/// Returns rows of two quantities, a category of five levels and a column of missing values, and a label that needs them all.
fn matrix(threads: usize) -> Result<DMatrix, Error> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..ROWS {
        let (first, second, category, sparse) = (next(), next(), (next() * 5.0).floor(), next());
        let sparse = if sparse < 0.3 { f32::NAN } else { sparse };
        values.extend([first, second, category, sparse]);
        let likely = (first > 0.5) != (second > 0.4) || category == 2.0 || sparse > 0.9;
        labels.push(f32::from(u8::from(likely == (next() < 0.8))));
    }
    let mut matrix = DMatrix::from_dense(&values, ROWS, COLUMNS, threads)?;
    matrix.set_labels(&labels)?;
    matrix.set_weights(&[1.5; ROWS])?;
    matrix.set_feature_names(&["first", "second", "category", "sparse"])?;
    use FeatureType::{Category, Quantity};
    matrix.set_feature_types(&[Quantity, Quantity, Category, Quantity])?;
    Ok(matrix)
}

fn train(threads: usize, params: &[(&str, &str)]) -> Result<(Booster, DMatrix), Error> {
    let matrix = matrix(threads)?;
    let mut booster = Booster::new(&[&matrix])?;
    booster.set_param("nthread", &threads.to_string())?;
    let usual = [("objective", "binary:logistic"), ("tree_method", "hist"), ("max_depth", "4"), ("seed", "1")];
    for (name, value) in usual.iter().chain(params) {
        booster.set_param(name, value)?;
    }
    for round in 0..20 {
        booster.update(round, &matrix)?;
    }
    Ok((booster, matrix))
}

#[test]
fn the_version_is_the_one_that_was_pinned() {
    assert_eq!(version(), (3, 4, 1));
}

#[test]
fn one_thread_and_two_train_to_the_same_bytes() -> Result<(), Error> {
    let bytes = |threads| train(threads, &[])?.0.save();
    let first = bytes(1)?;
    assert!(first.starts_with('{'));
    assert!(first == bytes(1)?, "trained again, the model differs");
    assert!(first == bytes(2)?, "trained on two threads, the model differs");
    Ok(())
}

#[test]
fn contributions_sum_to_the_margin() -> Result<(), Error> {
    let (booster, matrix) = train(1, &[])?;
    let (margins, contributions) = (booster.margins(&matrix)?, booster.contributions(&matrix)?);
    assert_eq!(margins.len(), ROWS);
    for (margin, contributions) in margins.iter().zip(contributions.chunks(COLUMNS + 1)) {
        let sum: f32 = contributions.iter().sum();
        assert!((margin - sum).abs() < 1e-4, "{contributions:?} do not sum to {margin}");
    }
    let spread = margins.iter().fold(0.0_f32, |spread, margin| spread.max((margin - margins[0]).abs()));
    assert!(spread > 1.0, "the model has learned nothing");
    Ok(())
}

/// The reference values come from the Python package xgboost 3.2.0, whose TreeSHAP is another than that of 3.4.1, with
/// the rows and parameters below; a brute-force sum over all subsets of the two columns, in numpy on the trees of that
/// model, agrees with them to 1e-7.
#[test]
fn margins_and_contributions_agree_with_another_implementation() -> Result<(), Error> {
    const MISSING: f32 = f32::NAN;
    let values = [
        1.0, 0.0, 2.0, 1.0, 3.0, 2.0, 4.0, MISSING, MISSING, 1.0, 6.0, 0.0, 7.0, 1.0, 8.0, 2.0, 2.5, MISSING, 5.5, 0.0,
        MISSING, 2.0, 7.5, 0.0,
    ];
    let mut rows = DMatrix::from_dense(&values, 12, 2, 1)?;
    rows.set_labels(&[0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0])?;
    rows.set_weights(&[1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0])?;
    rows.set_feature_types(&[FeatureType::Quantity, FeatureType::Category])?;
    let mut booster = Booster::new(&[&rows])?;
    for (name, value) in [
        ("objective", "binary:logistic"),
        ("tree_method", "hist"),
        ("eta", "0.5"),
        ("max_depth", "3"),
        ("min_child_weight", "0.1"),
        ("lambda", "1"),
        ("seed", "1"),
        ("nthread", "1"),
        ("max_cat_to_onehot", "1"),
    ] {
        booster.set_param(name, value)?;
    }
    for round in 0..4 {
        booster.update(round, &rows)?;
    }
    let (margins, contributions) = (booster.margins(&rows)?, booster.contributions(&rows)?);
    for (row, margin, expected) in [
        (0, -0.692_994_5, [-1.675_196_9, 0.890_678, 0.091_524_52]),
        (3, -1.712_222_7, [0.103_200_96, -1.906_948, 0.091_524_52]),
        (4, 1.797_422_3, [0.283_284_46, 1.422_613_3, 0.091_524_52]),
        (7, -1.712_222_7, [0.103_200_96, -1.906_948, 0.091_524_52]),
    ] {
        let found = &contributions[row * 3..row * 3 + 3];
        let near = found.iter().zip(expected).all(|(found, expected): (&f32, f32)| (found - expected).abs() < 1e-5);
        assert!(near && (margins[row] - margin).abs() < 1e-5_f32, "row {row}: {found:?}, {}", margins[row]);
    }
    Ok(())
}

#[test]
fn a_booster_predicts_the_same_on_another_thread() -> Result<(), Error> {
    let (booster, matrix) = train(2, &[])?;
    let expected = booster.margins(&matrix)?;
    // A matrix is made where it is used: it is not shared between threads.
    let found = std::thread::spawn(move || booster.margins(&self::matrix(1)?)).join();
    assert!(found.expect("the thread does not panic")? == expected);
    Ok(())
}

#[test]
fn the_first_rounds_can_be_cut_off() -> Result<(), Error> {
    let (booster, matrix) = train(1, &[])?;
    let first = booster.first_rounds(5)?;
    assert_eq!(first.rounds()?, 5);
    assert!(first.margins(&matrix)? != booster.margins(&matrix)?);
    assert!(booster.first_rounds(0).is_err() && booster.first_rounds(21).is_err());
    Ok(())
}

#[test]
fn a_wrong_parameter_is_an_error_with_its_name() {
    for (name, value) in [("max_depth", "deep"), ("objective", "binary:fortune"), ("eta", "-1"), ("eta", "a\0b")] {
        let error = train(1, &[(name, value)]).map(|_| ()).expect_err("the value makes no sense");
        assert!(!error.message.is_empty() && !error.message.contains('\n'), "{error}");
        assert!(
            error.message.contains(name) || error.message.contains(value.escape_debug().to_string().as_str()),
            "{error}"
        );
    }
}

#[test]
fn a_monotone_constraint_is_kept() -> Result<(), Error> {
    let (booster, _) = train(1, &[("monotone_constraints", "(1,0,0,0)")])?;
    let rows: Vec<f32> = (0..50).flat_map(|step| [step as f32 / 50.0, 0.2, 1.0, f32::NAN]).collect();
    let mut steps = DMatrix::from_dense(&rows, 50, COLUMNS, 1)?;
    steps.set_feature_types(&[
        FeatureType::Quantity,
        FeatureType::Quantity,
        FeatureType::Category,
        FeatureType::Quantity,
    ])?;
    let margins = booster.margins(&steps)?;
    assert!(margins.windows(2).all(|pair| pair[0] <= pair[1]), "{margins:?}");
    // Without the constraint the label falls at 0.5, so the law above says something.
    let margins = train(1, &[])?.0.margins(&steps)?;
    assert!(margins.windows(2).any(|pair| pair[0] > pair[1]), "{margins:?}");
    Ok(())
}

#[test]
fn training_without_the_first_matrix_is_an_error() -> Result<(), Error> {
    let mut booster = Booster::new(&[&matrix(1)?])?;
    booster.set_param("objective", "binary:logistic")?;
    // The booster would have taken its number of columns from the first matrix.
    let error = booster.update(0, &matrix(1)?).expect_err("the matrix it was made with is dropped");
    assert_eq!(error.function, "XGBoosterUpdateOneIter");
    Ok(())
}

#[test]
fn shapes_that_do_not_fit_are_an_error() -> Result<(), Error> {
    assert!(DMatrix::from_dense(&[1.0; 5], 2, 3, 1).is_err());
    assert!(DMatrix::from_dense(&[], 0, 3, 1).is_err());
    let mut matrix = DMatrix::from_dense(&[1.0; 6], 2, 3, 1)?;
    assert!(matrix.set_labels(&[1.0]).is_err());
    assert!(matrix.set_feature_names(&["one"]).is_err());
    let (booster, _) = train(1, &[])?;
    let wide = DMatrix::from_dense(&[1.0; 12], 2, 6, 1)?;
    let error = booster.margins(&wide).expect_err("six columns are more than four");
    assert!(!error.message.is_empty());
    Ok(())
}
