//! Where a profile is written: the page, and the JSON document beside it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use plumb_lake::{create_folder, write_atomically};

use crate::lifecycle::workspace::ProjectPaths;
use crate::project::Project;

/// The folder of profiles in a data folder.
const FOLDER: &str = "profiles";

/// The folder of profiles where there is no project.
const FOLDER_WITHOUT_PROJECT: &str = "plumb-profile";

/// The longest name of a profile.
const NAME_LENGTH_MAX: usize = 80;

/// A folder of profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProfileFolder(pub(crate) PathBuf);

/// The two files of a profile.
pub(super) struct ProfileFiles {
    pub(super) page: PathBuf,
    pub(super) json: PathBuf,
}

impl ProfileFolder {
    /// Returns the folder of a data folder.
    pub(crate) fn of_data(data: &Path) -> ProfileFolder {
        ProfileFolder(data.join(FOLDER))
    }

    /// Returns the folder in which a command writes: the data folder's if it runs in a project.
    pub(crate) fn of_paths(paths: &ProjectPaths) -> ProfileFolder {
        match Project::is_at(&paths.project) {
            true => ProfileFolder::of_data(&paths.data),
            false => ProfileFolder(PathBuf::from(FOLDER_WITHOUT_PROJECT)),
        }
    }
}

impl ProfileFiles {
    /// Returns the files of a profile of this name in a folder, or those that `out` names.
    pub(super) fn new(folder: &ProfileFolder, name: &str, out: Option<&Path>) -> Result<ProfileFiles> {
        let page = match out {
            Some(out) => {
                let is_page = out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("html"));
                ensure!(is_page, "--out is `{}`: expected the name of a page, which ends in `.html`", out.display());
                out.to_owned()
            }
            None => folder.0.join(format!("{}.html", plain(name))),
        };
        Ok(ProfileFiles { json: page.with_extension("json"), page })
    }

    /// Writes both files, each whole or not at all.
    pub(super) fn write(&self, page: &str, json: &str) -> Result<()> {
        if let Some(folder) = self.page.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            create_folder(folder).with_context(|| format!("cannot create the folder `{}`", folder.display()))?;
        }
        for (path, text) in [(&self.json, json), (&self.page, page)] {
            write_atomically(path, text.as_bytes()).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        Ok(())
    }
}

/// Returns whether a text is the name of a profile, and so no path that leads elsewhere.
pub(crate) fn is_profile_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=NAME_LENGTH_MAX).contains(&name.len()) && name.bytes().all(fits)
}

/// Returns a name with nothing but letters, digits, `-` and `_`.
fn plain(name: &str) -> String {
    let fits = |sign: char| if sign.is_ascii_alphanumeric() || sign == '_' { sign } else { '-' };
    let plain: String = name.chars().map(fits).take(NAME_LENGTH_MAX).collect();
    if is_profile_name(&plain) { plain } else { "table".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_names_of_files_and_nothing_else() {
        for (name, expected) in [("leads", "leads"), ("Leads Q3 (ü)", "Leads-Q3----"), ("../x", "---x"), ("", "table")]
        {
            assert_eq!(plain(name), expected);
            assert!(is_profile_name(&plain(name)));
        }
        for name in ["", "..", "a/b", "a.html", "ü", "%2e"] {
            assert!(!is_profile_name(name), "{name}");
        }
    }

    #[test]
    fn a_page_has_its_document_beside_it() {
        let folder = ProfileFolder(PathBuf::from("plumb-profile"));
        let files = ProfileFiles::new(&folder, "leads", None).expect("a name");
        assert_eq!(files.json, Path::new("plumb-profile/leads.json"));
        let files = ProfileFiles::new(&folder, "leads", Some(Path::new("a/b.html"))).expect("a page");
        assert_eq!(files.json, Path::new("a/b.json"));
        assert!(ProfileFiles::new(&folder, "leads", Some(Path::new("b.json"))).is_err());
    }
}
