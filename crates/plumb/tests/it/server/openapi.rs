//! Schemathesis, which makes requests out of the OpenAPI document, right ones and wrong ones, against the built program:
//! every answer has to be one that the document promises.
//!
//! `cargo xtask test` installs it, and names the folder in an environment variable.

use std::process::Command;

use crate::setup::provided::provided;
use crate::setup::server::{Server, quick_folder};

/// What schemathesis cannot know is which leads and features there are, so right requests may be refused.
const NOT_CHECKED: &str = "positive_data_acceptance";

#[test]
fn responses_match_the_openapi_document() {
    let folder = quick_folder();
    let server = Server::of_quick(&folder, &[], &[]);
    let output = Command::new("python3")
        .args(["-c", "from schemathesis.cli import schemathesis; schemathesis()"])
        .args(["run", &format!("{}/v1/openapi.json", server.address), "--url", &server.address])
        .args(["--exclude-checks", NOT_CHECKED, "--max-examples", "40", "--seed", "1", "--no-color"])
        .env("PYTHONPATH", provided("PLUMB_TEST_SCHEMATHESIS_PATH"))
        .current_dir(folder.path())
        .output()
        .expect("python3 starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("Tested: 13"), "every operation is tried:\n{printed}");
    server.stop();
}
