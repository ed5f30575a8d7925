//! What to do about a job now.

use chrono::{DateTime, TimeDelta, Utc};

use crate::history::{History, LastRun};
use crate::job::{RunState, Why};
use crate::retries::{Retries, pause_after};
use crate::timing::JobTiming;

/// A clock that goes back by more than this was wrong before.
const BACK_MAX: TimeDelta = TimeDelta::hours(1);

/// What to do about a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Begin a run.
    Start(Start),
    /// Note that due times passed while the predecessor was running, and ask again.
    Skip {
        /// The newest of them.
        due: DateTime<Utc>,
        /// How many they are; a thousand means as many or more.
        count: usize,
    },
    /// Note that due times count from this moment on, and ask again: the clock was ahead before, and what it made of due times
    /// does not count.
    CountFrom(DateTime<Utc>),
    /// It is due, and somebody runs it by hand: ask again when that has ended.
    Wait,
    /// Nothing until a moment; `None`: never again.
    Rest(Option<DateTime<Utc>>),
}

/// A run to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The due time that it is for.
    pub due: DateTime<Utc>,
    /// Why it begins.
    pub why: Why,
    /// Which try of its due time it is, from 1.
    pub attempt: u32,
    /// How many earlier due times it stands for as well; 999 means as many or more.
    pub replaced: usize,
}

/// Returns what to do about a job now. `watched_since` is the moment since which somebody has looked without a break.
pub fn decide(
    timing: &JobTiming,
    history: &History,
    retries: Retries,
    watched_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Decision {
    let considered = history.considered_until;
    if considered > now + BACK_MAX {
        return Decision::CountFrom(now - timing.offset);
    }
    let ended = history.last.as_ref().and_then(|last| last.ended).filter(|ended| *ended <= now);
    if let Some(newest) = ended.and_then(|ended| timing.timing.newest(considered, ended - timing.offset)) {
        return Decision::Skip { due: newest.due, count: newest.count };
    }
    let fresh = timing.timing.newest(considered, now - timing.offset).map(|newest| Start {
        due: newest.due,
        why: if newest.due + timing.offset < watched_since { Why::Missed } else { Why::Schedule },
        attempt: 1,
        replaced: newest.count.saturating_sub(1),
    });
    let again = || history.last.as_ref().and_then(|last| try_again(last, retries, now));
    let next = timing.timing.next(considered.max(now - timing.offset)).map(|due| due + timing.offset);
    match fresh.map(Again::Now).or_else(again) {
        Some(Again::Now(_)) if history.is_run_by_hand => Decision::Wait,
        Some(Again::Now(start)) => Decision::Start(start),
        Some(Again::At(at)) => Decision::Rest(Some(next.map_or(at, |next| next.min(at)))),
        None => Decision::Rest(next),
    }
}

/// When a run is tried again.
enum Again {
    Now(Start),
    At(DateTime<Utc>),
}

/// Returns when a run that came to nothing is tried again; `None` if it is not.
fn try_again(last: &LastRun, retries: Retries, now: DateTime<Utc>) -> Option<Again> {
    if !retries.may_follow(last.attempt) {
        return None;
    }
    let ended = last.ended.unwrap_or(last.started);
    let (why, pause) = match last.state {
        RunState::Failed => (Why::Retry, pause_after(last.attempt)),
        // Once is an accident, as is a restart of the machine; a job that ends its process each time has to pause.
        RunState::Interrupted if last.attempt == 1 => (Why::Interrupted, TimeDelta::zero()),
        RunState::Interrupted => (Why::Interrupted, pause_after(last.attempt - 1)),
        RunState::Running | RunState::Done | RunState::Skipped => return None,
    };
    let (at, was_wrong) = (ended + pause, ended > now + BACK_MAX);
    if at > now && !was_wrong {
        return Some(Again::At(at));
    }
    Some(Again::Now(Start { due: last.due, why, attempt: last.attempt + 1, replaced: 0 }))
}
