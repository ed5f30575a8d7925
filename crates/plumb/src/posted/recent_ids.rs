//! The ids of the newest rows, with the hash of what was posted under each.

use std::collections::{HashMap, VecDeque};

/// Memory of an id: its entry in a map that is half full, and in the queue.
pub(super) const ID_BYTES: usize = 64;

/// The newest ids, as many as there is room for. An older one that is posted again is a new row here; the ingestion sees
/// that it is not.
#[derive(Debug)]
pub(super) struct RecentIds {
    ids_max: usize,
    values: HashMap<u64, u64>,
    /// In the order in which they came.
    order: VecDeque<u64>,
}

impl RecentIds {
    pub(super) fn new(ids_max: usize) -> RecentIds {
        RecentIds { ids_max, values: HashMap::new(), order: VecDeque::new() }
    }

    /// Returns what is known of an id.
    pub(super) fn get(&self, id: u64) -> Option<u64> {
        self.values.get(&id).copied()
    }

    /// Adds an id, or replaces what is known of it.
    pub(super) fn put(&mut self, id: u64, value: u64) {
        if self.values.insert(id, value).is_some() {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > self.ids_max
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
    }

    /// Returns about how much memory they need.
    pub(super) fn bytes(&self) -> usize {
        self.values.len() * ID_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_ids_are_forgotten() {
        let mut ids = RecentIds::new(2);
        for (id, value) in [(1, 10), (2, 20), (1, 11), (3, 30)] {
            ids.put(id, value);
        }
        assert_eq!([1, 2, 3].map(|id| ids.get(id)), [None, Some(20), Some(30)]);
    }
}
