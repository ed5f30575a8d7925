//! `plumb demo`: what it makes.

use insta::assert_snapshot;

use crate::setup::program::{failure, run, success};
use crate::setup::redaction::redacted;

#[test]
fn the_company_is_made_once_and_reported_as_json() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = ["demo", "--company-only", "--leads", "400", "--folder", "company", "--json"];
    assert_snapshot!(redacted(&success(run(folder.path(), &demo))), @r#"
    [
      {
        "step": "company",
        "folder": "company",
        "seed": 1,
        "leads": 400,
        "built": {
          "leads": 400,
          "crm_records": 421,
          "events": 8764,
          "applications": 42,
          "unmatched_applications": 1,
          "unreadable_lines": 0
        }
      }
    ]
    "#);
    assert_snapshot!(redacted(&success(run(folder.path(), &demo))), @r#"
    [
      {
        "step": "company",
        "folder": "company",
        "seed": 1,
        "leads": 400,
        "built": null
      }
    ]
    "#);
}

#[test]
fn another_company_in_the_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = |leads| ["demo", "--company-only", "--leads", leads, "--folder", "company"];
    assert_snapshot!(
        success(run(folder.path(), &demo("400"))),
        @"company: a company of 400 leads in 421 CRM records, 8764 events, 42 applications, over 24 months"
    );
    assert_snapshot!(success(run(folder.path(), &demo("400"))), @"company: the demo company of 400 leads is there");
    assert_snapshot!(
        failure(run(folder.path(), &demo("500"))),
        @"error: `company` holds a company of 400 leads from seed 1: ask for the same, or name another folder by --folder"
    );
}

#[test]
fn a_small_company_begins_with_a_cold_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let printed = success(run(folder.path(), &["demo", "--no-serve", "--leads", "100", "--folder", "company"]));
    for target in ["converted", "approved"] {
        let trained = format!("{target} as of 2026-02-01: ");
        let line = printed.lines().find(|line| line.starts_with(&trained)).expect("it is trained");
        assert!(line.contains("so nothing is measured") || line.contains("no outcome is known yet"), "{line}");
        assert!(printed.contains(&format!("{target} as of 2026-11-01: ")), "{printed}");
    }
    assert_snapshot!(
        failure(run(folder.path(), &["demo", "--leads", "99", "--folder", "tiny"])),
        @"error: 99 leads are too few: the demo company wants 100 or more"
    );
}
