//! A map of what callers name, which no caller can make grow without bound: the entries that were not asked for longest are
//! forgotten, roughly.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem::take;

/// A map of two generations. When the younger is full it becomes the older, whose entries are forgotten unless they are
/// asked for meanwhile: as cheap as a map, with no order to keep.
#[derive(Debug)]
pub(super) struct BoundedMap<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    /// Entries of a generation.
    entries_max: usize,
}

impl<K: Eq + Hash, V> BoundedMap<K, V> {
    /// Makes a map of at most twice so many entries.
    pub(super) fn new(entries_max: usize) -> BoundedMap<K, V> {
        BoundedMap { young: HashMap::new(), old: HashMap::new(), entries_max }
    }

    /// Returns an entry that is there.
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Returns an entry, which is made if need be.
    pub(super) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if !self.young.contains_key(&key) && self.young.len() >= self.entries_max {
            self.old = take(&mut self.young);
        }
        let old = &mut self.old;
        match self.young.entry(key) {
            std::collections::hash_map::Entry::Occupied(found) => found.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let value = old.remove(place.key()).unwrap_or_else(make);
                place.insert(value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_forgotten() {
        let mut map = BoundedMap::new(4);
        map.get_or_insert_with(0, || "kept");
        for key in 1..1_000 {
            map.get_or_insert_with(key, || "new");
            assert_eq!(map.get_or_insert_with(0, || "forgotten"), &"kept");
            assert!(map.young.len() + map.old.len() <= 8);
        }
        assert_eq!((map.get(&1), map.get(&999)), (None, Some(&"new")));
    }
}
