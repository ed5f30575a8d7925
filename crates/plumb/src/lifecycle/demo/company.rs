//! The demo company of a folder: built, or found where an earlier run has built it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use plumb_demo::{Company, Params};
use serde::{Deserialize, Serialize};

use crate::project::Project;

/// The file in the company's folder that says what it was made from.
const STAMP_FILE: &str = "company.json";

/// What a demo company is made from.
#[derive(Clone, Debug)]
pub(crate) struct DemoSpec {
    /// The folder of the company, its project and its data.
    pub(crate) folder: PathBuf,
    /// Number of people who become leads.
    pub(crate) leads: usize,
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// The address of the PostgreSQL server for the internal database; `None` for a SQLite file.
    pub(crate) internal_postgres: Option<String>,
}

/// The demo company of a folder.
#[derive(Debug, Serialize)]
pub(crate) struct DemoCompany {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// Number of people who became leads.
    pub(crate) leads: usize,
    /// What was written; `None` if an earlier run has built the company.
    pub(crate) built: Option<Company>,
}

/// What makes one company differ from another, as stored beside it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct CompanyStamp {
    leads: usize,
    seed: u64,
}

/// Builds the company of a folder, unless it is there. Progress is reported as the current step, how many steps are done,
/// and of how many.
pub(crate) async fn find_or_build(spec: &DemoSpec, progress: &(dyn Fn(&str, u64, u64) + Sync)) -> Result<DemoCompany> {
    let DemoSpec { folder, leads, seed, internal_postgres } = spec.clone();
    let (path, stamp) = (folder.join(STAMP_FILE), CompanyStamp { leads, seed });
    let built = if Project::is_at(&folder) {
        check_stamp(&folder, &path, &stamp)?;
        None
    } else {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        std::fs::write(&path, serde_json::to_vec_pretty(&stamp)?)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        Some(plumb_demo::build(&folder, &Params { seed, leads, internal_postgres }, progress).await?)
    };
    Ok(DemoCompany { folder, seed, leads, built })
}

/// Refuses a folder that holds another company, or another project.
fn check_stamp(folder: &Path, path: &Path, stamp: &CompanyStamp) -> Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!("`{}` is a project, and no demo company: name another folder by --folder", folder.display())
    })?;
    let found: CompanyStamp = serde_json::from_str(&text).with_context(|| format!("`{}` is wrong", path.display()))?;
    if found != *stamp {
        bail!(
            "`{}` holds a company of {} leads from seed {}: ask for the same, or name another folder by --folder",
            folder.display(),
            found.leads,
            found.seed
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_company_is_found_again_and_another_one_is_refused() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let spec = |leads| DemoSpec { folder: home.path().join("company"), leads, seed: 7, internal_postgres: None };
        let silent = |_: &str, _: u64, _: u64| {};
        let built = find_or_build(&spec(100), &silent).await.expect("it is built");
        assert_eq!(built.built.map(|company| company.leads), Some(100));
        let found = find_or_build(&spec(100), &silent).await.expect("it is found");
        assert_eq!((found.leads, found.built), (100, None));
        let error = find_or_build(&spec(200), &silent).await.expect_err("it is another");
        assert!(error.to_string().contains("holds a company of 100 leads from seed 7"), "{error}");
        std::fs::remove_file(home.path().join("company/company.json")).expect("it is there");
        let error = find_or_build(&spec(100), &silent).await.expect_err("it may be a project of someone's");
        assert!(error.to_string().contains("is a project, and no demo company"), "{error}");
    }
}
