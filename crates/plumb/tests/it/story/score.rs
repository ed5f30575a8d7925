//! The champion scores all open leads.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use super::stages;
use crate::setup::demo::Company;
use crate::setup::program::column;
use crate::setup::redaction::redacted;

#[test]
fn values_that_training_never_saw_are_reported() {
    assert_snapshot!(redacted(stages::scoring_output()), @r"
    converted: 429 open leads scored: 38 A, 36 B, 94 C, 261 D
      89 rows have `channel` = `tiktok_ads`, which was not in the training data: it counts as missing
    ");
}

/// Returns the leads on the list, in its order.
fn listed(company: &Company) -> Vec<String> {
    let server = company.serve();
    let (mut leads, mut next) = (Vec::new(), String::new());
    loop {
        let part = server.get(&format!("/v1/leads?target=converted&limit=100&after={next}"));
        let ids = part["leads"].as_array().expect("a list").iter().map(|lead| lead["lead_id"].to_string());
        leads.extend(ids);
        match part["next"].as_str() {
            Some(more) => next = more.to_owned(),
            None => break,
        }
    }
    server.stop();
    leads
}

/// Scores in small blocks, and kills the program when it has stored some of them; true if it was not done by then.
fn score_until_a_kill(company: &Company) -> bool {
    let mut process = Command::new(env!("CARGO_BIN_EXE_plumb"))
        .current_dir(company.path())
        .args(["score", "--target", "converted", "--rows-at-once", "10"])
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let database = company.path().join("data/plumb.db");
    while process.try_wait().expect("it can be looked at").is_none() {
        if !column(&database, "SELECT lead_id FROM scoring_run").is_empty() {
            process.kill().expect("it runs");
            process.wait().expect("it ends");
        }
    }
    !column(&database, "SELECT lead_id FROM scoring_run").is_empty()
}

#[test]
fn a_scoring_that_was_killed_goes_on_and_lists_each_lead_once() {
    let company = stages::trained();
    let before = listed(&company);
    let attempts =
        1 + (0..20).position(|_| score_until_a_kill(&company)).expect("it was always done before it was killed");
    let leads = |listed: &[String]| listed.iter().cloned().collect::<BTreeSet<_>>();
    let killed = listed(&company);
    assert_eq!(
        (killed.len(), leads(&killed)),
        (before.len(), leads(&before)),
        "each is there by its old or its new score"
    );
    let printed = company.plumb(&["score", "--target", "converted"]);
    assert!(printed.contains("more were scored by a run that was killed; this one went on"), "{printed}");
    assert_eq!(listed(&company), before, "the same scores, in the same order");
    let database = company.path().join("data/plumb.db");
    let made = column(&database, "SELECT DISTINCT CAST(count(*) AS TEXT) FROM prediction GROUP BY lead_id");
    assert_eq!(made, [(1 + attempts).to_string()], "no lead was scored by both halves");
    assert_eq!(column(&database, "SELECT lead_id FROM scoring_run"), [""; 0]);
    assert!(company.plumb(&["verify", "--database"]).contains("0 problems"));
}

#[test]
fn a_time_to_come_is_refused() {
    let company = stages::trained();
    let refused = company.plumb_fails(&["score", "--target", "converted", "--as-of", "2026-11-02"]);
    assert_snapshot!(
        refused,
        @"error: --as-of is 2026-11-02T00:00:00+00:00, which is still to come: expected a time until now, 2026-11-01T00:00:00+00:00, or 5 minutes more as clocks differ; leave it out to ask about now"
    );
}
