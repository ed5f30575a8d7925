//! An S3 server for tests, on a free port of 127.0.0.1: moto's, which checks signatures and the conditions of writes. It
//! keeps its objects in memory, and ends when its process or ours does.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct S3Server {
    process: Child,
    /// Its URL.
    pub endpoint: String,
    /// The id of a key that may do everything.
    pub key_id: String,
    /// The key's secret.
    pub secret: String,
}

impl S3Server {
    /// Starts a server from the Python packages in a folder, and waits until it answers.
    pub fn start(packages: &Path) -> Result<S3Server> {
        let mut process = Command::new("python3")
            .args(["-c", include_str!("s3_server.py")])
            .env("PYTHONPATH", packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start `python3`")?;
        let output = process.stdout.take().context("the S3 server has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).context("cannot read what the S3 server prints")?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut word = || words.next().context("the S3 server did not start: its errors are above");
        let (port, key_id, secret) = (word()?, word()?, word()?);
        Ok(S3Server { process, endpoint: format!("http://127.0.0.1:{port}"), key_id, secret })
    }

    /// Returns the environment variables by which programs find it.
    pub fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", self.key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret.clone()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }

    /// Runs a program of Python that has a client of the server as `s3`, and waits for its end: tests make buckets by it,
    /// and objects that are wrong.
    pub fn run(&self, packages: &Path, program: &str) -> Result<()> {
        let client = format!("import boto3\ns3 = boto3.client('s3', endpoint_url='{}')\n", self.endpoint);
        let status = Command::new("python3")
            .args(["-c", &(client + program)])
            .env("PYTHONPATH", packages)
            .envs(self.variables())
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .status()
            .context("cannot start `python3`")?;
        anyhow::ensure!(status.success(), "the program of Python ended with {status}");
        Ok(())
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
