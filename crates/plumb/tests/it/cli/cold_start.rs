//! A company at its beginning: no outcome, then a few, then enough. What scores at each step, and how sure it is.

use serde_json::{Value, json};

use crate::setup::demo::Company;
use crate::setup::folder::write;
use crate::setup::server::Server;

/// No outcome is known yet.
const NO_OUTCOME: &str = "2025-01-20";
/// Too few outcomes to set some apart.
const FEW_OUTCOMES: &str = "2025-05-10";
const MANY_OUTCOMES: &str = "2026-11-01";

/// Returns a company whose data is ingested.
fn company(leads: usize) -> Company {
    let company = Company::of(leads);
    company.plumb(&["ingest"]);
    company
}

fn train(as_of: &str) -> [&str; 5] {
    ["train", "--target", "converted", "--as-of", as_of]
}

fn score(as_of: &str) -> [&str; 5] {
    ["score", "--target", "converted", "--as-of", as_of]
}

const PROMOTE: [&str; 5] = ["promote", "--target", "converted", "--why", "more outcomes"];

#[test]
fn mistyped_rules_are_reported_by_each_training() {
    let company = company(300);
    let rules = std::fs::read_to_string(company.path().join("rules.csv")).expect("the project has rules");
    write(company.path(), "rules.csv", &format!("Our scoring\n\n{rules}chanel,event,10\nmeetings,> some,10\n"));
    let printed = company.plumb(&train(NO_OUTCOME));
    for expected in [
        "not used: rules.csv, line 24, column condition: `chanel` is not a feature: did you mean",
        "not read: rules.csv, line 25, column condition: `> some` is a comparison",
    ] {
        assert!(printed.contains(expected), "`{expected}` is not in {printed}");
    }
}

#[test]
fn without_an_outcome_the_rules_score_in_points_and_wide_intervals() {
    let company = company(1500);
    let printed = company.plumb(&train(NO_OUTCOME));
    assert!(printed.contains("rules: no outcome is known yet, so the team's rules score the leads"), "{printed}");
    assert!(printed.contains("assumed to be one in ten") && printed.contains("is the champion"), "{printed}");
    company.plumb(&score(NO_OUTCOME));
    let server = company.serve();
    let leads = server.get("/v1/leads?target=converted&limit=1");
    let lead_id = leads["leads"][0]["lead_id"].as_str().expect("a lead was scored");
    let request = json!({ "target": "converted", "lead_id": lead_id, "as_of": "2025-01-20T00:00:00Z" });
    let by_rules = server.post("/v1/score", &request);
    assert!(width(&by_rules) > 0.3 && is_inside(&by_rules), "nothing is known yet: {by_rules}");
    let reasons = by_rules["reasons"].to_string();
    assert!(reasons.contains(" points\""), "the reasons of rules are points: {reasons}");
    let page = server.page(&format!("/leads/{}", lead_id.replace(':', "%3A")));
    assert!(page.contains("Between ") && page.contains(" points"), "{page}");
    server.stop();
}

#[test]
fn few_outcomes_give_a_challenger_without_metrics_that_can_be_reproduced() {
    let company = company(1500);
    company.plumb(&train(NO_OUTCOME));
    let printed = company.plumb(&train(FEW_OUTCOMES));
    assert!(printed.contains("are too few to test on, so nothing is measured"), "{printed}");
    assert!(printed.contains("logistic `") && printed.contains("is the challenger of rules"), "{printed}");
    let server = company.serve();
    assert!(server.page("/models?target=converted").contains("too few to test on"));
    server.stop();
    let model = printed.split('`').find(|word| word.len() > 10 && word.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let rebuilt = company.plumb(&["reproduce", model.expect("the model is named")]);
    assert!(rebuilt.contains("is reproduced: the same"), "{rebuilt}");
}

#[test]
fn intervals_narrow_as_outcomes_become_known() {
    let company = company(1500);
    company.plumb(&train(NO_OUTCOME));
    company.plumb(&score(NO_OUTCOME));
    let server = company.serve();
    company.plumb(&train(FEW_OUTCOMES));
    company.plumb(&score(FEW_OUTCOMES));
    let by_rules = mean_width(&server);
    company.plumb(&PROMOTE);
    company.plumb(&score(FEW_OUTCOMES));
    let by_few = mean_width(&server);
    assert!(by_few < by_rules, "{by_few} after a few outcomes, {by_rules} by the rules alone");

    let printed = company.plumb(&train(MANY_OUTCOMES));
    for kind in ["rules", "logistic", "xgboost", "ensemble"] {
        let is_of_kind = |line: &str| line.trim_start_matches(['*', ' ']).starts_with(kind);
        assert!(printed.lines().any(is_of_kind), "{kind}: {printed}");
    }
    company.plumb(&PROMOTE);
    company.plumb(&score(MANY_OUTCOMES));
    let by_many = mean_width(&server);
    assert!(by_many < by_few / 2.0, "{by_many} after many outcomes, {by_few} after a few");
    server.stop();
}

#[test]
fn two_files_of_rules_are_refused() {
    let company = company(100);
    write(company.path(), "rules.xlsx", "no workbook");
    let error = company.plumb_fails(&train(NO_OUTCOME));
    assert!(error.contains("there are `rules.csv` and `rules.xlsx`: name the one that counts"), "{error}");
    remove(&company, "rules.csv");
    let error = company.plumb_fails(&train(NO_OUTCOME));
    assert!(error.contains("rules.xlsx` is not a workbook") && error.contains("it is no ZIP file"), "{error}");
}

#[test]
fn neither_outcomes_nor_rules_are_refused() {
    let company = company(100);
    remove(&company, "rules.csv");
    let error = company.plumb_fails(&train(NO_OUTCOME));
    assert!(error.contains("no outcome is known yet, and there is no table of rules either"), "{error}");
}

fn remove(company: &Company, file: &str) {
    std::fs::remove_file(company.path().join(file)).expect("the file is there");
}

/// Returns how wide the intervals of the leads on the list are on average.
fn mean_width(server: &Server) -> f64 {
    let leads = server.get("/v1/leads?target=converted&limit=200");
    let widths: Vec<f64> = leads["leads"].as_array().into_iter().flatten().map(width).collect();
    widths.iter().sum::<f64>() / widths.len() as f64
}

/// Returns the lower end of the interval, the score, and the upper end.
fn ends(prediction: &Value) -> (f64, f64, f64) {
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("a number is missing: {prediction}"));
    let interval = &prediction["interval"];
    (number(&interval["low"]), number(&prediction["score"]), number(&interval["high"]))
}

fn width(prediction: &Value) -> f64 {
    let (low, _, high) = ends(prediction);
    high - low
}

fn is_inside(prediction: &Value) -> bool {
    let (low, score, high) = ends(prediction);
    low < score && score < high
}
