//! No circle: neither between files of a crate nor between the folders (or files) that lie beside each other in one.
//! What is left is a house with floors, in which every import runs downward.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};

use super::modules::{self, Module, ModulePath};

type Modules = BTreeMap<ModulePath, Module>;

/// Who uses what of whom: the names that the first module takes from the second.
type Arrows = BTreeMap<(ModulePath, ModulePath), BTreeSet<String>>;

/// Returns a line for each circle in each crate.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let crates = std::fs::read_dir(root.join("crates")).context("cannot list `crates`")?;
    let mut roots: Vec<_> = crates.filter_map(|entry| Some(entry.ok()?.path().join("src/lib.rs"))).collect();
    roots.push(root.join("xtask/src/main.rs"));
    roots.sort();
    for crate_root in roots.iter().filter(|file| file.is_file()) {
        let modules = modules::read(crate_root)?;
        let arrows = arrows(&modules);
        let name = crate_root.strip_prefix(root).unwrap_or(crate_root).display().to_string();
        faults.extend(circles(&arrows).iter().map(|circle| format!("{name}: {circle}")));
    }
    Ok(faults)
}

/// Returns the arrows between the files of a crate.
fn arrows(modules: &Modules) -> Arrows {
    let mut arrows = Arrows::new();
    for (from, module) in modules {
        for used in &module.uses {
            for (to, name) in resolve(modules, used, 0) {
                if to != *from {
                    arrows.entry((from.clone(), to)).or_default().insert(name);
                }
            }
        }
    }
    arrows
}

/// Returns the modules that define what a path names, through whatever hands it on.
fn resolve(modules: &Modules, path: &[String], depth: usize) -> Vec<(ModulePath, String)> {
    // Two modules may hand on each other's names.
    if depth > 8 {
        return Vec::new();
    }
    let known = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]));
    let Some(length) = known else { return Vec::new() };
    let (module_path, rest) = path.split_at(length);
    let module = &modules[module_path];
    let Some(name) = rest.first() else { return Vec::new() };
    if module.defines.contains(name) {
        return vec![(module_path.to_vec(), name.clone())];
    }
    let handed_on = module.reexports.iter().filter(|(reexported, _)| reexported == name);
    let found: Vec<_> = handed_on.flat_map(|(_, target)| resolve(modules, target, depth + 1)).collect();
    if !found.is_empty() {
        return found;
    }
    let globs = module.reexports.iter().filter(|(reexported, _)| reexported == "*");
    globs
        .flat_map(|(_, target)| {
            let path: Vec<String> = target.iter().cloned().chain([name.clone()]).collect();
            resolve(modules, &path, depth + 1)
        })
        .collect()
}

/// Returns the circles between files, and between what lies beside each other in each folder.
fn circles(arrows: &Arrows) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let by_file: BTreeMap<_, _> = arrows.iter().map(|(pair, names)| (pair.clone(), names.clone())).collect();
    found.extend(circle_lines(&by_file, "files"));
    let depth_max = arrows.keys().map(|(from, to)| from.len().max(to.len())).max().unwrap_or(0);
    for depth in 0..depth_max {
        let mut folders: BTreeMap<ModulePath, Arrows> = BTreeMap::new();
        for ((from, to), names) in arrows {
            let in_one_folder = from.len() > depth && to.len() > depth && from[..depth] == to[..depth];
            if in_one_folder && from[depth] != to[depth] {
                let pair = (from[..=depth].to_vec(), to[..=depth].to_vec());
                folders.entry(from[..depth].to_vec()).or_default().entry(pair).or_default().extend(names.clone());
            }
        }
        found.extend(folders.values().flat_map(|arrows| circle_lines(arrows, "folders")));
    }
    found.dedup();
    found
}

/// Returns a line for each circle of a graph: its members, and an arrow each with the names that make it.
fn circle_lines(arrows: &Arrows, what: &str) -> Vec<String> {
    let nodes: BTreeSet<&ModulePath> = arrows.keys().flat_map(|(from, to)| [from, to]).collect();
    let reach = |from: &ModulePath| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(node) = next.pop() {
            for (_, to) in arrows.keys().filter(|(from, _)| *from == node) {
                if seen.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&ModulePath, BTreeSet<ModulePath>> = nodes.iter().map(|node| (*node, reach(node))).collect();
    let mut done: BTreeSet<&ModulePath> = BTreeSet::new();
    let mut lines = Vec::new();
    for node in &nodes {
        if done.contains(node) || !reached[node].contains(*node) {
            continue;
        }
        let members: Vec<&ModulePath> = nodes
            .iter()
            .copied()
            .filter(|other| reached[node].contains(*other) && reached[other].contains(*node))
            .collect();
        done.extend(&members);
        let ties = arrows.iter().filter(|((from, to), _)| members.contains(&from) && members.contains(&to));
        let ties = ties.map(|((from, to), names)| {
            let names: Vec<&str> = names.iter().take(4).map(String::as_str).collect();
            format!("{} uses {} of {}", shown(from), names.join(", "), shown(to))
        });
        lines.push(format!("a circle of {} {what}: {}", members.len(), ties.collect::<Vec<_>>().join("; ")));
    }
    lines
}

fn shown(path: &ModulePath) -> String {
    if path.is_empty() { "the root".to_owned() } else { format!("`{}`", path.join("::")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(defines: &[&str], reexports: &[(&str, &str)], uses: &[&str]) -> Module {
        let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
        Module {
            defines: defines.iter().map(|name| (*name).to_owned()).collect(),
            reexports: reexports.iter().map(|(name, target)| ((*name).to_owned(), path(target))).collect(),
            uses: uses.iter().map(|used| path(used)).collect(),
        }
    }

    fn circles_of(list: &[(&str, Module)]) -> Vec<String> {
        let modules: Modules = list
            .iter()
            .map(|(path, module)| {
                let path = path.split("::").filter(|word| !word.is_empty()).map(str::to_owned).collect();
                let Module { defines, reexports, uses } = module;
                (path, Module { defines: defines.clone(), reexports: reexports.clone(), uses: uses.clone() })
            })
            .collect();
        circles(&arrows(&modules))
    }

    #[test]
    fn a_facade_that_hands_on_a_name_is_no_circle() {
        let found = circles_of(&[
            ("", module(&[], &[], &[])),
            ("store", module(&[], &[("Row", "store::rows::Row")], &["store::rows::Row"])),
            ("store::rows", module(&["Row"], &[], &[])),
            ("store::insert", module(&["insert"], &[], &["store::Row"])),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn a_child_that_uses_what_its_parent_defines_is_one_if_the_parent_uses_the_child() {
        let found = circles_of(&[
            ("", module(&[], &[], &[])),
            ("store", module(&["Store"], &[], &["store::rows::Row"])),
            ("store::rows", module(&["Row"], &[], &["store::Store"])),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`store` uses Row of `store::rows`"), "{found:?}");
    }

    #[test]
    fn two_folders_may_not_use_each_other_even_where_no_file_does() {
        let found = circles_of(&[
            ("", module(&[], &[], &[])),
            ("a", module(&[], &[], &[])),
            ("a::one", module(&["One"], &[], &["b::two::Two"])),
            ("a::three", module(&["Three"], &[], &[])),
            ("b", module(&[], &[], &[])),
            ("b::two", module(&["Two"], &[], &[])),
            ("b::four", module(&["Four"], &[], &["a::three::Three"])),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("folders"), "{found:?}");
    }
}
