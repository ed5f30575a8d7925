//! What can go wrong between the sources and the features: one enum for the crate.

use std::path::{Path, PathBuf};

use datafusion::error::DataFusionError;

/// What can go wrong between the sources and the features.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {doing} `{}`", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A source's configuration or its contents do not fit.
    #[error("source `{source_name}`: {problem}; {hint}")]
    Source {
        /// The source's name in `plumb.toml`.
        source_name: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A SQL file cannot be run.
    #[error("`{file}`: {problem}")]
    Sql {
        /// The file, where it is known with line and column: `features/lead.sql:3:5`.
        file: String,
        /// What is wrong with it and what was expected.
        problem: String,
    },
    /// A feature would be made of too much text.
    #[error("`{file}`: {problem}")]
    TooLarge {
        /// The file, with line and column.
        file: String,
        /// The feature, the limit and what to do.
        problem: String,
    },
    /// Nothing was ingested yet.
    #[error("no data in `{}`: run `plumb ingest` first", data.display())]
    NoGround {
        /// The data folder.
        data: PathBuf,
    },
    /// Another process writes the same part of a data folder.
    #[error("`{area}` in `{}` is being written by {holder}: {way_out}", data.display())]
    Locked {
        /// The data folder.
        data: PathBuf,
        /// The part of it.
        area: String,
        /// Who writes it, on which machine, since when.
        holder: String,
        /// What to do.
        way_out: String,
    },
    /// A file that never changes has other bytes than it was written with.
    #[error("`{}` is damaged: {found}, expected {expected}; {way_out}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        found: String,
        /// What was written.
        expected: String,
        /// What to do.
        way_out: &'static str,
    },
    /// The opened version of the ground was removed.
    #[error("`{}` was removed since it was opened: open the data folder again", version.display())]
    GroundGone {
        /// The version's folder.
        version: PathBuf,
    },
    /// A cluster failed.
    #[error("the cluster at `{address}`: cannot {doing}")]
    Cluster {
        /// The scheduler's address.
        address: String,
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Box<DataFusionError>,
    },
    /// A part of a cluster is another version of the program.
    #[error(
        "the cluster at `{address}`: its {part} is plumb {found}: expected {}, as this program is", env!("CARGO_PKG_VERSION")
    )]
    ClusterVersion {
        /// The scheduler's address.
        address: String,
        /// `scheduler` or `executor`.
        part: &'static str,
        /// Its version.
        found: String,
    },
    /// A cluster's result differs from what this process computes.
    #[error("the cluster's result differs from what this process computes: {what}; the result was discarded")]
    ClusterDiffers {
        /// The value that differs.
        what: String,
    },
    /// The program was built without the cargo feature `cluster`.
    #[error(
        "cannot use the cluster at `{address}`: this program was built without the cluster; build with `--features cluster`"
    )]
    NoCluster {
        /// The scheduler's address.
        address: String,
    },
    /// There is no such data set.
    #[error("no data set `{dataset_id}`: expected one of `{}`, or the beginning of just one", known.join("`, `"))]
    NoDataset {
        /// The id that was given.
        dataset_id: String,
        /// The existing data sets.
        known: Vec<String>,
    },
    /// A frozen file has other bytes than it was frozen with.
    #[error(
        "`{}` has been changed since it was frozen: its hash is `{found}`, expected `{expected}`; \
         move its folder away and freeze it again by `plumb features`", path.display()
    )]
    DatasetChanged {
        /// The file.
        path: PathBuf,
        /// Its hash.
        found: String,
        /// The hash in its manifest.
        expected: String,
    },
    /// A data set does not have the columns or rows of a data set.
    #[error("data set `{dataset_id}`: {why}; move its folder away and freeze it again by `plumb features`")]
    DatasetUnusable {
        /// The data set.
        dataset_id: String,
        /// What is wrong.
        why: String,
    },
    /// A request has a field that the ground has no column for.
    #[error("{relation} {row} of the request: unknown field `{field}`: expected one of {}", known.join(", "))]
    UnknownField {
        /// `lead` or `event`.
        relation: &'static str,
        /// Its position in the request.
        row: usize,
        /// The field.
        field: String,
        /// The existing fields.
        known: Vec<String>,
    },
    /// A request has a field of another type than the ground's column.
    #[error("{relation} {row} of the request: field `{field}` is `{found}`: expected {expected}")]
    FieldType {
        /// `lead` or `event`.
        relation: &'static str,
        /// Its position in the request.
        row: usize,
        /// The field.
        field: String,
        /// Its value, as JSON.
        found: String,
        /// A value that fits.
        expected: &'static str,
    },
    /// A file of rows does not fit the model.
    #[error("`{}`: {problem}", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what was expected.
        problem: String,
    },
    /// A file is no table that can be read.
    #[error(transparent)]
    Table(#[from] plumb_tables::Error),
    /// A file of an object store or of the web could not be fetched.
    #[error("cannot read `{url}`: {problem}")]
    Fetch {
        /// Its URL, without a signature or password.
        url: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The query engine failed unexpectedly.
    #[error("the engine could not {doing}")]
    Engine {
        /// What was being done.
        doing: &'static str,
        /// The engine's error.
        #[source]
        source: Box<DataFusionError>,
    },
}

impl Error {
    /// Returns the error of a source that takes too long.
    pub(crate) fn out_of_time(source: &str, limit: std::time::Duration) -> Error {
        Error::Source {
            source_name: source.to_owned(),
            problem: format!("it was not read to its end within {} s", limit.as_secs_f64()),
            hint: "see what keeps it, or raise `time_limit` under its name in plumb.toml".to_owned(),
        }
    }

    pub(crate) fn engine<E: Into<DataFusionError>>(doing: &'static str) -> impl FnOnce(E) -> Error {
        move |source| Error::Engine { doing, source: Box::new(source.into()) }
    }

    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { doing, path, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_the_cluster_says_how_to_get_it() {
        let error = Error::NoCluster { address: "127.0.0.1:50050".into() }.to_string();
        let expected = "cannot use the cluster at `127.0.0.1:50050`: \
                        this program was built without the cluster; build with `--features cluster`";
        assert_eq!(error, expected);
    }
}
