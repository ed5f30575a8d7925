//! A target of several words: which are positive, which are still open, and what is said of each.

use super::leads::{columns, folder, leads, quick, quick_text};
use crate::setup::program::{failure, run};

/// Won leads are written in several ways, lost ones are of several kinds, and every fifth lead is still open.
fn statuses() -> String {
    let mut text = "Source,Revenue,Reason Lost,Status\n".to_owned();
    for (row, lead) in leads(1_000).iter().enumerate() {
        let (reason, status) = match (row % 5, lead.won) {
            (0, _) => ("", ["Open", "In Progress"][row / 5 % 2]),
            (_, true) => ("", ["Signed", "signed", "SIGNED "][row % 3]),
            (_, false) => (["price", "silence"][row % 2], ["Lost", "Junk"][row / 2 % 2]),
        };
        text.push_str(&format!("{},{},{reason},{status}\n", lead.source, lead.revenue / 100));
    }
    text
}

fn won() -> usize {
    leads(1_000).iter().enumerate().filter(|(row, lead)| row % 5 != 0 && lead.won).count()
}

#[test]
fn several_words_without_a_choice_are_refused_with_their_counts_and_a_command() {
    let folder = folder("leads.csv", statuses());
    let error = failure(run(folder.path(), &["quick", "leads.csv", "--target", "Status"]));
    for expected in [
        "`Signed`".to_owned(),
        "100 rows `Open`: looks open".to_owned(),
        "plumb quick leads.csv --target Status --positive \"Signed\" --ignore \"In Progress,Open\"".to_owned(),
        format!("{} rows `", won()),
    ] {
        assert!(error.contains(&expected), "`{expected}` is not in\n{error}");
    }
}

#[test]
fn open_leads_are_left_out_and_counted_and_one_word_in_several_spellings_is_one() {
    let folder = folder("leads.csv", statuses());
    let outcome = quick(folder.path(), "leads.csv", &["--target", "Status", "--positive", "Signed"]);
    let target = &outcome["target"];
    assert_eq!(
        (&target["rows"], &target["rows_ignored"], &target["positives"]),
        (&800.into(), &200.into(), &won().into())
    );
    assert!(columns(&outcome, "suspects").contains(&"Reason Lost"), "{}", outcome["suspects"]);
    let printed = quick_text(folder.path(), "leads.csv", &["--target", "Status", "--positive", "Signed"]);
    assert!(printed.contains("warning: 200 rows are left out, because they look open"), "{printed}");

    let all = quick(folder.path(), "leads.csv", &["--target", "Status", "--positive", "signed", "--ignore", ""]);
    assert_eq!((&all["target"]["rows"], &all["target"]["rows_ignored"]), (&1_000.into(), &0.into()));
    let two = ["--target", "status", "--positive", "Signed,Junk", "--ignore", "Open,In Progress"];
    assert!(quick(folder.path(), "leads.csv", &two)["target"]["positives"].as_u64() > Some(won() as u64));
}
