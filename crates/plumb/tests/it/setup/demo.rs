//! The demo company in a temporary folder.

use std::path::Path;

use tempfile::TempDir;

use super::program::{failure, run, success};
use super::server::Server;

/// A project folder with the demo company's systems.
pub(crate) struct Company {
    folder: TempDir,
}

impl Company {
    /// Makes a company of so many leads, of which nothing is ingested yet.
    pub(crate) fn of(leads: usize) -> Company {
        let company = Company { folder: TempDir::new().expect("a temporary folder") };
        company.plumb(&["demo", "--company-only", "--leads", &leads.to_string(), "--folder", "."]);
        company
    }

    /// Makes a company from a copy of a project folder.
    pub(crate) fn copy_of(folder: &Path) -> Company {
        let company = Company { folder: TempDir::new().expect("a temporary folder") };
        super::folder::copy(folder, company.path());
        company
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `plumb` in the project folder, and returns what it printed; it has to succeed.
    #[track_caller]
    pub(crate) fn plumb(&self, arguments: &[&str]) -> String {
        success(run(self.path(), arguments))
    }

    /// Runs `plumb` in the project folder, and returns its error; it has to fail.
    #[track_caller]
    pub(crate) fn plumb_fails(&self, arguments: &[&str]) -> String {
        failure(run(self.path(), arguments))
    }

    /// Starts a server in the project folder.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self.path(), &[], &[])
    }
}
