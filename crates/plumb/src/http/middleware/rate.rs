//! How many requests a second somebody may send: a bucket of tokens each, from which a request takes one and which fills
//! again with time. Written by hand: the crates for it bring a map that grows with whatever callers name.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::bounded_map::BoundedMap;

/// Buckets of a generation: some megabytes at most. Who makes more addresses than that has an empty bucket forgotten.
const BUCKETS_MAX: usize = 16_384;

/// So many seconds of requests may come at once: callers send in bursts.
const BURST_S: f64 = 1.0;

/// Limits requests a second by key.
#[derive(Debug)]
pub(super) struct RateLimit<K> {
    per_s: f64,
    buckets: Mutex<BoundedMap<K, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl<K: Eq + Hash> RateLimit<K> {
    /// Makes a limit; `None`: there is none.
    pub(super) fn new(per_s: Option<NonZeroU32>) -> Option<RateLimit<K>> {
        let buckets = Mutex::new(BoundedMap::new(BUCKETS_MAX));
        per_s.map(|per_s| RateLimit { per_s: f64::from(per_s.get()), buckets })
    }

    /// Takes a token, or returns how long it takes until there is one.
    pub(super) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        // One request is always possible, however low the rate.
        let full = (self.per_s * BURST_S).max(1.0);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get_or_insert_with(key, || Bucket { tokens: full, at: now });
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * self.per_s).min(full);
        bucket.at = now;
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / self.per_s));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again_and_is_its_owners_alone() {
        assert!(RateLimit::<u8>::new(None).is_none());
        let limit = RateLimit::new(NonZeroU32::new(2)).expect("a limit");
        let begin = Instant::now();
        assert_eq!([limit.take("a", begin), limit.take("a", begin)], [Ok(()), Ok(())]);
        assert_eq!(limit.take("a", begin), Err(Duration::from_millis(500)));
        assert_eq!(limit.take("b", begin), Ok(()));
        assert_eq!(limit.take("a", begin + Duration::from_millis(500)), Ok(()));
        let later = begin + Duration::from_secs(60);
        assert_eq!([limit.take("a", later), limit.take("a", later)], [Ok(()), Ok(())]);
        assert!(limit.take("a", later).is_err(), "no more than a second's worth is saved up");
    }
}
