//! The built program as a process that runs beside the test, to be stopped and killed.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that is killed at the latest when the test ends.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Waits until it has ended, and returns whether it succeeded, and what it wrote on standard error.
    pub(crate) fn finish(mut self) -> (bool, String) {
        let mut error = String::new();
        self.0.stderr.take().expect("caught").read_to_string(&mut error).expect("text");
        (self.0.wait().expect("it ends").success(), error)
    }

    pub(crate) fn process(&self) -> u64 {
        self.0.id().into()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `plumb` in a folder.
pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumb"));
    let pipes = command.current_dir(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    Running(pipes.spawn().expect("the program starts"))
}

/// Waits for something to come true while a process runs.
pub(crate) fn wait_for<T>(process: &mut Running, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(process.0.try_wait().expect("its state").is_none(), "it was over before {what}");
        std::thread::yield_now();
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, process: u64) {
    let sent = Command::new("kill").args([name, &process.to_string()]).status().expect("`kill` is there");
    assert!(sent.success());
}
