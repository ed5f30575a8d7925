//! Virtual environments of Python, made once.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::finish;

/// What is installed from PyPI.
pub struct Packages<'a> {
    /// The oldest Python that has them, such as 12 for 3.12.
    pub python_minor: u32,
    /// Lines for `pip install -r`.
    pub requirements: &'a str,
    /// Packages of which only a part is used: they are installed after the others, built with these, and without what
    /// the rest of them would ask for.
    pub alone: &'a str,
}

/// Makes a virtual environment in a folder, once, and returns its Python.
pub fn python(folder: &Path, packages: &Packages) -> Result<PathBuf> {
    let Packages { python_minor, requirements, alone } = packages;
    let python = folder.join("bin/python");
    once(folder, &format!("{requirements}{alone}"), || {
        let fitting = fitting_python(*python_minor)?;
        eprintln!("installing from PyPI into {}, once", folder.display());
        finish(Command::new(fitting).args(["-m", "venv"]).arg(folder), "make a virtual environment of Python")?;
        for (name, lines, more) in
            [("requirements.txt", requirements, &[][..]), ("alone.txt", alone, &["--no-deps", "--no-build-isolation"])]
        {
            let list = folder.join(name);
            fs::write(&list, lines).with_context(|| format!("cannot write `{}`", list.display()))?;
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
            finish(Command::new(&python).args(pip).args(more).arg("-r").arg(&list), "install from PyPI")?;
        }
        Ok(())
    })?;
    Ok(python)
}

/// Fills a folder, unless a file in it says that this was done with the same wish.
pub fn once(folder: &Path, wish: &str, fill: impl FnOnce() -> Result<()>) -> Result<()> {
    let mark = folder.join("installed");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wish) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove `{}`", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    fill()?;
    fs::write(&mark, wish).with_context(|| format!("cannot write `{}`", mark.display()))
}

/// Returns the Python of the PATH if it is new enough, or else another that is installed.
fn fitting_python(minor: u32) -> Result<PathBuf> {
    // pyenv keeps every version in a folder of its own, off the PATH.
    let pyenv = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let pyenv = pyenv.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv")));
    let versions = pyenv.and_then(|pyenv| fs::read_dir(pyenv.join("versions")).ok()).into_iter().flatten().flatten();
    let mut off_path: Vec<PathBuf> = versions.map(|version| version.path().join("bin/python3")).collect();
    off_path.sort();
    let named = (minor..minor + 5).map(|minor| PathBuf::from(format!("python3.{minor}")));
    let mut candidates = std::iter::once(PathBuf::from("python3")).chain(named).chain(off_path);
    candidates.find(|python| version_of(python.as_os_str()).is_some_and(|found| found >= minor)).with_context(|| {
        format!("there is no Python of 3.{minor} or newer: install one, as `python3.{minor}` on the PATH")
    })
}

/// Returns the second number of a Python's version, if it runs.
fn version_of(python: &OsStr) -> Option<u32> {
    let output = Command::new(python).args(["-c", "import sys; print(sys.version_info.minor)"]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_filled_once_for_a_wish_and_anew_for_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("environment");
        let fill = |wish: &str| {
            let mut filled = false;
            once(&place, wish, || {
                filled = true;
                Ok(fs::write(place.join(wish), "")?)
            })
            .expect("it is filled");
            filled
        };
        assert!(fill("a"));
        assert!(!fill("a"));
        assert!(fill("b"));
        assert!(!place.join("a").exists(), "what an older wish installed has gone");
    }

    #[test]
    fn what_failed_half_way_is_done_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("environment");
        once(&place, "a", || anyhow::bail!("no network")).expect_err("it fails");
        let mut filled = false;
        once(&place, "a", || {
            filled = true;
            Ok(())
        })
        .expect("it is filled");
        assert!(filled);
    }

    #[test]
    fn a_python_of_the_far_future_is_asked_for_by_name() {
        let error = fitting_python(999).expect_err("there is none").to_string();
        assert!(error.contains("3.999") && error.contains("install"), "{error}");
    }
}
