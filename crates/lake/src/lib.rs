#![doc = include_str!("../README.md")]

mod ingest;
mod raw;
mod parquet_file;
mod relations;
mod ground;
mod lake;
mod features;
mod select_list;
mod lint;
mod plan;
mod compile;
mod hoist;
mod infallible;
mod program;
mod joined;
mod batch;
mod chunk;
mod lead_order;
mod bits;
#[cfg(feature = "cluster")]
pub mod cluster;
#[cfg(not(feature = "cluster"))]
#[path = "cluster/absent.rs"]
pub mod cluster;
mod feature_file;
mod request;
mod rates;
mod maturity;
mod labels;
mod post_outcome;
pub mod dataset;
mod engine;
mod timestamp;
pub mod csv_table;
pub mod rows;
pub mod scores;

use std::path::PathBuf;

use datafusion::sql::sqlparser::tokenizer::Location;

pub use batch::FeatureBlock;
pub use features::{FeatureProgram, FeatureSql};
pub use ingest::{IngestReport, ingest, rebuild};
pub use labels::{LabelSpec, Labels};
pub use lake::{Lake, RecentLead};
pub use post_outcome::PostOutcomeChange;
pub use rates::CategoryWithoutRate;
pub use raw::{RejectedRow, Source, SourceKind, SourceReport};
pub use relations::{Counts, Undated};

/// A file of SQL out of a project folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct SqlFile {
    /// Its path in the project, for messages.
    pub name: String,
    /// Its text.
    pub sql: String,
}

impl SqlFile {
    pub(crate) fn wrong(&self, problem: impl std::fmt::Display) -> Error {
        Error::Sql { file: self.name.clone(), problem: problem.to_string() }
    }

    pub(crate) fn wrong_at(&self, at: Location, problem: impl std::fmt::Display) -> Error {
        Error::Sql { file: format!("{}:{}:{}", self.name, at.line, at.column), problem: problem.to_string() }
    }
}

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
    /// A source's database refused.
    #[error("source `{source_name}`: cannot {doing}")]
    Database {
        /// The source's name in `plumb.toml`.
        source_name: String,
        /// What was being done.
        doing: String,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// A SQL file cannot be run.
    #[error("`{file}`: {problem}")]
    Sql {
        /// The file, where it is known with line and column: `features/lead.sql:3:5`.
        file: String,
        /// What is wrong with it and what was expected.
        problem: String,
    },
    /// Nothing was ingested yet.
    #[error("no data in `{}`: run `plumb ingest` first", data.display())]
    NoGround {
        /// The data folder.
        data: PathBuf,
    },
    /// The version of the ground that was opened is there no more.
    #[error("`{}` was removed since it was opened, by two later ingestions: open the data folder again", version.display())]
    GroundGone {
        /// The version's folder.
        version: PathBuf,
    },
    /// A cluster could not do what it was asked to.
    #[error("the cluster at `{address}`: cannot {doing}")]
    Cluster {
        /// The scheduler's address.
        address: String,
        /// What was asked.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Box<datafusion::error::DataFusionError>,
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
    /// A cluster's result is not what this process computes.
    #[error("the cluster gave something else than this process computes: {what}; nothing was kept")]
    ClusterDiffers {
        /// Of what.
        what: String,
    },
    /// The program was built without it.
    #[error("there is no cluster in this program to ask at `{address}`: build it with the feature `cluster`")]
    NoCluster {
        /// The scheduler's address.
        address: String,
    },
    /// There is no such data set.
    #[error("no data set `{dataset_id}`: expected one of `{}`, or the beginning of just one", known.join("`, `"))]
    NoDataset {
        /// What was asked for.
        dataset_id: String,
        /// The data sets that there are.
        known: Vec<String>,
    },
    /// A frozen file has other bytes than it was frozen with.
    #[error(
        "`{}` has been changed since it was frozen: its hash is `{found}`, expected `{expected}`; \
         delete its folder and freeze it again by `plumb features`", path.display()
    )]
    DatasetChanged {
        /// The file.
        path: PathBuf,
        /// Its hash.
        found: String,
        /// The hash that its manifest says.
        expected: String,
    },
    /// A data set holds something else than what is written into one.
    #[error("data set `{dataset_id}`: {why}; delete its folder and freeze it again by `plumb features`")]
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
        /// The fields that there are.
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
        /// What would have done.
        expected: &'static str,
    },
    /// A file of rows does not fit the model that is to score it.
    #[error("`{}`: {problem}", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what was expected.
        problem: String,
    },
    /// A CSV file cannot be read.
    #[error(transparent)]
    Csv(#[from] csv_table::Error),
    /// The engine failed where it should not.
    #[error("the engine could not {doing}")]
    Engine {
        /// What was being done.
        doing: &'static str,
        /// What the engine said.
        #[source]
        source: Box<datafusion::error::DataFusionError>,
    },
}

impl Error {
    pub(crate) fn engine<E: Into<datafusion::error::DataFusionError>>(doing: &'static str) -> impl FnOnce(E) -> Error {
        move |source| Error::Engine { doing, source: Box::new(source.into()) }
    }

    pub(crate) fn file(doing: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { doing, path, source }
    }
}
