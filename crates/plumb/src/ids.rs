//! Ids of what is made here: UUIDs of version 7, each larger than all that this process made before.
//!
//! `Uuid::now_v7` would do, but asks the system for random bits each time, which takes seven times as long as all the
//! rest (700 ns; a prediction has an id each). Here they come from the thread's own generator.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::{Builder, ClockSequence, ContextV7, Uuid};

/// Counts the ids of each millisecond; it never goes back, even if the clock does.
static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// Returns a new id.
pub(crate) fn new_id() -> String {
    // A clock before 1970 is as good as one that stands still.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    id_at(&CONTEXT.lock().unwrap_or_else(PoisonError::into_inner), now).to_string()
}

/// Returns the next id at a time since 1970.
fn id_at(context: &ContextV7, time: Duration) -> Uuid {
    let (counter, seconds, nanoseconds) = context.generate_timestamp_sequence(time.as_secs(), time.subsec_nanos());
    let milliseconds = seconds.saturating_mul(1_000).saturating_add(u64::from(nanoseconds / 1_000_000));
    // The counter has 42 bits: 12 stand before the two bits of the UUID's variant, 30 behind them. Random ones follow.
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&((counter >> 30) as u16).to_be_bytes());
    bytes[2..6].copy_from_slice(&(counter as u32 & 0x3fff_ffff).to_be_bytes());
    bytes[6..].copy_from_slice(&rand::random::<[u8; 4]>());
    Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_id_is_larger_than_those_before_in_all_threads() {
        let make = || {
            let ids: Vec<String> = std::iter::repeat_with(new_id).take(20_000).collect();
            assert!(ids.is_sorted());
            ids
        };
        let all = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("ids")).collect::<BTreeSet<String>>()
        });
        assert_eq!(all.len(), 80_000, "and no two are the same");
        for id in all.iter().take(10) {
            let id: Uuid = id.parse().expect("a UUID");
            assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
        }
    }

    #[test]
    fn ids_grow_with_the_time_and_while_the_clock_stands_still_or_goes_back() {
        let context = ContextV7::new();
        let times = [5, 5, 4, 0, 6, 7_000, 3, 7_001];
        let ids: Vec<Uuid> = times.map(|time| id_at(&context, Duration::from_millis(time))).into();
        assert!(ids.is_sorted_by(|earlier, later| earlier < later), "{ids:?}");
        let millisecond = |id: &Uuid| id.get_timestamp().map(|timestamp| timestamp.to_unix());
        assert_eq!(millisecond(&ids[0]), Some((0, 5_000_000)));
        assert_eq!(millisecond(&ids[7]), Some((7, 1_000_000)));
    }
}
