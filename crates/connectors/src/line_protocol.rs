//! What the protocols of programs have in common: each line of standard output is a message, or is counted and said.

use serde_json::Value;

use crate::error::Error;
use crate::process::{Output, Running, Secrets};
use crate::records::{self, Message, Tally};
use crate::sink::Sink;

/// The messages of a protocol, one after the other.
pub(crate) trait LineProtocol {
    /// Takes a message, and returns whether it can be read.
    fn message(&mut self, text: &str, sink: &mut dyn Sink) -> Result<bool, Error>;

    /// Returns where lines are counted, and what may not be shown of them.
    fn tally(&mut self) -> (&mut Tally, &Secrets);

    /// Returns a configuration with secrets that nobody knew before.
    fn new_secrets(&mut self) -> Option<Value> {
        None
    }

    /// Takes a line, and returns whether it can be read.
    fn line(&mut self, line: &[u8], sink: &mut dyn Sink) -> Result<bool, Error> {
        match records::parse(line) {
            Message::Blank => self.tally().0.blank += 1,
            Message::Text => {
                let (tally, secrets) = self.tally();
                tally.add_text(line, secrets, sink);
            }
            Message::Object(text) if self.message(&text, sink)? => {}
            Message::Object(_) | Message::Broken => {
                let (tally, secrets) = self.tally();
                tally.add_unreadable(line, secrets, sink);
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Hands each line of a program to its messages until its output is closed. Returns the error of a program that stopped in the
/// middle of a message; its exit may say more than that.
pub(crate) async fn follow(
    running: &mut Running,
    messages: &mut impl LineProtocol,
    sink: &mut dyn Sink,
) -> Result<Option<Error>, Error> {
    let mut cut = None;
    loop {
        match running.next().await? {
            Output::Line { bytes, is_cut } => {
                if !messages.line(&bytes, sink)? && is_cut {
                    cut = Some(running.fault("stopped in the middle of a line"));
                }
                if let Some(config) = messages.new_secrets() {
                    running.secrets().add_config(&config);
                }
            }
            Output::Log(line) => sink.progress(&line),
            Output::Closed => return Ok(cut),
        }
    }
}
