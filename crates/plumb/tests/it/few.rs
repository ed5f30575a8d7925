//! A company at its beginning: no outcome, then a few, then enough. What answers is told at each step, and how sure.

use std::path::Path;

use serde_json::{Value, json};

use crate::program::{failure, run, success, write};
use crate::server::Server;

#[test]
fn rules_answer_first_and_outcomes_take_over() {
    let home = tempfile::tempdir().expect("a temporary folder");
    success(run(home.path(), &["demo", "--folder", "company", "--leads", "1500", "--company-only"]));
    let company = home.path().join("company");
    let plumb = |arguments: &[&str]| success(run(&company, arguments));
    plumb(&["ingest"]);
    let train = |as_of: &str| ["train", "--target", "converted", "--as-of", as_of].map(str::to_owned);
    let trained = |as_of: &str| plumb(&train(as_of).each_ref().map(String::as_str));

    // Rules that somebody mistyped are told with each training, and never dropped in silence.
    let rules = std::fs::read_to_string(company.join("rules.csv")).expect("the project has rules");
    write(&company, "rules.csv", &format!("Our scoring\n\n{rules}chanel,event,10\nmeetings,> some,10\n"));
    let told = trained("2025-01-20");
    assert!(told.contains("rules: no outcome is known yet, so the team's rules score the leads"), "{told}");
    assert!(told.contains("assumed to be one in ten") && told.contains("is the champion"), "{told}");
    assert!(
        told.contains("not used: rules.csv, line 24, column condition: `chanel` is not a feature: did you mean"),
        "{told}"
    );
    assert!(told.contains("not read: rules.csv, line 25, column condition: `> some` is a comparison"), "{told}");
    write(&company, "rules.csv", &rules);

    plumb(&["score", "--target", "converted", "--as-of", "2025-01-20"]);
    let server = Server::start(&company, &[], &[]);
    let lead = a_lead(&server);
    let by_rules = score(&server, &lead, "2025-01-20T00:00:00Z");
    assert!(width(&by_rules) > 0.3 && holds(&by_rules), "nothing is known yet: {by_rules}");
    let texts = by_rules["reasons"].to_string();
    assert!(texts.contains(" points\""), "the rules speak in points: {texts}");
    let page = server.page(&format!("/leads/{}", lead.replace(':', "%3A")));
    assert!(page.contains("Between ") && page.contains(" points"), "{page}");

    let told = trained("2025-05-10");
    assert!(told.contains("are too few to test on, so nothing is measured"), "{told}");
    assert!(told.contains("logistic `") && told.contains("is the challenger of rules"), "{told}");
    assert!(server.page("/models?target=converted").contains("too few to test on"));
    let model = told.split('`').find(|word| word.len() > 10 && word.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let rebuilt = plumb(&["reproduce", model.expect("the model is named")]);
    assert!(rebuilt.contains("is reproduced: the same"), "{rebuilt}");
    plumb(&["score", "--target", "converted", "--as-of", "2025-05-10"]);
    let wide = mean_width(&server);
    plumb(&["promote", "--target", "converted", "--why", "the first outcomes"]);
    plumb(&["score", "--target", "converted", "--as-of", "2025-05-10"]);
    let of_few = mean_width(&server);
    assert!(of_few < wide, "{of_few} after a few outcomes, {wide} by the rules alone");

    let told = trained("2026-11-01");
    for kind in ["rules", "logistic", "xgboost", "ensemble"] {
        assert!(told.lines().any(|line| line.trim_start_matches(['*', ' ']).starts_with(kind)), "{kind}: {told}");
    }
    plumb(&["promote", "--target", "converted", "--why", "measured"]);
    plumb(&["score", "--target", "converted", "--as-of", "2026-11-01"]);
    let of_many = mean_width(&server);
    assert!(of_many < of_few / 2.0, "{of_many} after many outcomes, {of_few} after a few");
    server.stop();
}

#[test]
fn two_files_of_rules_and_no_rules_are_told() {
    let home = tempfile::tempdir().expect("a temporary folder");
    success(run(home.path(), &["demo", "--folder", "company", "--leads", "300", "--company-only"]));
    let company = home.path().join("company");
    success(run(&company, &["ingest"]));
    let train = ["train", "--target", "converted", "--as-of", "2025-01-20"];
    write(&company, "rules.xlsx", "no workbook");
    assert!(
        failure(run(&company, &train)).contains("there are `rules.csv` and `rules.xlsx`: name the one that counts")
    );
    remove(&company, "rules.csv");
    let error = failure(run(&company, &train));
    assert!(error.contains("rules.xlsx` is not a workbook") && error.contains("it is no ZIP file"), "{error}");
    remove(&company, "rules.xlsx");
    let error = failure(run(&company, &train));
    assert!(error.contains("no outcome is known yet, and there is no table of rules either"), "{error}");
}

fn remove(folder: &Path, file: &str) {
    std::fs::remove_file(folder.join(file)).expect("the file is there");
}

fn a_lead(server: &Server) -> String {
    let leads = server.get("/v1/leads?target=converted&limit=1");
    leads["leads"][0]["lead_id"].as_str().expect("a lead was scored").to_owned()
}

/// Returns how wide the intervals of the leads on the list are.
fn mean_width(server: &Server) -> f64 {
    let leads = server.get("/v1/leads?target=converted&limit=200");
    let widths: Vec<f64> = leads["leads"].as_array().into_iter().flatten().map(width).collect();
    widths.iter().sum::<f64>() / widths.len() as f64
}

fn score(server: &Server, lead: &str, as_of: &str) -> Value {
    server.post("/v1/score", &json!({ "target": "converted", "lead_id": lead, "as_of": as_of }))
}

fn ends(prediction: &Value) -> (f64, f64, f64) {
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("a number is missing: {prediction}"));
    let interval = &prediction["interval"];
    (number(&interval["low"]), number(&prediction["score"]), number(&interval["high"]))
}

fn width(prediction: &Value) -> f64 {
    let (low, _, high) = ends(prediction);
    high - low
}

fn holds(prediction: &Value) -> bool {
    let (low, score, high) = ends(prediction);
    low < score && score < high
}
