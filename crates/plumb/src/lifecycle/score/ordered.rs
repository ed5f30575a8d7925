//! Processes the blocks of a stream on several threads and writes the results in the order of the stream.
//!
//! Each thread takes the next block, processes it, and waits for its turn to write the result. So there are never more
//! blocks in memory than threads, whatever is slow: reading, processing or writing.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};

/// Reads blocks until there are no more, processes them in parallel, and writes the results in order. The first error
/// in that order ends the run.
pub(super) fn process_in_order<I: Send, O>(
    threads: usize,
    read: impl FnMut() -> Result<Option<I>> + Send,
    process: impl Fn(I) -> Result<O> + Sync,
    write: impl FnMut(O) -> Result<()> + Send,
) -> Result<()> {
    let source = Mutex::new(Source { read, taken: 0, ended: false });
    let sink = OrderedSink {
        state: Mutex::new(SinkState { next: 0, write, outcome: Ok(()), stopped: false }),
        advanced: Condvar::new(),
    };
    thread::scope(|scope| -> Result<()> {
        for number in 0..threads.max(1) {
            let thread = thread::Builder::new().name(format!("score {number}"));
            let started = thread.spawn_scoped(scope, || {
                let _stop = StopOnPanic(&sink);
                while let Some((number, block)) = take(&source) {
                    if !sink.write(number, block.and_then(&process)) {
                        return;
                    }
                }
            });
            if let Err(error) = started {
                sink.stop();
                return Err(error).context("cannot start a thread for scoring");
            }
        }
        Ok(())
    })?;
    sink.state.into_inner().unwrap_or_else(PoisonError::into_inner).outcome
}

struct Source<R> {
    read: R,
    taken: u64,
    ended: bool,
}

/// Returns the next block with its number. An error is returned once, and nothing after it.
fn take<I, R: FnMut() -> Result<Option<I>>>(source: &Mutex<Source<R>>) -> Option<(u64, Result<I>)> {
    let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
    if source.ended {
        return None;
    }
    let block = (source.read)().transpose();
    source.ended = !matches!(block, Some(Ok(_)));
    source.taken += 1;
    block.map(|block| (source.taken - 1, block))
}

/// Writes results in the order of their numbers.
struct OrderedSink<W> {
    state: Mutex<SinkState<W>>,
    advanced: Condvar,
}

struct SinkState<W> {
    /// The number of the result to write next.
    next: u64,
    write: W,
    outcome: Result<()>,
    stopped: bool,
}

impl<W> OrderedSink<W> {
    /// Waits until the result is next and writes it. Returns whether to continue.
    fn write<O>(&self, number: u64, result: Result<O>) -> bool
    where
        W: FnMut(O) -> Result<()>,
    {
        let mut state = self.lock();
        while state.next != number && !state.stopped {
            state = self.advanced.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return false;
        }
        let outcome = result.and_then(&mut state.write);
        state.next += 1;
        state.stopped = outcome.is_err();
        state.outcome = outcome;
        self.advanced.notify_all();
        !state.stopped
    }

    /// Writes no further result.
    fn stop(&self) {
        self.lock().stopped = true;
        self.advanced.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, SinkState<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops the sink when a thread panics, so that the others do not wait for its result for ever.
struct StopOnPanic<'a, W>(&'a OrderedSink<W>);

impl<W> Drop for StopOnPanic<'_, W> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    /// Takes the longer the earlier a block comes within each dozen.
    fn uneven(block: u64) -> u64 {
        (0..(12 - block % 12) * 20_000).fold(block, |sum, step| std::hint::black_box(sum ^ step ^ step))
    }

    #[test]
    fn results_are_written_in_the_order_of_the_blocks() {
        for threads in [1, 2, 7] {
            let (mut blocks, mut found) = (0..100, Vec::new());
            let write = |block| {
                found.push(block);
                Ok(())
            };
            process_in_order(threads, || Ok(blocks.next()), |block| Ok(uneven(block)), write).expect("nothing fails");
            assert_eq!(found, (0..100).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn first_error_in_order_ends_the_process_in_order() {
        let mut blocks = 0..1_000_000;
        let mut found = 0;
        let process = |block| if block % 10 == 7 { bail!("block {block}") } else { Ok(uneven(block)) };
        let write = |_| {
            found += 1;
            Ok(())
        };
        let error = process_in_order(4, || Ok(blocks.next()), process, write).expect_err("a block fails");
        assert_eq!((error.to_string().as_str(), found), ("block 7", 7));
        assert!(blocks.start < 1000, "the rest is not read");
        let error =
            process_in_order(4, || bail!("unreadable"), |block: u64| Ok(block), |_| Ok(())).expect_err("reading fails");
        assert_eq!(error.to_string(), "unreadable");
        let mut blocks = 0..100_u64;
        let error = process_in_order(4, || Ok(blocks.next()), Ok, |_| bail!("full")).expect_err("writing fails");
        assert_eq!(error.to_string(), "full");
    }

    #[test]
    fn panic_ends_the_process_in_order() {
        let panicked = std::panic::catch_unwind(|| {
            let mut blocks = 0..100_u64;
            process_in_order(
                3,
                || Ok(blocks.next()),
                |block| if block == 5 { panic!("on purpose") } else { Ok(block) },
                |_| Ok(()),
            )
        });
        assert!(panicked.is_err());
    }
}
