//! Anyone can rebuild a model to the byte, until something that it was made of is different.

use insta::assert_snapshot;

use super::stages;
use crate::setup::folder::replace;
use crate::setup::program::{failure, run};
use crate::setup::redaction::{redacted, redacted_figures};

#[test]
fn the_champion_is_rebuilt_to_the_byte_until_the_project_changes() {
    let company = stages::retrained();
    let champion = &stages::retraining().after;
    assert_snapshot!(
        redacted_figures(&company.plumb(&["reproduce", champion])),
        @"`[id 1]` is reproduced: the same [n] bytes from the same rows, features, seed and program"
    );

    replace(company.path(), "features/1-behaviour.toml", "Quick answer", "Prompt answer");
    let output = run(company.path(), &["reproduce", champion]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_snapshot!(redacted(&(printed + &failure(output))), @r"
    broken: the features, in SQL or messages: `[id 1]` then, `[id 2]` now
    error: `[id 3]` is not reproduced: the rebuilt model is `[id 4]`
    ");
}
