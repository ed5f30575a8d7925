//! Ids of what is made here: UUIDs of version 7, each larger than all that this process made before. They take their
//! chance from the thread's generator: to ask the system for it would cost more than to read a row.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};

/// Bits behind the milliseconds that count ids of the same one.
const COUNTER_BITS: u32 = 12;

/// The milliseconds and the counter of the newest id.
static NEWEST: AtomicU64 = AtomicU64::new(0);

/// Returns a new id.
pub(crate) fn new_id() -> String {
    // A clock before 1970 is as good as one that stands still.
    let milliseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    let least = milliseconds << COUNTER_BITS;
    let newer = |newest: u64| least.max(newest + 1);
    let newest = NEWEST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |newest| Some(newer(newest)));
    of(newest.map_or_else(newer, newer)).to_string()
}

/// Returns the id of a moment and a counter.
fn of(newest: u64) -> Uuid {
    let mut bytes: [u8; 10] = rand::random();
    let counter = (newest & ((1 << COUNTER_BITS) - 1)) as u16;
    bytes[..2].copy_from_slice(&counter.to_be_bytes());
    Builder::from_unix_timestamp_millis(newest >> COUNTER_BITS, &bytes).into_uuid()
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
        assert!(of(5 << COUNTER_BITS) < of((5 << COUNTER_BITS) + 1) && of((5 << COUNTER_BITS) + 4_095) < of(6 << 12));
    }
}
