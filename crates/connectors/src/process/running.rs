//! A program that runs: its lines as they come, its limits, its end.

use std::collections::VecDeque;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::task::consume_budget;
use tokio::time::{Instant, sleep_until, timeout};

use crate::error::Error;
use crate::process::lines::{Line, Lines, Overlong};
use crate::process::secrets::Secrets;
use crate::sink::Sink;

/// The longest line of standard output, in bytes. A message is a line, and a row is a message.
pub(crate) const LINE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How much of a line of standard error is read, and how much of that is shown, in bytes. Secrets are masked in between: one
/// that is cut in two would not be known.
const LOG_BYTES_MAX: usize = 64 * 1024;
const SHOWN_BYTES_MAX: usize = 4 * 1024;

/// How many lines of standard error an error shows, and how many bytes of them in all.
const LAST_LINES: usize = 20;
const LAST_BYTES_MAX: usize = 4 * 1024;

/// How long silence lasts, once the program has ended, until what it has left behind is killed: that keeps the pipes open.
const REST_WAIT: Duration = Duration::from_secs(2);

/// What a program has written.
#[derive(Debug)]
pub(crate) enum Output {
    /// A line of standard output. `is_cut`: the program stopped in the middle of it.
    Line { bytes: Vec<u8>, is_cut: bool },
    /// A line of standard error, without secrets.
    Log(String),
    /// Standard output is closed.
    Closed,
}

/// A program that runs. When this is dropped, the program and all that it has started are killed.
pub(crate) struct Running {
    name: String,
    group: Group,
    child: Child,
    output: Lines<ChildStdout>,
    log: Option<Lines<ChildStderr>>,
    last_lines: VecDeque<String>,
    secrets: Secrets,
    idle_timeout: Duration,
    time_limit: Duration,
    deadline: Instant,
    has_ended: bool,
}

/// A process group, killed when this is dropped.
struct Group(Option<libc::pid_t>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0.take() {
            // It fails if nothing of the group is left, which is what is wanted.
            // SAFETY: it takes two numbers and touches no memory of ours.
            unsafe { libc::killpg(group, libc::SIGKILL) };
        }
    }
}

impl Running {
    pub(super) fn new(
        name: String,
        mut child: Child,
        secrets: Secrets,
        idle_timeout: Duration,
        time_limit: Duration,
    ) -> Result<Running, Error> {
        let group = Group(child.id().and_then(|id| libc::pid_t::try_from(id).ok()));
        let (Some(output), Some(log)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Error::new(format!("`{name}` has no output"), "try again"));
        };
        Ok(Running {
            name,
            group,
            child,
            output: Lines::new(output, LINE_BYTES_MAX, Overlong::Refuse),
            log: Some(Lines::new(log, LOG_BYTES_MAX, Overlong::Shorten)),
            last_lines: VecDeque::new(),
            secrets,
            idle_timeout,
            time_limit,
            deadline: Instant::now() + time_limit,
            has_ended: false,
        })
    }

    /// Returns its secrets, to which new ones can be added.
    pub(crate) fn secrets(&mut self) -> &mut Secrets {
        &mut self.secrets
    }

    /// Waits for what it writes next.
    pub(crate) async fn next(&mut self) -> Result<Output, Error> {
        // Many lines come at once, and none of them would let others, or the clock, have their turn.
        consume_budget().await;
        if Instant::now() >= self.deadline {
            return Err(self.quiet());
        }
        if let Some(line) = self.output.read_already() {
            return self.take_line(Ok(line));
        }
        loop {
            let until = self.quiet_until();
            let output = tokio::select! {
                // Messages go first: one may tell a new token, which a line of the log that was written after it shows.
                biased;
                line = self.output.next() => Some(self.take_line(line)?),
                line = next_log(&mut self.log) => self.take_log(line).map(Output::Log),
                _ = self.child.wait(), if !self.has_ended => {
                    self.has_ended = true;
                    None
                }
                () = sleep_until(until) => {
                    if !self.has_ended || self.group.0.is_none() {
                        return Err(self.quiet());
                    }
                    drop(Group(self.group.0.take()));
                    None
                }
            };
            if let Some(output) = output {
                return Ok(output);
            }
        }
    }

    /// Waits until it has ended, once its standard output is closed. That it failed is an error with its last words.
    pub(crate) async fn finish(mut self, sink: &mut dyn Sink) -> Result<(), Error> {
        let status = loop {
            let until = self.quiet_until();
            tokio::select! {
                status = self.child.wait() => match status {
                    Ok(status) => break status,
                    Err(error) => return Err(self.fault("cannot be waited for").because(error)),
                },
                line = next_log(&mut self.log) => {
                    if let Some(text) = self.take_log(line) {
                        sink.progress(&text);
                    }
                }
                () = sleep_until(until) => {
                    return Err(Error { is_transient: true, ..self.fault("closed its output and did not end") });
                }
            }
        };
        // Whatever it has left behind ends with it, and closes standard error.
        drop(Group(self.group.0.take()));
        let _ = timeout(REST_WAIT, async {
            while self.log.is_some() {
                let line = next_log(&mut self.log).await;
                if let Some(text) = self.take_log(line) {
                    sink.progress(&text);
                }
            }
        })
        .await;
        if status.success() { Ok(()) } else { Err(self.failed(status)) }
    }

    /// Returns an error that names the program, says what it did, and shows its last lines of standard error.
    pub(crate) fn fault(&self, what: impl std::fmt::Display) -> Error {
        let mut words = format!("`{}` {what}", self.name);
        if !self.last_lines.is_empty() {
            words.push_str(&format!("; the last that it said:\n{}\n", self.last_words()));
        }
        Error::new(words, "run it by hand to see what it needs; what it gave before is kept")
    }

    fn failed(&self, status: ExitStatus) -> Error {
        match (status.code(), status.signal()) {
            (Some(code), _) => self.fault(format!("failed with exit code {code}")),
            (None, signal) => {
                let signal = signal.map_or_else(String::new, |signal| format!(" by signal {signal}"));
                Error { is_transient: true, ..self.fault(format!("was killed{signal}")) }
            }
        }
    }

    fn quiet_until(&self) -> Instant {
        let wait = if self.has_ended { REST_WAIT.min(self.idle_timeout) } else { self.idle_timeout };
        self.deadline.min(Instant::now() + wait)
    }

    fn quiet(&self) -> Error {
        let what = if Instant::now() >= self.deadline {
            format!("took more than {} s in all, its time limit", self.time_limit.as_secs_f64())
        } else {
            format!("wrote nothing for {} s", self.idle_timeout.as_secs_f64())
        };
        Error { is_transient: true, way_out: "raise the limit, or see why it waits".into(), ..self.fault(what) }
    }

    fn take_line(&self, line: io::Result<Line>) -> Result<Output, Error> {
        match line {
            Ok(Line::Text { bytes, is_cut }) => Ok(Output::Line { bytes, is_cut }),
            Ok(Line::End) => Ok(Output::Closed),
            Ok(Line::TooLong) => Err(self.fault(format!("wrote a line of more than {LINE_BYTES_MAX} bytes"))),
            Err(error) => Err(self.fault("cannot be read").because(error)),
        }
    }

    /// Keeps a line of standard error, and returns it without secrets; `None` if that is closed.
    fn take_log(&mut self, line: Line) -> Option<String> {
        let Line::Text { bytes, .. } = line else {
            self.log = None;
            return None;
        };
        let mut text = self.secrets.mask(String::from_utf8_lossy(&bytes).trim_end());
        text.truncate(text.floor_char_boundary(SHOWN_BYTES_MAX));
        if self.last_lines.len() == LAST_LINES {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(text.clone());
        Some(text)
    }

    fn last_words(&self) -> String {
        let mut bytes = 0;
        let last = self.last_lines.iter().rev().take_while(|line| {
            bytes += line.len();
            bytes <= LAST_BYTES_MAX
        });
        let mut lines: Vec<&str> = last.map(String::as_str).collect();
        lines.reverse();
        // Once more, for what has become a secret since.
        self.secrets.mask(&lines.join("\n"))
    }
}

/// Waits for a line of standard error, for ever if that is closed. One that cannot be read is closed.
async fn next_log(log: &mut Option<Lines<ChildStderr>>) -> Line {
    match log {
        Some(lines) => lines.next().await.unwrap_or(Line::End),
        None => std::future::pending().await,
    }
}
