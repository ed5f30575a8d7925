//! Unites the keys of one person: connected components over the pairs of `identity.sql` and the leads themselves.

use std::collections::HashMap;

use super::keys::Keys;

/// A key that connects more leads than this is a shared mailbox or a placeholder, not a person.
const LEADS_PER_KEY_MAX: usize = 20;

/// No lead.
const NONE: u32 = u32::MAX;

/// The leads and pairs that are found, until the keys are united.
#[derive(Default)]
pub(super) struct FoundKeys {
    keys: Keys,
    /// When each key of a lead was created at the earliest, in microseconds. Keys of leads have the first numbers.
    created_at: Vec<i64>,
    is_test: Vec<bool>,
    pairs: Vec<(u32, u32)>,
}

/// Keys and the leads that they belong to. Leads are numbered in the order of their ids.
pub(super) struct Identities {
    keys: Keys,
    /// The lead of each key.
    lead_of: Vec<u32>,
    /// The key that is a lead's id.
    ids: Vec<u32>,
    is_test: Vec<bool>,
    /// Keys that were ignored because they connect too many leads, with how many.
    pub(super) shared_keys: Vec<(String, usize)>,
}

impl FoundKeys {
    /// Adds a row of a lead. All of them come before the first pair. A later version need not repeat `created_at`.
    pub(super) fn add_lead(&mut self, key: &str, created_at: Option<i64>, is_test: bool) {
        let number = self.keys.number(key) as usize;
        if number == self.created_at.len() {
            self.created_at.push(i64::MAX);
            self.is_test.push(false);
        }
        self.created_at[number] = self.created_at[number].min(created_at.unwrap_or(i64::MAX));
        self.is_test[number] |= is_test;
    }

    /// Adds a pair.
    pub(super) fn add_pair(&mut self, first: &str, second: &str) {
        let pair = (self.keys.number(first), self.keys.number(second));
        self.pairs.push(pair);
    }

    /// Unites the keys. A component's lead is its earliest created one.
    pub(super) fn unite(self) -> Identities {
        let shared = self.shared_keys();
        let mut components = Components { parents: (0..self.keys.len() as u32).collect() };
        for (first, second) in &self.pairs {
            if !shared.contains_key(first) && !shared.contains_key(second) {
                components.unite(*first, *second);
            }
        }
        let mut shared_keys: Vec<(String, usize)> =
            shared.into_iter().map(|(key, leads)| (self.keys.text(key).to_owned(), leads)).collect();
        shared_keys.sort();
        let roots: Vec<u32> = (0..self.keys.len() as u32).map(|number| components.find(number)).collect();
        let ids = self.lead_ids(&roots);
        let mut lead_of_root = vec![NONE; roots.len()];
        for (lead, id) in ids.iter().enumerate() {
            lead_of_root[roots[*id as usize] as usize] = lead as u32;
        }
        let mut is_test = vec![false; ids.len()];
        for (number, of_key) in self.is_test.iter().enumerate() {
            is_test[lead_of_root[roots[number] as usize] as usize] |= of_key;
        }
        let lead_of = roots.iter().map(|root| lead_of_root[*root as usize]).collect();
        Identities { keys: self.keys, lead_of, ids, is_test, shared_keys }
    }

    /// Returns the keys that connect too many leads, with how many.
    fn shared_keys(&self) -> HashMap<u32, usize> {
        let is_lead = |number: u32| (number as usize) < self.created_at.len();
        let both_ways = self.pairs.iter().flat_map(|(first, second)| [(*first, *second), (*second, *first)]);
        let mut leads_of_keys: Vec<(u32, u32)> =
            both_ways.filter(|(key, lead)| !is_lead(*key) && is_lead(*lead)).collect();
        leads_of_keys.sort_unstable();
        leads_of_keys.dedup();
        let of_key = leads_of_keys.chunk_by(|one, other| one.0 == other.0);
        of_key.filter(|leads| leads.len() > LEADS_PER_KEY_MAX).map(|leads| (leads[0].0, leads.len())).collect()
    }

    /// Returns the key that is the id of each component's lead, in the order of their texts.
    fn lead_ids(&self, roots: &[u32]) -> Vec<u32> {
        let mut earliest = vec![NONE; roots.len()];
        for number in 0..self.created_at.len() as u32 {
            let known = &mut earliest[roots[number as usize] as usize];
            let by = |number: u32| (self.created_at[number as usize], self.keys.text(number));
            if *known == NONE || by(number) < by(*known) {
                *known = number;
            }
        }
        earliest.retain(|number| *number != NONE);
        earliest.sort_unstable_by_key(|number| self.keys.text(*number));
        earliest
    }
}

impl Identities {
    /// Returns the number of leads, tests included.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns how many leads are tests.
    pub(super) fn test_leads(&self) -> usize {
        self.is_test.iter().filter(|is_test| **is_test).count()
    }

    /// Returns the number of keys, those of no lead among them.
    pub(super) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Returns the number of a key; `None` if it is not known.
    pub(super) fn number_of(&self, key: &str) -> Option<u32> {
        self.keys.find(key)
    }

    /// Returns the keys that belong to a lead, with that.
    pub(super) fn keys_of_leads(&self) -> impl Iterator<Item = (&str, u32)> {
        let leads = self.lead_of.iter().zip(0..).filter(|(lead, _)| **lead != NONE);
        leads.map(|(lead, number)| (self.keys.text(number), *lead))
    }

    /// Returns the lead that a key belongs to.
    pub(super) fn lead_of(&self, key: &str) -> Option<u32> {
        Some(self.lead_of[self.keys.find(key)? as usize]).filter(|lead| *lead != NONE)
    }

    /// Returns the id of a lead.
    pub(super) fn lead_id(&self, lead: u32) -> &str {
        self.keys.text(self.ids[lead as usize])
    }

    /// Returns whether a lead is a test, left out everywhere.
    pub(super) fn is_test(&self, lead: u32) -> bool {
        self.is_test[lead as usize]
    }
}

/// Components of numbers; each number leads to the root of its component.
struct Components {
    parents: Vec<u32>,
}

impl Components {
    fn unite(&mut self, first: u32, second: u32) {
        let (first, second) = (self.find(first), self.find(second));
        self.parents[first.max(second) as usize] = first.min(second);
    }

    /// Returns the root and halves the path to it, so that long chains of pairs stay quick.
    fn find(&mut self, mut number: u32) -> u32 {
        while self.parents[number as usize] != number {
            let parent = self.parents[number as usize];
            self.parents[number as usize] = self.parents[parent as usize];
            number = self.parents[number as usize];
        }
        number
    }
}
