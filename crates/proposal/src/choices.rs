//! What the user has said already.

/// What the user has said already; the rest is proposed.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// The table with a row a lead, as `crm.leads`.
    pub leads: Option<String>,
    /// The names of targets, each with the statuses that are positive; none: those that look so.
    pub targets: Vec<TargetChoice>,
    /// Statuses that are negative; none: those that look so.
    pub negative: Vec<String>,
    /// The days within which a positive outcome has to come.
    pub horizon_days: Option<i64>,
    /// The preset that all tables are read by, whatever their columns say.
    pub preset: Option<String>,
}

/// A target that the user has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetChoice {
    /// Its name.
    pub name: String,
    /// The statuses that are positive, in any case.
    pub positive: Vec<String>,
}

/// How a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Files of any format.
    Files,
    /// A SQLite database file.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
}

/// A source as `plumb.toml` names it.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// Its name.
    pub name: String,
    /// How it is read.
    pub kind: SourceKind,
    /// A file, a pattern of files or a database's address; secrets are environment variables in it.
    pub url: String,
    /// The file that says how its files are read, and its text.
    pub reading: Option<(String, String)>,
    /// What it is, for people.
    pub description: String,
}
