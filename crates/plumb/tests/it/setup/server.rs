//! `plumb serve` as a system runs it: on a free port, called by a real client, stopped by a signal.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::folder;
use super::program::{self, success};

/// A running server.
pub(crate) struct Server {
    process: Child,
    /// `http://127.0.0.1:40123`.
    pub(crate) address: String,
}

/// Returns a folder with a model of `size` and `channel` for the target `won` in `plumb-quick/leads`.
pub(crate) fn quick_folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let rows = (0..400).map(|row| {
        let channel = ["ads", "referral", "fair"][row % 3];
        let size = 10 + row * 7 % 90;
        // Every ninth row is of the other class, so that the classes cannot be separated for certain.
        let won = (size + 30 * usize::from(channel == "referral") > 60) != (row % 9 == 0);
        format!("{size},{channel},{}\n", if won { "yes" } else { "no" })
    });
    folder::write(folder.path(), "leads.csv", &format!("size,channel,won\n{}", rows.collect::<String>()));
    success(program::run(folder.path(), &["quick", "leads.csv", "--target", "won"]));
    folder
}

impl Server {
    /// Starts a server in a folder, with more arguments and variables.
    pub(crate) fn start(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Server {
        Server::start_into(folder, arguments, variables, Stdio::inherit())
    }

    /// Starts a server whose log goes somewhere.
    pub(crate) fn start_into(folder: &Path, arguments: &[&str], variables: &[(&str, &str)], log: Stdio) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumb"));
        command.args(["serve", "--port", "0"]).args(arguments).envs(variables.iter().copied());
        Server::spawn(folder, command, log)
    }

    /// Starts a server of what [`quick_folder`] made that may take so many MiB of addresses: its memory, its threads' stacks
    /// and the program itself.
    pub(crate) fn of_quick_within(folder: &TempDir, mebibytes: usize, arguments: &[&str]) -> Server {
        let limited = format!("ulimit -v {} && exec \"$0\" \"$@\"", mebibytes << 10);
        let mut command = Command::new("sh");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_plumb"), "serve", "--port", "0"]);
        command.args(["--data", "plumb-quick/leads"]).args(arguments);
        Server::spawn(folder.path(), command, Stdio::inherit())
    }

    fn spawn(folder: &Path, mut command: Command, log: Stdio) -> Server {
        let command = command.current_dir(folder).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().expect("the program starts");
        let output = process.stdout.take().expect("its output is caught");
        let line = BufReader::new(output).lines().next().expect("it prints its address").expect("text");
        let address = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
        Server { process, address }
    }

    /// Starts a server of what [`quick_folder`] made.
    pub(crate) fn of_quick(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Server {
        let arguments = [&["--data", "plumb-quick/leads"], arguments].concat();
        Server::start(folder.path(), &arguments, variables)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.page(path)).expect("an answer in JSON")
    }

    /// Gets a path in a language, and returns the response as JSON.
    pub(crate) fn get_in(&self, path: &str, language: &str) -> Value {
        let request = ureq::get(format!("{}{path}", self.address)).header("accept-language", language);
        let mut answer = request.call().expect("the server answers");
        serde_json::from_str(&answer.body_mut().read_to_string().expect("a text")).expect("an answer in JSON")
    }

    pub(crate) fn page(&self, path: &str) -> String {
        let mut answer = ureq::get(format!("{}{path}", self.address)).call().expect("the server answers");
        answer.body_mut().read_to_string().expect("a text")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.post_as(path, "application/json", &body.to_string())
    }

    /// Posts a body of a type, and returns an answer in JSON, whatever its status.
    pub(crate) fn post_as(&self, path: &str, content_type: &str, body: &str) -> Value {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.post(format!("{}{path}", self.address)).header("content-type", content_type);
        let request = request.header("accept", "application/vnd.plumb+json");
        let mut answer = request.send(body).expect("the server answers");
        serde_json::from_str(&answer.body_mut().read_to_string().expect("a text")).expect("an answer in JSON")
    }

    /// Invokes an endpoint under an inference id of the caller's, and returns the server's id of the request.
    pub(crate) fn invoke(
        &self,
        target: &str,
        content_type: &str,
        inference_id: Option<&str>,
        body: impl AsRef<[u8]>,
    ) -> String {
        let mut request = ureq::post(format!("{}/endpoints/{target}/invocations", self.address));
        if let Some(inference_id) = inference_id {
            request = request.header("x-amzn-sagemaker-inference-id", inference_id);
        }
        let answer = request.header("content-type", content_type).send(body.as_ref()).expect("the server answers");
        answer.headers()["x-amzn-requestid"].to_str().expect("an id is text").to_owned()
    }

    /// Sends it a signal, as `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status();
        assert!(sent.expect("`kill` is there").success());
    }

    /// Limits how large a file it may make, in bytes or `unlimited`: what is written beyond fails, as on a full disk.
    pub(crate) fn limit_files(&self, bytes: &str) {
        let limit = format!("--fsize={bytes}:");
        let set = Command::new("prlimit").args(["--pid", &self.process.id().to_string(), &limit]).status();
        assert!(set.expect("`prlimit` is there").success());
    }

    /// Sends bytes as they are over a connection of their own, and returns all that is answered until it is closed.
    pub(crate) fn raw(&self, bytes: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers and closes");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Opens a connection.
    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address.trim_start_matches("http://")).expect("the server listens")
    }

    /// Returns the status of an answer to a request with headers; with a body it is a POST.
    pub(crate) fn status(&self, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> u16 {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let url = format!("{}{path}", self.address);
        let answer = match body {
            None => headers.iter().fold(agent.get(url), |request, (name, value)| request.header(*name, *value)).call(),
            Some(body) => {
                headers.iter().fold(agent.post(url), |request, (name, value)| request.header(*name, *value)).send(body)
            }
        };
        answer.expect("the server answers").status().as_u16()
    }

    /// Returns a line of what the system says of the process, such as `VmHWM`: the most memory that it ever had, in KiB.
    pub(crate) fn kilobytes(&self, name: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with(name)).expect("the system knows it");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
    }

    /// Stops it as a system stops a service.
    pub(crate) fn stop(mut self) {
        let killed = Command::new("kill").arg(self.process.id().to_string()).status().expect("`kill` is there");
        assert!(killed.success());
        assert!(self.process.wait().expect("it ends").success(), "a server that is stopped has not failed");
    }

    /// Kills it at once, as a machine that runs out of memory does.
    pub(crate) fn kill(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a failed test; a server that was stopped is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
