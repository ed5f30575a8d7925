//! Unites the keys of one person: connected components over the pairs of `identity.sql` and the leads themselves.

use std::collections::HashMap;

use datafusion::arrow::array::Array;

use super::source_rows::SourceRows;

/// A key that connects more leads than this is a shared mailbox or a placeholder, not a person.
const LEADS_PER_KEY_MAX: usize = 20;

/// Keys and the leads that they belong to.
pub(super) struct Identities {
    numbers: HashMap<String, usize>,
    parents: Vec<usize>,
    /// The lead of each component's root.
    leads: HashMap<usize, String>,
    /// Keys that were ignored because they connect too many leads, with how many.
    pub(super) shared_keys: Vec<(String, usize)>,
}

impl Identities {
    /// Unites the keys. A component's lead is its earliest created one.
    pub(super) fn resolve(leads: &SourceRows, pairs: Option<&SourceRows>) -> Identities {
        let mut identities =
            Identities { numbers: HashMap::new(), parents: Vec::new(), leads: HashMap::new(), shared_keys: Vec::new() };
        let lead_keys = leads.text("lead_key");
        for key in lead_keys.iter().flatten() {
            identities.number(key);
        }
        let leads_end = identities.parents.len();
        if let Some(pairs) = pairs {
            identities.unite(pairs, leads_end);
        }
        identities.name_leads(leads);
        identities
    }

    /// Returns the lead that a key belongs to.
    pub(super) fn lead_of(&self, key: &str) -> Option<&str> {
        let root = self.root(*self.numbers.get(key)?);
        self.leads.get(&root).map(String::as_str)
    }

    fn unite(&mut self, pairs: &SourceRows, leads_end: usize) {
        let (first, second) = (pairs.text("key_a"), pairs.text("key_b"));
        let numbered: Vec<(usize, usize)> = first
            .iter()
            .zip(second)
            .filter_map(|(first, second)| Some((first?, second?)))
            .map(|(first, second)| (self.number(first), self.number(second)))
            .collect();
        let mut leads_of_key: HashMap<usize, Vec<usize>> = HashMap::new();
        for (first, second) in &numbered {
            for (key, lead) in [(first, second), (second, first)] {
                if *key >= leads_end && *lead < leads_end {
                    leads_of_key.entry(*key).or_default().push(*lead);
                }
            }
        }
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for (key, mut leads) in leads_of_key {
            leads.sort_unstable();
            leads.dedup();
            if leads.len() > LEADS_PER_KEY_MAX {
                shared.insert(key, leads.len());
            }
        }
        for (first, second) in numbered {
            if !shared.contains_key(&first) && !shared.contains_key(&second) {
                let (first, second) = (self.find(first), self.find(second));
                self.parents[first.max(second)] = first.min(second);
            }
        }
        let names: HashMap<usize, &String> = self.numbers.iter().map(|(name, number)| (*number, name)).collect();
        self.shared_keys = shared.into_iter().map(|(key, leads)| (names[&key].clone(), leads)).collect();
        self.shared_keys.sort();
    }

    fn name_leads(&mut self, leads: &SourceRows) {
        let (keys, created) = (leads.text("lead_key"), leads.micros("created_at"));
        let mut earliest: HashMap<usize, (i64, &str)> = HashMap::new();
        for row in 0..keys.len() {
            // A later version need not repeat `created_at`.
            let created_at = if created.is_null(row) { i64::MAX } else { created.value(row) };
            let key = keys.value(row);
            let candidate = (created_at, key);
            let root = self.root(self.numbers[key]);
            earliest.entry(root).and_modify(|known| *known = candidate.min(*known)).or_insert(candidate);
        }
        self.leads = earliest.into_iter().map(|(root, (_, key))| (root, key.to_owned())).collect();
    }

    fn number(&mut self, key: &str) -> usize {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = self.parents.len();
        self.numbers.insert(key.to_owned(), number);
        self.parents.push(number);
        number
    }

    /// Returns the root and halves the path to it, so that long chains of pairs stay quick.
    fn find(&mut self, mut number: usize) -> usize {
        while self.parents[number] != number {
            self.parents[number] = self.parents[self.parents[number]];
            number = self.parents[number];
        }
        number
    }

    fn root(&self, number: usize) -> usize {
        let mut number = number;
        while self.parents[number] != number {
            number = self.parents[number];
        }
        number
    }
}
