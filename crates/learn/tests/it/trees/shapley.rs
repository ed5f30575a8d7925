//! Contributions are the Shapley values of the definition, on trees small enough to try every set of features.

use std::fmt::Write;

use plumb_lead::Matrix;
use plumb_learn::trees::Trees;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::format::document;
use super::score_and_explain;

const COLUMNS: usize = 5;

/// A tree of the test's own, with all that a model file has.
enum Tree {
    Leaf { value: f32, cover: f32 },
    Split { feature: usize, test: Test, default_left: bool, cover: f32, children: Box<[Tree; 2]> },
}

enum Test {
    Below(f32),
    NotIn(Vec<u32>),
}

impl Tree {
    /// Returns a random tree. A cover can be 0, thresholds repeat, and some splits only test whether there is a value.
    fn draw(random: &mut ChaCha8Rng, depth: usize) -> Tree {
        if depth == 0 || random.random_bool(0.15) {
            let cover = if random.random_bool(0.05) { 0.0 } else { random.random_range(0.1..9.0) };
            return Tree::Leaf { value: random.random_range(-1.0..1.0), cover };
        }
        let feature = random.random_range(0..COLUMNS);
        let test = match feature {
            0 => {
                let one = random.random_range(0..9);
                Test::NotIn((0..9).filter(|category| *category == one || random.random_bool(0.3)).collect())
            }
            _ if random.random_bool(0.1) => Test::Below(f32::NEG_INFINITY),
            _ => Test::Below(random.random_range(-2..3) as f32 / 2.0),
        };
        let default_left = random.random_bool(0.5);
        let children = Box::new([Tree::draw(random, depth - 1), Tree::draw(random, depth - 1)]);
        let cover = children[0].cover() + children[1].cover();
        Tree::Split { feature, test, default_left, cover, children }
    }

    fn cover(&self) -> f32 {
        match self {
            Tree::Leaf { cover, .. } | Tree::Split { cover, .. } => *cover,
        }
    }

    /// Returns the expectation if only some features of a row are known: the others go both ways, by cover.
    fn expectation(&self, row: &[f32], known: usize) -> f64 {
        let Tree::Split { feature, test, default_left, children, .. } = self else {
            let Tree::Leaf { value, .. } = self else { unreachable!("it is no split") };
            return f64::from(*value);
        };
        if known >> feature & 1 == 1 {
            let value = row[*feature];
            let left = match test {
                _ if value.is_nan() => *default_left,
                Test::Below(threshold) => value < *threshold,
                Test::NotIn(categories) => !categories.contains(&(value as u32)),
            };
            return children[usize::from(!left)].expectation(row, known);
        }
        let covers = [0, 1].map(|side| f64::from(children[side].cover()));
        let all = covers[0] + covers[1];
        let share = if all > 0.0 { covers[0] / all } else { 0.5 };
        share * children[0].expectation(row, known) + (1.0 - share) * children[1].expectation(row, known)
    }

    /// Returns the tree as a model file has it, its nodes level by level.
    fn json(&self, id: usize) -> String {
        let mut nodes = vec![(self, i64::from(i32::MAX))];
        let [mut left, mut right, mut conditions, mut indices, mut defaults, mut hessians, mut types] =
            [const { String::new() }; 7];
        let mut categories: Vec<u32> = Vec::new();
        let [mut segments, mut sizes, mut of_nodes] = [const { Vec::new() }; 3];
        let mut at = 0;
        while at < nodes.len() {
            let comma = if at > 0 { "," } else { "" };
            let node = nodes[at].0;
            let write = |text: &mut String, value: String| write!(text, "{comma}{value}").expect("text grows");
            write(&mut hessians, format!("{:?}", node.cover()));
            let (condition, feature, default_left, kind, child) = match node {
                Tree::Leaf { value, .. } => (format!("{value:?}"), 0, false, 0, -1),
                Tree::Split { feature, test, default_left, children, .. } => {
                    let child = nodes.len() as i64;
                    nodes.extend(children.iter().map(|child| (child, at as i64)));
                    let (condition, kind) = match test {
                        Test::Below(threshold) if threshold.is_infinite() => ("-Infinity".to_owned(), 0),
                        Test::Below(threshold) => (format!("{threshold:?}"), 0),
                        Test::NotIn(listed) => {
                            segments.push(categories.len());
                            sizes.push(listed.len());
                            of_nodes.push(at);
                            categories.extend(listed);
                            ("0".to_owned(), 1)
                        }
                    };
                    (condition, *feature, *default_left, kind, child)
                }
            };
            write(&mut left, child.to_string());
            write(&mut right, (child + i64::from(child > 0)).to_string());
            write(&mut conditions, condition);
            write(&mut indices, feature.to_string());
            write(&mut defaults, u8::from(default_left).to_string());
            write(&mut types, kind.to_string());
            at += 1;
        }
        format!(
            r#"{{"id":{id},"tree_param":{{"num_nodes":"{at}","size_leaf_vector":"1"}},"left_children":[{left}],
            "right_children":[{right}],"split_conditions":[{conditions}],"split_indices":[{indices}],
            "default_left":[{defaults}],"sum_hessian":[{hessians}],"split_type":[{types}],
            "categories":{categories:?},"categories_nodes":{of_nodes:?},"categories_segments":{segments:?},
            "categories_sizes":{sizes:?},"loss_changes":[NaN]}}"#
        )
    }
}

/// Returns a feature's Shapley value: the mean over all orders in which the features may become known.
fn shapley(tree: &Tree, row: &[f32], feature: usize) -> f64 {
    let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
    let others = (0..1 << COLUMNS).filter(|known| known >> feature & 1 == 0);
    let parts = others.map(|known: usize| {
        let size = known.count_ones();
        let weight = factorial(size) * factorial(COLUMNS as u32 - size - 1) / factorial(COLUMNS as u32);
        weight * (tree.expectation(row, known | 1 << feature) - tree.expectation(row, known))
    });
    parts.sum()
}

#[test]
fn contributions_are_the_shapley_values_of_the_definition() {
    for seed in 0..200 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let trees: Vec<Tree> = (0..3).map(|at| Tree::draw(&mut random, 1 + (seed as usize + at) % 6)).collect();
        let texts: Vec<String> = trees.iter().enumerate().map(|(id, tree)| tree.json(id)).collect();
        let model = Trees::from_json(&document(COLUMNS, "5E-1", &texts)).expect("a model");
        let values = (0..12 * COLUMNS).map(|at| match at % COLUMNS {
            _ if random.random_bool(0.2) => f32::NAN,
            0 => random.random_range(0..10) as f32,
            // Many values lie right on a threshold.
            _ => random.random_range(-4..5) as f32 / 4.0,
        });
        let matrix = Matrix { values: values.collect(), rows: 12, columns: COLUMNS };
        let (margins, explanation) = score_and_explain(&model, &matrix);
        let sum = |known, row: &[f32]| trees.iter().map(|tree| tree.expectation(row, known)).sum::<f64>();
        for (row, margin) in margins.iter().enumerate() {
            let values = matrix.row(row);
            assert!((margin - sum(usize::MAX, values)).abs() < 1e-12, "seed {seed}, row {row}");
            assert!((explanation.base - sum(0, values)).abs() < 1e-12, "seed {seed}");
            for (feature, found) in explanation.row(row).iter().enumerate() {
                let expected: f64 = trees.iter().map(|tree| shapley(tree, values, feature)).sum();
                assert!((found - expected).abs() < 1e-11, "seed {seed}, row {row}, {feature}: {found}, not {expected}");
            }
        }
    }
}
