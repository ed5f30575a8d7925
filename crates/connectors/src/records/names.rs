//! Names of columns for the leaves of records.

use std::collections::{BTreeMap, HashMap};

use crate::records::leaves::Path;

/// The names that are kept from run to run: those that are not the name of their only field.
pub(crate) type Kept = BTreeMap<String, Path>;

/// Which column each leaf is in. Names on the way to a leaf are joined by `_`; of two leaves with one name, the second gets
/// another, and keeps it.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_path: HashMap<Path, usize>,
    columns: Vec<(String, Path)>,
    taken: HashMap<String, Path>,
}

impl Names {
    /// Returns names that stay what they were in earlier runs.
    pub(crate) fn new(kept: &Kept) -> Names {
        let taken = kept.iter().map(|(name, path)| (name.clone(), path.clone())).collect();
        Names { taken, ..Names::default() }
    }

    /// Returns the number of a leaf's column, which is made if it is not there.
    pub(crate) fn column(&mut self, path: &Path) -> usize {
        if let Some(number) = self.by_path.get(path) {
            return *number;
        }
        let name = self.name(path);
        self.taken.insert(name.clone(), path.clone());
        self.columns.push((name, path.clone()));
        self.by_path.insert(path.clone(), self.columns.len() - 1);
        self.columns.len() - 1
    }

    /// Returns the number of a leaf's column, if it is there.
    pub(crate) fn find(&self, path: &Path) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// Returns the number of the column of a name, if it is there.
    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(column, _)| column == name)
    }

    /// Returns the columns' names in their order.
    pub(crate) fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the columns that have another name than their leaf would have, for its name was taken.
    pub(crate) fn renamed(&self) -> impl Iterator<Item = (&str, &Path)> {
        let renamed = self.columns.iter().filter(|(name, path)| *name != path.join("_"));
        renamed.map(|(name, path)| (name.as_str(), path))
    }

    /// Returns what has to be kept for the next run.
    pub(crate) fn kept(&self) -> Kept {
        let nested = self.taken.iter().filter(|(name, path)| **path != [name.as_str()]);
        nested.map(|(name, path)| (name.clone(), path.clone())).collect()
    }

    /// Returns a name that no other leaf has. An earlier run may have given it.
    fn name(&self, path: &Path) -> String {
        if let Some((name, _)) = self.taken.iter().find(|(_, taken)| *taken == path) {
            return name.clone();
        }
        let (plain, double) = (path.join("_"), path.join("__"));
        let numbered = (2_u64..).map(|number| format!("{double}__{number}"));
        let mut candidates = [plain, double.clone()].into_iter().chain(numbered);
        candidates.find(|name| !self.taken.contains_key(name)).unwrap_or(double)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(names: &[&str]) -> Path {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_second_leaf_of_a_name_gets_another_and_keeps_it() {
        let mut names = Names::default();
        for leaf in [&["a", "b"][..], &["a_b"], &["a", "b"], &["c"]] {
            names.column(&path(leaf));
        }
        assert_eq!(names.columns().collect::<Vec<_>>(), ["a_b", "a_b__2", "c"]);
        let mut next = Names::new(&names.kept());
        for leaf in [&["a_b"][..], &["a", "b"]] {
            next.column(&path(leaf));
        }
        assert_eq!(next.columns().collect::<Vec<_>>(), ["a_b__2", "a_b"], "in another order, but with their names");
        assert_eq!(next.renamed().map(|(name, _)| name).collect::<Vec<_>>(), ["a_b__2"]);
    }
}
