//! One shape of each dependency: what the first command builds, the test command uses.
//!
//! Cargo's unit graph says which package is compiled with which features, for a selection of packages. It is a feature of
//! nightly cargo that the variable `RUSTC_BOOTSTRAP` opens; nothing is built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{DEMO, TESTS};

#[derive(Deserialize)]
struct UnitGraph {
    units: Vec<Unit>,
    roots: Vec<usize>,
}

#[derive(Deserialize)]
struct Unit {
    pkg_id: String,
    target: Target,
    mode: String,
    features: Vec<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    index: usize,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// Returns a line for each dependency that the tests would compile in another shape than the demo. What runs only in
/// build scripts is left out: it is small, and the cluster's code generators want their own.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>> {
    let (first, second) = (shapes(root, &DEMO)?, shapes(root, &TESTS)?);
    let differing =
        first.iter().filter(|(package, shapes)| second.get(*package).is_some_and(|others| !others.is_subset(shapes)));
    Ok(differing
        .map(|(package, shapes)| {
            let more: Vec<_> = second[package].difference(shapes).map(|features| features.join(", ")).collect();
            format!(
                "`cargo xtask test` compiles `{package}` once more, with the features `{}`: \
                 switch them on in crates/workspace-hack/Cargo.toml",
                more.join("` and `")
            )
        })
        .collect())
}

/// Returns the features with which each library from the registry is compiled for the program itself.
fn shapes(root: &Path, command: &[&str]) -> Result<BTreeMap<String, BTreeSet<Vec<String>>>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(command).args(["--locked", "-Z", "unstable-options", "--unit-graph"]);
    let output = cargo.env("RUSTC_BOOTSTRAP", "1").current_dir(root).output().context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo printed no unit graph: {}", String::from_utf8_lossy(&output.stderr).trim());
    let graph: UnitGraph = serde_json::from_slice(&output.stdout).context("cargo's unit graph is not as expected")?;
    let (mut seen, mut next) = (BTreeSet::new(), graph.roots);
    let mut shapes: BTreeMap<String, BTreeSet<Vec<String>>> = BTreeMap::new();
    while let Some(index) = next.pop() {
        let Some(unit) = graph.units.get(index).filter(|_| seen.insert(index)) else { continue };
        // What these use runs on the machine that compiles.
        if unit.target.kind.iter().any(|kind| kind == "proc-macro" || kind == "custom-build") {
            continue;
        }
        next.extend(unit.dependencies.iter().map(|dependency| dependency.index));
        if unit.mode == "build" && unit.pkg_id.starts_with("registry+") {
            let package = unit.pkg_id.rsplit('#').next().unwrap_or_default().to_owned();
            shapes.entry(package).or_default().insert(unit.features.clone());
        }
    }
    Ok(shapes)
}
