//! Work on the blocks of a stream by several threads, whose results come out in the order of the stream.
//!
//! Each thread takes the next block, works on it, and waits for its turn to hand the result on. So there are never more
//! blocks in memory than threads, whatever is slow: reading, working or writing.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};

/// Takes blocks until there are no more, works on them, and is done with them in their order. The first error in that
/// order ends it.
pub(super) fn run<I: Send, O>(
    threads: usize,
    next: impl FnMut() -> Result<Option<I>> + Send,
    work: impl Fn(I) -> Result<O> + Sync,
    done: impl FnMut(O) -> Result<()> + Send,
) -> Result<()> {
    let source = Mutex::new(Source { next, taken: 0, over: false });
    let turnstile = Turnstile {
        state: Mutex::new(State { turn: 0, done, outcome: Ok(()), stopped: false }),
        moved: Condvar::new(),
    };
    thread::scope(|scope| -> Result<()> {
        for number in 0..threads.max(1) {
            let thread = thread::Builder::new().name(format!("score {number}"));
            let started = thread.spawn_scoped(scope, || {
                let _stop = StopOnPanic(&turnstile);
                while let Some((turn, block)) = take(&source) {
                    if !turnstile.pass(turn, block.and_then(&work)) {
                        return;
                    }
                }
            });
            if let Err(error) = started {
                turnstile.stop();
                return Err(error).context("no thread for the scoring");
            }
        }
        Ok(())
    })?;
    turnstile.state.into_inner().unwrap_or_else(PoisonError::into_inner).outcome
}

struct Source<N> {
    next: N,
    taken: u64,
    over: bool,
}

/// Returns the next block with its turn; an error comes once, and nothing after it.
fn take<I, N: FnMut() -> Result<Option<I>>>(source: &Mutex<Source<N>>) -> Option<(u64, Result<I>)> {
    let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
    if source.over {
        return None;
    }
    let block = (source.next)().transpose();
    source.over = !matches!(block, Some(Ok(_)));
    source.taken += 1;
    block.map(|block| (source.taken - 1, block))
}

/// Lets results through one by one.
struct Turnstile<D> {
    state: Mutex<State<D>>,
    moved: Condvar,
}

struct State<D> {
    /// Whose turn it is.
    turn: u64,
    done: D,
    outcome: Result<()>,
    stopped: bool,
}

impl<D> Turnstile<D> {
    /// Waits for a turn and hands the result on; returns whether to go on.
    fn pass<O>(&self, turn: u64, result: Result<O>) -> bool
    where
        D: FnMut(O) -> Result<()>,
    {
        let mut state = self.lock();
        while state.turn != turn && !state.stopped {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return false;
        }
        let outcome = result.and_then(&mut state.done);
        state.turn += 1;
        state.stopped = outcome.is_err();
        state.outcome = outcome;
        self.moved.notify_all();
        !state.stopped
    }

    /// Lets nobody through any more.
    fn stop(&self) {
        self.lock().stopped = true;
        self.moved.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without it, a thread that panicked would let all others wait for its turn for ever.
struct StopOnPanic<'a, D>(&'a Turnstile<D>);

impl<D> Drop for StopOnPanic<'_, D> {
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

    /// Work that takes the longer the earlier a block comes within each dozen.
    fn uneven(block: u64) -> u64 {
        (0..(12 - block % 12) * 20_000).fold(block, |sum, step| std::hint::black_box(sum ^ step ^ step))
    }

    #[test]
    fn results_come_in_the_order_of_the_blocks() {
        for threads in [1, 2, 7] {
            let (mut blocks, mut found) = (0..100, Vec::new());
            let done = |block| {
                found.push(block);
                Ok(())
            };
            run(threads, || Ok(blocks.next()), |block| Ok(uneven(block)), done).expect("nothing fails");
            assert_eq!(found, (0..100).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn the_first_error_in_order_ends_it() {
        let mut blocks = 0..1_000_000;
        let mut found = 0;
        let work = |block| if block % 10 == 7 { bail!("block {block}") } else { Ok(uneven(block)) };
        let done = |_| {
            found += 1;
            Ok(())
        };
        let error = run(4, || Ok(blocks.next()), work, done).expect_err("a block fails");
        assert_eq!((error.to_string().as_str(), found), ("block 7", 7));
        assert!(blocks.start < 1000, "the rest is not read");
        let error = run(4, || bail!("unreadable"), |block: u64| Ok(block), |_| Ok(())).expect_err("reading fails");
        assert_eq!(error.to_string(), "unreadable");
        let mut blocks = 0..100_u64;
        let error = run(4, || Ok(blocks.next()), Ok, |_| bail!("full")).expect_err("writing fails");
        assert_eq!(error.to_string(), "full");
    }

    #[test]
    fn a_panic_ends_it_too() {
        let panicked = std::panic::catch_unwind(|| {
            let mut blocks = 0..100_u64;
            run(3, || Ok(blocks.next()), |block| if block == 5 { panic!("on purpose") } else { Ok(block) }, |_| Ok(()))
        });
        assert!(panicked.is_err());
    }
}
