//! Laws that hold whatever the clock does and whenever the program is killed: a simulated scheduler, its clock and its store.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::{at, job};
use crate::{Decision, History, JobTiming, LastRun, Retries, RunState, Start, Why, decide};

const RETRIES: Retries = Retries(2);

/// What happens next, to a run or to a scheduler that rests.
#[derive(Clone, Debug)]
enum Event {
    /// A run that begins now takes so long and ends well.
    Done(i64),
    /// A run that begins now takes so long and fails.
    Failed(i64),
    /// The program is killed so long after a run has begun, or in its rest, and is begun again so much later.
    Killed(i64, i64),
    /// The program is asked to stop, ends its run in an orderly way, and is begun again so much later.
    Stopped(i64, i64),
    /// The clock is put back.
    Back(i64),
    /// The machine sleeps, or the clock is put on.
    Forth(i64),
    /// Somebody runs the job by hand for so long.
    ByHand(i64),
}

/// What was done about a span of due times: those after the one before and until `to`.
#[derive(Debug)]
enum Entry {
    Ran { from: DateTime<Utc>, start: Start },
    Skipped { from: DateTime<Utc>, to: DateTime<Utc>, count: usize },
}

/// A machine with a scheduler of one job.
struct World {
    job: JobTiming,
    now: DateTime<Utc>,
    history: History,
    watched_since: DateTime<Utc>,
    by_hand_until: Option<DateTime<Utc>>,
    ledger: Vec<Entry>,
    /// The spans in which a run went on, by the schedule or by hand.
    runs: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    tries: Vec<(DateTime<Utc>, u32)>,
}

impl World {
    fn new(job: JobTiming) -> World {
        let now = at("2026-03-20T12:00");
        World {
            job,
            now,
            history: History { considered_until: now, last: None, is_run_by_hand: false },
            watched_since: now,
            by_hand_until: None,
            ledger: Vec::new(),
            runs: Vec::new(),
            tries: Vec::new(),
        }
    }

    /// Lets things happen. What no run is there for happens while the scheduler rests.
    fn live(&mut self, events: &[Event]) {
        for event in events {
            if let Some(start) = self.rest_until_start() {
                self.run(start, event);
            } else {
                self.happen(event);
            }
            self.now += TimeDelta::seconds(1);
        }
    }

    /// Does what there is to do now; returns a run that is to begin.
    fn rest_until_start(&mut self) -> Option<Start> {
        loop {
            self.history.is_run_by_hand = self.by_hand_until.is_some_and(|until| until > self.now);
            match decide(&self.job, &self.history, RETRIES, self.watched_since, self.now) {
                Decision::Skip { due, count } => {
                    let from = std::mem::replace(&mut self.history.considered_until, due);
                    self.ledger.push(Entry::Skipped { from, to: due, count });
                }
                Decision::Start(start) => return Some(start),
                Decision::CountFrom(from) => self.history.considered_until = from,
                Decision::Wait => self.now = self.by_hand_until.expect("it waits for somebody"),
                // A scheduler that is there begins in time: it goes on to the next moment, and somebody's kill is an event.
                Decision::Rest(until) => {
                    let newest = self.job.timing.newest(self.history.considered_until, self.now - self.job.offset);
                    assert_eq!(newest, None, "it rests although it is due");
                    let until = until.expect("there is always a next time");
                    assert!(until > self.now, "it would ask again without an end");
                    self.now = until;
                    return None;
                }
            }
        }
    }

    /// Begins a run, which the store notes, and lets it end in some way.
    fn run(&mut self, start: Start, event: &Event) {
        let begun = self.now;
        if start.attempt == 1 {
            let from = std::mem::replace(&mut self.history.considered_until, start.due);
            self.ledger.push(Entry::Ran { from, start: start.clone() });
        }
        self.tries.push((start.due, start.attempt));
        let was_missed = start.due + self.job.offset < self.watched_since;
        assert!(start.attempt > 1 || was_missed == (start.why == Why::Missed), "{start:?}");
        let (state, is_seen) = match event {
            Event::Done(minutes) => (RunState::Done, self.pass(*minutes)),
            Event::Failed(minutes) => (RunState::Failed, self.pass(*minutes)),
            Event::Killed(minutes, _) => (RunState::Interrupted, !self.pass(*minutes)),
            Event::Stopped(minutes, _) => (RunState::Interrupted, self.pass(*minutes)),
            _ => (RunState::Done, self.pass(1)),
        };
        self.runs.push((begun, self.now));
        let ended = is_seen.then_some(self.now);
        self.history.last = Some(LastRun { due: start.due, started: begun, ended, state, attempt: start.attempt });
        match event {
            Event::Killed(_, off) | Event::Stopped(_, off) => self.be_off(*off),
            _ => {}
        }
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Done(_) | Event::Failed(_) => {}
            Event::Killed(_, off) | Event::Stopped(_, off) => self.be_off(*off),
            Event::Back(minutes) => self.now -= TimeDelta::minutes(*minutes),
            Event::Forth(minutes) => self.be_off(*minutes),
            Event::ByHand(minutes) => {
                let until = self.now + TimeDelta::minutes(*minutes);
                self.by_hand_until = Some(until);
                self.runs.push((self.now, until));
            }
        }
    }

    fn pass(&mut self, minutes: i64) -> bool {
        self.now += TimeDelta::minutes(minutes);
        true
    }

    fn be_off(&mut self, minutes: i64) {
        self.now += TimeDelta::minutes(minutes);
        self.watched_since = self.now;
    }

    /// Returns all due times from one moment to another.
    fn due(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let timing = &self.job.timing;
        std::iter::successors(timing.next(from), |due| timing.next(*due)).take_while(|due| *due <= to).collect()
    }

    /// Checks that each due time was dealt with once, in order, and that what was said of it is true.
    fn check_ledger(&self) {
        let mut dealt_with = at("2026-03-20T12:00");
        for entry in &self.ledger {
            let (from, to) = match entry {
                Entry::Ran { from, start } => (*from, start.due),
                Entry::Skipped { from, to, .. } => (*from, *to),
            };
            assert_eq!(from, dealt_with, "a span is dealt with twice, or not at all");
            let due = self.due(from, to);
            assert_eq!(due.last(), Some(&to), "{entry:?} is for no due time");
            match entry {
                Entry::Ran { start, .. } => assert_eq!(due.len(), start.replaced + 1, "{entry:?}"),
                Entry::Skipped { count, .. } => {
                    assert_eq!(due.len(), *count, "{entry:?}");
                    let is_within = |due: &DateTime<Utc>| {
                        let begins = *due + self.job.offset;
                        self.runs.iter().any(|(begun, ended)| *begun <= begins && begins <= *ended)
                    };
                    assert!(due.iter().all(is_within), "{entry:?} was skipped, and nothing ran");
                }
            }
            dealt_with = to;
        }
        assert_eq!(dealt_with, self.history.considered_until);
    }

    /// Checks that no two runs went on at once.
    fn check_runs(&self) {
        for (place, (begun, ended)) in self.runs.iter().enumerate() {
            let overlaps = self.runs[..place]
                .iter()
                .filter(|(other_begun, other_ended)| other_begun < ended && begun < other_ended);
            assert_eq!(overlaps.count(), 0, "{:?}", self.runs);
        }
    }

    /// Checks that each due time that was begun was tried a first time once, and then one time after another, within the limit.
    fn check_tries(&self) {
        for (place, (due, attempt)) in self.tries.iter().enumerate() {
            let before = self.tries[..place].iter().filter(|(other, _)| other == due).count();
            assert_eq!(before + 1, *attempt as usize, "{:?}", self.tries);
            assert!(*attempt <= RETRIES.0 + 1);
        }
    }
}

fn jobs() -> impl Strategy<Value = JobTiming> {
    let expressions = vec!["*/20 * * * *", "0 * * * *", "30 2 * * *", "15 1,2,3 * * *", "0 4 * * 1"];
    let zones = vec!["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "UTC"];
    let offset = prop_oneof![Just(0), 1..600_i64];
    (prop::sample::select(expressions), prop::sample::select(zones), offset).prop_map(|(expression, zone, offset)| {
        JobTiming { offset: TimeDelta::seconds(offset), ..job(expression, zone) }
    })
}

/// Events, of which those that put the clock back are few.
fn events(back: u32) -> impl Strategy<Value = Vec<Event>> {
    let span = || prop_oneof![0..5_i64, 0..90_i64, 0..3_000_i64];
    let event = prop_oneof![
        4 => span().prop_map(Event::Done),
        3 => span().prop_map(Event::Failed),
        2 => (span(), span()).prop_map(|(after, off)| Event::Killed(after, off)),
        1 => (span(), span()).prop_map(|(after, off)| Event::Stopped(after, off)),
        1 => (0..20_000_i64).prop_map(Event::Forth),
        1 => span().prop_map(Event::ByHand),
        back => (0..30_i64).prop_map(Event::Back),
    ];
    prop::collection::vec(event, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Each due time is run once, skipped and said, or stands for by a later one; and never do two runs go on at once.
    #[test]
    fn each_due_time_is_dealt_with_once(job in jobs(), events in events(0)) {
        let mut world = World::new(job);
        world.live(&events);
        world.check_ledger();
        world.check_runs();
        world.check_tries();
    }

    /// The same if the clock goes back by up to an hour now and then.
    #[test]
    fn a_clock_that_goes_back_a_little_changes_nothing_of_that(job in jobs(), events in events(2)) {
        let mut world = World::new(job);
        for events in events.chunks(20) {
            world.live(events);
            // What was put back in a row is no more than is allowed for.
            world.now = world.now.max(world.history.considered_until - TimeDelta::minutes(59));
        }
        world.check_ledger();
        world.check_tries();
    }

    /// A clock that was years ahead leaves no job standing until it has come to that time.
    #[test]
    fn a_clock_that_was_wrong_stops_nothing(job in jobs(), before in events(1), years in 1..30_i64, failed in any::<bool>()) {
        let mut world = World::new(job);
        world.live(&before);
        let right = world.now;
        world.now += TimeDelta::days(365 * years);
        if let Some(start) = world.rest_until_start() {
            world.run(start, &if failed { Event::Failed(1) } else { Event::Done(1) });
        }
        world.now = right;
        world.by_hand_until = None;
        let begun = (0..10).find_map(|_| world.rest_until_start());
        prop_assert!(begun.is_some());
        prop_assert!(world.now - right <= TimeDelta::days(8), "it began {} after the clock was right again", world.now - right);
    }
}
