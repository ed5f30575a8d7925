//! A program, its arguments, and what it is given of the machine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::error::Error;
use crate::process::running::{Output, Running};
use crate::process::secrets::Secrets;
use crate::sink::Sink;

/// The variables of our own environment that every program is given: they say where programs, folders, certificates and
/// proxies are. All others, which may be secrets of other sources, are not passed on.
const PASSED_ON: [&str; 21] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "XDG_CACHE_HOME",
    "LD_LIBRARY_PATH",
];

/// How many bytes a program may write that is asked for one document, such as a catalog.
const DOCUMENT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A program that speaks a protocol of connectors, and its limits.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program and its first arguments. No shell reads them, and messages show them: they hold no secret.
    pub command: Vec<String>,
    /// Its last arguments, behind those of the protocol: of `source-declarative-manifest`, `--manifest-path` and a path.
    pub last_arguments: Vec<String>,
    /// The folder that it runs in, to which relative paths belong; `None` is ours.
    pub folder: Option<PathBuf>,
    /// Variables of its environment, beside those that say where things are on this machine (`PATH`, `HOME`, proxies,
    /// certificates). No other variable of ours reaches it.
    pub environment: BTreeMap<String, String>,
    /// How long it may write nothing, neither messages nor log lines.
    pub idle_timeout: Duration,
    /// How long it may take in all.
    pub time_limit: Duration,
}

impl Program {
    /// Returns what messages call it: the name of its file.
    pub(crate) fn name(&self) -> String {
        let program = self.command.first().map_or("", String::as_str);
        Path::new(program).file_name().map_or_else(|| program.to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Returns the secrets among the variables of its environment.
    pub(crate) fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        for (name, value) in &self.environment {
            secrets.add_named(name, value);
        }
        secrets
    }

    /// Starts it with more arguments, in a process group of its own.
    pub(crate) fn start(&self, arguments: &[OsString], secrets: &Secrets) -> Result<Running, Error> {
        let name = self.name();
        let Some((program, first)) = self.command.split_first() else {
            return Err(Error::new("`command` is empty", "write the program and its arguments there, as a list"));
        };
        let mut command = Command::new(program);
        command.args(first).args(arguments).args(&self.last_arguments).env_clear();
        for variable in PASSED_ON {
            if let Some(value) = std::env::var_os(variable) {
                command.env(variable, value);
            }
        }
        command.envs(&self.environment);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        // Python, in which most of them are written, holds back lines otherwise, and writes them in the locale's encoding.
        command.env("PYTHONUNBUFFERED", "1").env("PYTHONIOENCODING", "utf-8");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        let child = command.spawn().map_err(|error| {
            let way_out = "install it, or write its whole path in `command`";
            Error::new(format!("cannot start `{name}`: {error}"), way_out).because(error)
        })?;
        Running::new(name, child, secrets.clone(), self.idle_timeout, self.time_limit)
    }

    /// Runs it to its end, and returns all that it has written to its standard output.
    pub(crate) async fn document(
        &self,
        arguments: &[OsString],
        secrets: &Secrets,
        sink: &mut dyn Sink,
    ) -> Result<Document, Error> {
        let mut running = self.start(arguments, secrets)?;
        let mut text = Vec::new();
        loop {
            match running.next().await? {
                Output::Line { bytes, is_cut } => {
                    if text.len() + bytes.len() > DOCUMENT_BYTES_MAX {
                        return Err(running.fault(format!("wrote more than {DOCUMENT_BYTES_MAX} bytes")));
                    }
                    text.extend_from_slice(&bytes);
                    if !is_cut {
                        text.push(b'\n');
                    }
                }
                Output::Log(line) => sink.progress(&line),
                Output::Closed => break,
            }
        }
        let failure = running.finish(sink).await.err();
        Ok(Document { text, failure })
    }
}

/// What a program has written, and why it failed, if it did: some write their error and then fail.
pub(crate) struct Document {
    pub(crate) text: Vec<u8>,
    pub(crate) failure: Option<Error>,
}
