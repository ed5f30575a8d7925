//! `examples/node-backend`, as a running process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::setup::provided::provided;

/// The running example.
pub(crate) struct Backend {
    process: Child,
    address: String,
}

impl Backend {
    /// Starts it for a server.
    pub(crate) fn start(scorer: &str) -> Backend {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/node-backend");
        let mut process = Command::new("node")
            .arg(folder.join("server.js"))
            .envs([("PORT", "0"), ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", scorer)])
            .envs([("AWS_ACCESS_KEY_ID", "any"), ("AWS_SECRET_ACCESS_KEY", "any"), ("AWS_MAX_ATTEMPTS", "1")])
            .env("NODE_PATH", provided("PLUMB_TEST_NODE_MODULES"))
            .env("NODE_NO_WARNINGS", "1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let output = process.stdout.take().expect("its output is caught");
        let line = BufReader::new(output).lines().next().expect("it prints its address").expect("text");
        let address = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
        Backend { process, address }
    }

    /// Sends the form, and returns the page that the browser is then led to.
    pub(crate) fn page_after(&self, form: &str) -> String {
        let request = ureq::post(format!("{}/leads", self.address));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.send(form).expect("the backend answers").body_mut().read_to_string().expect("a page")
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // Nothing is left behind, also when the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
