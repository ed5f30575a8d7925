//! Where the sources are: files, folders of files, database files, and addresses of databases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use plumb_lake::{Source, SourceKind, is_url};
use plumb_proposal::source_name;

/// The endings of files of tables, without that of a compression.
const ENDINGS: [&str; 13] =
    ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "xlsx", "xlsm", "xlsb", "xls", "ods", "tab"];

/// A source that was found.
#[derive(Debug)]
pub(crate) struct FoundSource {
    /// How it is read now.
    pub(crate) source: Source,
    /// Its address for `plumb.toml`: without secrets.
    pub(crate) url: String,
    /// What it is, for people.
    pub(crate) description: String,
    /// Its only file on this machine, if it has one.
    pub(crate) file: Option<PathBuf>,
    /// The environment variable that has its address, and the address.
    pub(crate) secret: Option<(String, String)>,
}

/// Finds the sources of locations, each with a name if it was given one. Paths are written as seen from the project's folder.
pub(crate) fn find_sources(
    folder: &Path,
    locations: &[(Option<String>, String)],
) -> Result<BTreeMap<String, FoundSource>> {
    let mut found = BTreeMap::new();
    for (name, location) in locations {
        for (proposed, source) in at_location(folder, location)? {
            let name = name.as_deref().map_or(proposed, source_name);
            let name = free(&found, &name);
            // The variable is called like the source.
            let source = if let Some((_, address)) = &source.secret {
                let variable = format!("{}_URL", name.to_uppercase());
                let secret = Some((variable.clone(), address.clone()));
                FoundSource { url: format!("${{{variable}}}"), secret, ..source }
            } else {
                source
            };
            found.insert(name, source);
        }
    }
    ensure!(
        !found.is_empty(),
        "no sources: name files, a folder of files, or a database's address after the project's folder"
    );
    Ok(found)
}

fn free(found: &BTreeMap<String, FoundSource>, name: &str) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !found.contains_key(name)).expect("numbers do not end")
}

fn at_location(folder: &Path, location: &str) -> Result<Vec<(String, FoundSource)>> {
    if location.starts_with("postgres://") || location.starts_with("postgresql://") {
        return Ok(vec![postgres(location)]);
    }
    if is_url(location) {
        let stem = location.rsplit('/').next().unwrap_or(location);
        let description = location.to_owned();
        let source = Source::new(SourceKind::Files, location);
        return Ok(vec![(
            source_name(stem_of(Path::new(stem))),
            FoundSource { source, url: location.to_owned(), description, file: None, secret: None },
        )]);
    }
    let path = Path::new(location.strip_prefix("sqlite://").unwrap_or(location));
    if location.contains('*') {
        return Ok(vec![files(folder, path, location)?]);
    }
    let metadata = std::fs::metadata(path).with_context(|| {
        format!("no source at `{location}`: expected a file, a folder of files, or an address as `postgres://…`")
    })?;
    if metadata.is_dir() { in_folder(folder, path) } else { Ok(vec![one_file(folder, path)?]) }
}

/// Returns a database; an address with a password goes into an environment variable.
fn postgres(address: &str) -> (String, FoundSource) {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let (credentials, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let database = host.split_once('/').map_or("", |(_, database)| database).split('?').next().unwrap_or_default();
    let name = source_name(if database.is_empty() { "database" } else { database });
    let has_secret = credentials.contains(':') || host.contains("password=");
    let description =
        format!("The PostgreSQL database `{database}` at {}.", host.split(['/', '?']).next().unwrap_or(host));
    let source = FoundSource {
        source: Source::new(SourceKind::Postgres, address),
        url: address.to_owned(),
        description,
        file: None,
        secret: has_secret.then(|| (String::new(), address.to_owned())),
    };
    (name, source)
}

fn one_file(folder: &Path, path: &Path) -> Result<(String, FoundSource)> {
    let url = as_seen_from(folder, path)?;
    let kind = if is_sqlite(path)? { SourceKind::Sqlite } else { SourceKind::Files };
    let description = match kind {
        SourceKind::Sqlite => format!("The SQLite database {url}."),
        _ => format!("The file {url}."),
    };
    let absolute = std::path::absolute(path).with_context(|| format!("cannot find `{}`", path.display()))?;
    let source = FoundSource {
        source: Source::new(kind, absolute.display().to_string()),
        url,
        description,
        file: (kind == SourceKind::Files).then_some(absolute),
        secret: None,
    };
    Ok((source_name(stem_of(path)), source))
}

fn files(folder: &Path, pattern: &Path, name: &str) -> Result<(String, FoundSource)> {
    let url = as_seen_from(folder, pattern)?;
    let absolute = std::path::absolute(pattern).with_context(|| format!("cannot find `{}`", pattern.display()))?;
    let source = FoundSource {
        source: Source::new(SourceKind::Files, absolute.display().to_string()),
        description: format!("The files {url}."),
        url,
        file: None,
        secret: None,
    };
    let stem = without_numbers(stem_of(Path::new(name)));
    let of_folder = pattern.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    Ok((source_name(if stem.is_empty() { &of_folder } else { &stem }), source))
}

/// Returns the sources in a folder: each file is one, but files that differ in numbers only, as those of months, are one
/// together.
fn in_folder(folder: &Path, path: &Path) -> Result<Vec<(String, FoundSource)>> {
    let cannot = || format!("cannot list `{}`", path.display());
    let mut groups: BTreeMap<(String, String), BTreeSet<PathBuf>> = BTreeMap::new();
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).with_context(cannot)? {
        entries.push(entry.with_context(cannot)?.path());
    }
    entries.sort();
    for file in entries {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || !file.is_file() {
            continue;
        }
        let (stem, ending) = name.split_once('.').unwrap_or((&name, ""));
        let first_ending = ending.split('.').next().unwrap_or_default().to_lowercase();
        if ["db", "sqlite", "sqlite3"].contains(&first_ending.as_str()) {
            found.push(one_file(folder, &file)?);
        } else if ENDINGS.contains(&first_ending.as_str()) {
            groups.entry((without_numbers(stem), ending.to_owned())).or_default().insert(file);
        }
    }
    for ((stem, ending), group) in groups {
        match group.len() {
            1 => found.push(one_file(folder, group.first().expect("it has one"))?),
            _ => {
                let pattern =
                    path.join(if stem.is_empty() { format!("*.{ending}") } else { format!("{stem}*.{ending}") });
                found.push(files(folder, &pattern, &stem)?);
            }
        }
    }
    if found.is_empty() {
        bail!("`{}` has no files of tables: expected CSV, spreadsheets, JSON, Parquet or SQLite", path.display());
    }
    Ok(found)
}

/// Returns the part of a name that files of one kind share: without numbers, and what joins them.
fn without_numbers(stem: &str) -> String {
    let end = stem.find(|letter: char| letter.is_ascii_digit()).unwrap_or(stem.len());
    stem[..end].trim_end_matches(['-', '_', ' ', '.', '(', '*']).trim_end_matches('*').to_owned()
}

fn stem_of(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split('.').next().unwrap_or(name)
}

fn is_sqlite(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(16).read_to_end(&mut head))
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(head.starts_with(b"SQLite format 3"))
}

/// Returns a path as `plumb.toml` has it: relative to the project's folder if it lies in it, else absolute.
fn as_seen_from(folder: &Path, path: &Path) -> Result<String> {
    let absolute = |path: &Path| std::path::absolute(path).with_context(|| format!("cannot find `{}`", path.display()));
    let (path, folder) = (absolute(path)?, absolute(folder)?);
    Ok(path.strip_prefix(&folder).unwrap_or(&path).display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[&str]) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for file in files {
            std::fs::create_dir_all(folder.path().join("exports")).expect("made");
            std::fs::write(folder.path().join("exports").join(file), "a\n1\n").expect("written");
        }
        let exports = folder.path().join("exports").display().to_string();
        let found = find_sources(folder.path(), &[(None, exports)]).expect("found");
        found.into_iter().map(|(name, source)| (name, source.url)).collect()
    }

    #[track_caller]
    fn check(files: &[&str], expected: &[(&str, &str)]) {
        let expected: Vec<(String, String)> =
            expected.iter().map(|(name, url)| ((*name).to_owned(), (*url).to_owned())).collect();
        assert_eq!(sources(files), expected);
    }

    #[test]
    fn each_file_of_a_folder_is_a_source_and_those_of_months_are_one() {
        check(&["leads.csv", "deals.xlsx"], &[("deals", "exports/deals.xlsx"), ("leads", "exports/leads.csv")]);
        check(&["visits-2026-01.csv", "visits-2026-02.csv"], &[("visits", "exports/visits*.csv")]);
        check(&["2026-01.jsonl", "2026-02.jsonl", "notes.md"], &[("exports", "exports/*.jsonl")]);
    }

    #[test]
    fn a_password_goes_into_an_environment_variable() {
        let found = |location: &str| {
            let mut found = find_sources(Path::new("."), &[(None, location.to_owned())]).expect("an address");
            found.pop_first().expect("one")
        };
        let (name, source) = found("postgres://ada:secret@db.example/crm");
        assert_eq!((name.as_str(), source.url.as_str()), ("crm", "${CRM_URL}"));
        assert!(!source.description.contains("secret"), "{}", source.description);
        assert_eq!(found("postgres://db.example/crm").1.url, "postgres://db.example/crm");
    }
}
