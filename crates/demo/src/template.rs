//! The demo's project folder: the files that a user would write, as they are found in the repository.

use std::path::Path;

use anyhow::{Context, Result};

/// The files besides `plumb.toml`: path in the project folder, and content.
pub const FILES: [(&str, &str); 15] = [
    ("sources/lead.sql", include_str!("../template/sources/lead.sql")),
    ("sources/lead.history.sql", include_str!("../template/sources/lead.history.sql")),
    ("sources/event.crm.sql", include_str!("../template/sources/event.crm.sql")),
    ("sources/event.marketing.sql", include_str!("../template/sources/event.marketing.sql")),
    ("sources/event.internal.sql", include_str!("../template/sources/event.internal.sql")),
    ("sources/outcome.crm.sql", include_str!("../template/sources/outcome.crm.sql")),
    ("sources/outcome.internal.sql", include_str!("../template/sources/outcome.internal.sql")),
    ("sources/identity.sql", include_str!("../template/sources/identity.sql")),
    ("features/1-behaviour.sql", include_str!("../template/features/1-behaviour.sql")),
    ("features/2-profile.sql", include_str!("../template/features/2-profile.sql")),
    ("features/3-rates.sql", include_str!("../template/features/3-rates.sql")),
    ("features/1-behaviour.toml", include_str!("../template/features/1-behaviour.toml")),
    ("features/2-profile.toml", include_str!("../template/features/2-profile.toml")),
    ("features/3-rates.toml", include_str!("../template/features/3-rates.toml")),
    ("rules.csv", include_str!("../template/rules.csv")),
];

const PLUMB_TOML: &str = include_str!("../template/plumb.toml");
const INTERNAL_SQLITE: &str = "kind = \"sqlite\"\nurl = \"internal.db\"\n";
const INTERNAL_POSTGRES: &str = "kind = \"postgres\"\nurl = \"${INTERNAL_DB_URL}\"\n";

/// Writes the project's files, `plumb.toml` last: a folder that has it is complete.
pub fn write(folder: &Path, internal_is_postgres: bool) -> Result<()> {
    for (file, content) in FILES {
        write_file(folder, file, content)?;
    }
    let config = if internal_is_postgres {
        PLUMB_TOML.replace(INTERNAL_SQLITE, INTERNAL_POSTGRES)
    } else {
        PLUMB_TOML.to_owned()
    };
    write_file(folder, "plumb.toml", &config)
}

fn write_file(folder: &Path, file: &str, content: &str) -> Result<()> {
    let path = folder.join(file);
    let writing = || format!("cannot write `{}`", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(writing)?;
    }
    std::fs::write(&path, content).with_context(writing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plumb_toml_names_the_variable_and_not_the_url_of_postgresql() {
        assert_eq!(PLUMB_TOML.matches(INTERNAL_SQLITE).count(), 1);
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(folder.path(), true).expect("the folder can be written");
        let config = std::fs::read_to_string(folder.path().join("plumb.toml")).expect("it was written");
        assert!(config.contains("${INTERNAL_DB_URL}") && !config.contains("internal.db"), "{config}");
    }
}
