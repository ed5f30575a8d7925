//! Python's own xgboost and the built program: a model of either answers the same in the other.
//!
//! `cargo xtask test` installs the package, and names the folder in an environment variable.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::setup::demo::Company;
use crate::setup::folder::write;
use crate::setup::program::{failure, run, success};
use crate::setup::provided::provided;

/// A company with trained models, and a folder of models that Python trained on its features.
struct Exchange {
    company: Company,
    foreign: PathBuf,
    /// The features that models see, as the model's file has them.
    features: Vec<Value>,
    /// The xgboost model that was trained here.
    trained: String,
}

impl Exchange {
    fn new() -> Exchange {
        let company = Company::of(1500);
        let folder = company.path();
        company.plumb(&["ingest"]);
        company.plumb(&["train", "--target", "converted"]);
        let (trained, features) = trees_of(&folder.join("data/models"));
        let foreign = folder.join("foreign");
        fs::create_dir(&foreign).expect("a folder");
        let columns: Vec<Value> = features
            .iter()
            .map(|feature| json!({ "name": feature["name"], "levels": levels(feature).map(|levels| levels.len()) }))
            .collect();
        company.plumb(&["score", "--target", "converted"]);
        python("make.py", &[&folder.join("data"), &foreign], &json!({ "columns": columns }).to_string());
        Exchange { company, foreign, features, trained }
    }

    fn plumb(&self, arguments: &[&str]) -> String {
        self.company.plumb(arguments)
    }

    /// Imports a file with the levels of all categories, and returns the run.
    fn import(&self, file: &str, more: &[&str]) -> std::process::Output {
        let file = self.foreign.join(file);
        let mut arguments = vec!["import", file.to_str().expect("a path of text"), "--target", "converted"];
        let options = self.levels_options();
        options.iter().for_each(|levels| arguments.extend(["--levels", levels]));
        arguments.extend(more);
        run(self.company.path(), &arguments)
    }

    /// Each column of words with its words, numbered against the alphabet, as nobody would guess.
    fn levels_options(&self) -> Vec<String> {
        let option = |feature: &Value| {
            levels(feature).map(|levels| format!("{}={}", text(&feature["name"]), reversed(&levels).join(",")))
        };
        self.features.iter().filter_map(option).collect()
    }

    /// What Python has to know of the columns of a model from elsewhere.
    fn write_inputs(&self, model: &str, rounds: usize) -> PathBuf {
        let artifact: Value = read_json(&self.company.path().join(format!("data/models/{model}.json")));
        let columns = self.features.iter().map(|feature| match levels(feature) {
            None => json!({ "name": feature["name"], "kind": "number" }),
            Some(levels) => {
                let numbers: serde_json::Map<String, Value> =
                    reversed(&levels).into_iter().enumerate().map(|(number, word)| (word, json!(number))).collect();
                json!({ "name": feature["name"], "kind": "category", "numbers": numbers })
            }
        });
        let columns: Vec<Value> = columns.collect();
        let inputs = json!({ "columns": columns, "rounds": rounds, "calibration": artifact["model"]["calibration"] });
        write(&self.foreign, "inputs.json", &inputs.to_string());
        self.foreign.join("inputs.json")
    }

    /// Scores all open leads by a model, and compares with Python's xgboost.
    fn check(&self, model: &str, file: &Path, inputs: &Path) {
        self.plumb(&["promote", "--target", "converted", "--model", model]);
        self.plumb(&["score", "--target", "converted"]);
        let data = self.company.path().join("data");
        println!("{}", python("check.py", &[&data, Path::new(model), file, inputs], ""));
    }
}

#[test]
fn an_imported_model_scores_and_explains_like_python() {
    let exchange = Exchange::new();
    let error = failure(run(exchange.company.path(), &["import", "foreign/model.json", "--target", "converted"]));
    assert!(error.contains("is words, such as `") && error.contains("--levels "), "{error}");

    let printed = success(exchange.import("model.json", &[]));
    assert!(
        printed.contains("`model.json`: 60 rounds of 60, `binary:logistic`, by XGBoost 3.2.0")
            && !printed.contains("note:"),
        "{printed}"
    );
    let named = challenger(&printed);
    let gate = run(exchange.company.path(), &["gate", "--target", "converted"]);
    let report = String::from_utf8_lossy(&gate.stdout);
    assert!(report.contains("its trees are the file that was imported; calibrated again to the byte"), "{report}");
    assert!(report.contains("may have learned from these very rows"), "{report}");
    exchange.check(&named, &exchange.foreign.join("model.json"), &exchange.write_inputs(&named, 60));
    assert!(exchange.plumb(&["verify", "--target", "converted"]).contains(" 0 inputs differ"));
    assert!(exchange.plumb(&["reproduce", &named]).contains("was trained elsewhere, and cannot be trained again here"));

    let printed = success(exchange.import("model.tar.gz", &[]));
    assert!(
        printed.contains("note: its file does not name its columns, so they are taken for our features in their order"),
        "{printed}"
    );
    let nameless = challenger(&printed);
    exchange.check(&nameless, &exchange.foreign.join("nameless.ubj"), &exchange.write_inputs(&nameless, 60));
    // What came is what goes.
    exchange.plumb(&["export", &nameless, "back.ubj"]);
    let [came, goes] = [exchange.foreign.join("nameless.ubj"), exchange.company.path().join("back.ubj")]
        .map(|file| fs::read(file).expect("a file"));
    assert!(came == goes);
    let error = failure(run(exchange.company.path(), &["export", &nameless, "back.json"]));
    assert!(error.contains("has to be called `NAME.ubj`"), "{error}");

    let error = failure(exchange.import("stopped.json", &[]));
    assert!(error.contains("say which by `--rounds all` or `--rounds best`"), "{error}");
    let printed = success(exchange.import("stopped.json", &["--rounds", "best"]));
    let (best, all) = printed.split_once(" rounds of ").expect("it says how many");
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let best = number(best.rsplit(' ').next().expect("a word"));
    assert!(best < number(all.split(',').next().expect("a word")), "{printed}");
    let stopped = challenger(&printed);
    exchange.check(&stopped, &exchange.foreign.join("stopped.json"), &exchange.write_inputs(&stopped, best));
    // Trees with weights, and two classes whose margins differ.
    for file in ["dart.json", "two.json"] {
        let imported = challenger(&success(exchange.import(file, &[])));
        exchange.check(&imported, &exchange.foreign.join(file), &exchange.write_inputs(&imported, 60));
    }
    a_model_that_does_not_fit_is_refused_with_the_reason(&exchange);

    // And the other way: a model that was trained here, asked in Python.
    let exported = exchange.company.path().join("ours.json");
    exchange.plumb(&["export", &exchange.trained, "ours.json"]);
    exchange.check(&exchange.trained, &exported, &exchange.company.path().join("ours.inputs.json"));
}

fn a_model_that_does_not_fit_is_refused_with_the_reason(exchange: &Exchange) {
    let cut = |file: &str, name: &str| {
        let bytes = fs::read(exchange.foreign.join(file)).expect("Python made it");
        fs::write(exchange.foreign.join(name), &bytes[..bytes.len() * 2 / 3]).expect("it can be written");
    };
    cut("model.json", "cut.json");
    cut("nameless.ubj", "cut.ubj");
    cut("model.tar.gz", "cut.tar.gz");
    write(&exchange.foreign, "old", "binf\0\0\0\x3f");
    write(&exchange.foreign, "empty", "");
    for (file, expected) in [
        ("cut.json", " at byte "),
        ("cut.ubj", "it ends too early at byte "),
        ("cut.tar.gz", "the archive is cut off after byte"),
        ("old", "XGBoost's old binary format"),
        ("pickled", "a Python pickle"),
        ("empty", "is empty: expected an XGBoost model"),
        ("squares.json", "its objective is `reg:squarederror`, expected one of `binary:logistic`"),
        ("linear.json", "a booster `gblinear`, which has no trees"),
        ("classes.ubj", "a model of 3 classes"),
        ("renamed.json", "a column `colour`, which is no feature (near it is `"),
        ("narrow.json", "the model does not name its "),
        ("gone.json", "cannot read "),
    ] {
        let error = failure(exchange.import(file, &[]));
        assert!(error.contains(file) && error.contains(expected), "`{error}` does not say `{expected}`");
    }
    let error = failure(exchange.import("model.json", &["--levels", "budget=low,high"]));
    assert!(error.contains("--levels `budget`: the feature has no words"), "{error}");
    let error = failure(exchange.import("narrow.json", &["--columns", "budget,employees"]));
    assert!(error.contains("--columns names 2 columns"), "{error}");
}

/// Runs one of the scripts beside this file, and returns what it printed.
fn python(script: &str, arguments: &[&Path], input: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/xgboost").join(script);
    let mut child = Command::new("python3")
        .arg(file)
        .args(arguments)
        .env("PYTHONPATH", provided("PLUMB_TEST_XGBOOST_PATH"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().expect("its input is ours").write_all(input.as_bytes()).expect("it reads");
    success(child.wait_with_output().expect("it ends"))
}

/// Returns the id and the features of the model of trees in a folder.
fn trees_of(models: &Path) -> (String, Vec<Value>) {
    for entry in fs::read_dir(models).expect("a folder") {
        let path = entry.expect("readable").path();
        let artifact = read_json(&path);
        if !artifact["model"]["predictor"]["boosted"].is_null() {
            let features = artifact["model"]["features"]["features"].as_array().expect("features").clone();
            return (path.file_stem().expect("a name").to_string_lossy().into_owned(), features);
        }
    }
    panic!("no model of trees was trained");
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

/// Returns the words of a feature; `None` if it is a number.
fn levels(feature: &Value) -> Option<Vec<String>> {
    let levels = feature["kind"]["category"]["levels"].as_array()?;
    Some(levels.iter().map(|level| text(level).to_owned()).collect())
}

fn reversed(levels: &[String]) -> Vec<String> {
    levels.iter().rev().cloned().collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Returns the id of the challenger in what `import` printed.
fn challenger(printed: &str) -> String {
    let line =
        printed.lines().find(|line| line.contains("is the challenger of")).unwrap_or_else(|| panic!("{printed}"));
    line.split('`').nth(1).expect("an id").to_owned()
}
