//! Anyone can rebuild a model to the byte, until something that it was made of is different.

use super::stages;
use crate::setup::folder::replace;
use crate::setup::program::{failure, run};

#[test]
fn the_champion_is_rebuilt_to_the_byte_until_the_project_changes() {
    let company = stages::retrained();
    let champion = &stages::retraining().after;
    let printed = company.plumb(&["reproduce", champion]);
    assert!(printed.contains("is reproduced: the same"), "{printed}");

    replace(company.path(), "features/1-behaviour.toml", "Quick answer", "Prompt answer");
    let output = run(company.path(), &["reproduce", champion]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("broken: the features, in SQL or messages"), "{printed}");
    assert!(failure(output).contains("is not reproduced"));
}
