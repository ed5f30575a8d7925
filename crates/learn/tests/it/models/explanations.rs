//! Contributions of all kinds of models.

use plumb_lead::ModelKind;

use super::leads::{KINDS, Leads, fitted, params};

#[test]
fn contributions_and_base_sum_to_the_margin_to_the_bit() {
    let test = Leads::new(500, 3);
    for kind in KINDS {
        let model = fitted(kind, &params());
        let (margins, explanation) =
            (model.margins(&test.matrix).expect("fits"), model.explain(&test.matrix).expect("fits"));
        assert_eq!((model.kind(), margins.len(), explanation.columns), (kind, 500, 4));
        for (row, margin) in margins.iter().enumerate() {
            // In whatever order they are added, contributions are the margin, to the bit.
            assert_eq!(explanation.margin(row).to_bits(), margin.to_bits(), "{kind:?} row {row}");
            let backwards = explanation.row(row).iter().rev().fold(0.0, |sum, part| sum + part) + explanation.base;
            assert_eq!(backwards.to_bits(), margin.to_bits(), "{kind:?} row {row}, backwards");
        }
        // Alone or among others, a row gets the same.
        let alone = model.explain(&test.matrix.select(&[17])).expect("fits");
        assert_eq!(alone.row(0), explanation.row(17), "{kind:?}");
        let none = test.matrix.select(&[]);
        assert!(model.explain(&none).expect("no rows fit").contributions.is_empty(), "{kind:?}");
        assert!(model.scores(&none).expect("no rows fit").is_empty(), "{kind:?}");
    }
}

#[test]
fn explanations_on_many_threads_equal_those_on_one() {
    let test = Leads::new(300, 3);
    let model = fitted(ModelKind::Xgboost, &params());
    let expected = model.explain(&test.matrix).expect("fits");
    std::thread::scope(|scope| {
        let explain = |from: usize| {
            let (model, test, expected) = (&model, &test, &expected);
            move || {
                for row in (from..300).step_by(4) {
                    let found = model.explain(&test.matrix.select(&[row])).expect("fits");
                    assert_eq!(found.row(0), expected.row(row));
                }
            }
        };
        let threads: Vec<_> = (0..4).map(|from| scope.spawn(explain(from))).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    });
}
