//! `examples/node-backend`, run as its README says, against a server with the demo company's models.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::sdks::provided;
use crate::server::Server;

/// The running example.
struct Backend {
    process: Child,
    address: String,
}

impl Backend {
    fn start(scorer: &str) -> Backend {
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
        let line = BufReader::new(output).lines().next().expect("it says where it serves").expect("text");
        let address = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
        Backend { process, address }
    }

    /// Sends the form, and returns the page that the browser is then led to.
    fn page_after(&self, form: &str) -> String {
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

/// A new lead shows its score with reasons; one that cannot be scored is kept and says why.
pub(crate) fn shows_each_new_leads_score(server: &Server) {
    let backend = Backend::start(&server.address);
    let form = "name=Ada+%3Cb%3E&channel=referral&industry=fintech&role=owner&created_at=2026-10-30T09:00:00Z";
    let page = backend.page_after(form);
    assert!(page.contains("Ada &#60;b&#62;") && page.contains(" %</b>, band "), "{page}");
    assert!(page.contains("<li class=\"") && page.contains("industry: fintech"), "{page}");
    let page = backend.page_after("name=Bob&colour=red&created_at=2026-10-30T09:00:00Z");
    assert!(page.contains("Not scored yet: ModelError: ") && page.contains("unknown field `colour`"), "{page}");
}
