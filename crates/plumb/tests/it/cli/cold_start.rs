//! A company at its beginning: no outcome, then a few, then enough. What scores at each step, and how sure it is.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::setup::demo::Company;
use crate::setup::folder::write;
use crate::setup::redaction::{redacted, redacted_figures};
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
    assert_snapshot!(redacted_figures(&company.plumb(&train(NO_OUTCOME))), @r"
    converted as of 2025-01-20: rules: no outcome is known yet, so the team's rules score the leads
      threshold [n]: largest F0.5 that the scores of 23 leads let expect: [n], with 3 of them at or over it; there are too few outcomes to measure it
      no outcome is known yet, so the team's rules score the leads
      the share of good leads is assumed to be one in ten, and a standard deviation of points to add 1 to the log-odds: the order of leads is that of the rules, the probabilities are not measured
      not read: rules.csv, line 25, column condition: `> some` is a comparison with no number: expected one after `>`, as in `> 5`
      not used: rules.csv, line 24, column condition: `chanel` is not a feature: did you mean `channel`?
      rules `[id 1]` is the champion: it scores `converted` from now on
    ");
}

#[test]
fn without_an_outcome_the_rules_score_in_points_and_wide_intervals() {
    let company = company(1500);
    assert_snapshot!(redacted_figures(&company.plumb(&train(NO_OUTCOME))), @r"
    converted as of 2025-01-20: rules: no outcome is known yet, so the team's rules score the leads
      threshold [n]: largest F0.5 that the scores of 102 leads let expect: [n], with 7 of them at or over it; there are too few outcomes to measure it
      no outcome is known yet, so the team's rules score the leads
      the share of good leads is assumed to be one in ten, and a standard deviation of points to add 1 to the log-odds: the order of leads is that of the rules, the probabilities are not measured
      rules `[id 1]` is the champion: it scores `converted` from now on
    ");
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
    assert_snapshot!(redacted_figures(&printed), @r"
    converted as of 2025-05-10: logistic: 487 rows with an outcome, 54 of them good, are too few to test on, so nothing is measured: the regression is drawn to the team's rules, if there are any, and each score has an interval that shows how unsure it is
      threshold [n]: largest F0.5 that the scores of 590 leads let expect: [n], with 50 of them at or over it; there are too few outcomes to measure it
      487 rows with an outcome, 54 of them good, are too few to test on, so nothing is measured: the regression is drawn to the team's rules, if there are any, and each score has an interval that shows how unsure it is
      logistic `[id 1]` is the challenger of rules `[id 2]`: promote it by `plumb promote --target converted`
    ");
    let server = company.serve();
    assert!(server.page("/models?target=converted").contains("too few to test on"));
    server.stop();
    let model = printed.split('`').find(|word| word.len() > 10 && word.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_snapshot!(
        redacted_figures(&company.plumb(&["reproduce", model.expect("the model is named")])),
        @"`[id 1]` is reproduced: the same [n] bytes from the same rows, features, seed and program"
    );
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
    assert_snapshot!(
        redacted(company.plumb(&PROMOTE).lines().next().expect("a line")),
        @"`[id 1]` is the champion: it scores `converted` from now on"
    );
    company.plumb(&score(FEW_OUTCOMES));
    let by_few = mean_width(&server);
    assert!(by_few < by_rules, "{by_few} after a few outcomes, {by_rules} by the rules alone");

    assert_snapshot!("training_on_many_outcomes", redacted_figures(&company.plumb(&train(MANY_OUTCOMES))));
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
    assert_snapshot!(
        company.plumb_fails(&train(NO_OUTCOME)),
        @r#"error: there are `rules.csv` and `rules.xlsx`: name the one that counts in plumb.toml, as `rules = "…"`"#
    );
    remove(&company, "rules.csv");
    assert_snapshot!(
        company.plumb_fails(&train(NO_OUTCOME)),
        @"error: `./rules.xlsx` is not a workbook that can be read: it is no ZIP file, as every .xlsx is, or it is cut short: invalid Zip archive: Could not find EOCD"
    );
}

#[test]
fn neither_outcomes_nor_rules_are_refused() {
    let company = company(100);
    remove(&company, "rules.csv");
    assert_snapshot!(
        company.plumb_fails(&train(NO_OUTCOME)),
        @"error: cannot train for `converted` : no rule can be used: no outcome is known yet, and there is no table of rules either: write rules.csv or rules.xlsx"
    );
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
