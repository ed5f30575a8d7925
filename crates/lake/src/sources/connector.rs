//! Sources that a connector reads: what it is told, and what becomes of its rows when it ends.

use std::path::PathBuf;

use plumb_connectors::{
    AirbyteConfig, Checkpoint, DatabaseConfig, DatabaseKind, Error as ConnectorError, Program, SingerConfig,
    SystemClock, read_airbyte, read_database, read_hubspot, read_salesforce, read_singer,
};

use super::crm;
use super::raw_sink::RawSink;
use super::source::{SourceKind, in_project};
use super::source_pull::SourcePull;
use crate::error::Error;

/// How a connector's run has ended.
pub(super) enum Ended {
    /// All was read.
    Whole,
    /// It stopped because of this; its rows until then are kept, and the next run goes on behind them.
    InPart(Error),
}

/// Copies what a connector gives. One that fails, or takes too long, has given what it has given.
pub(super) async fn pull(pull: &mut SourcePull<'_>) -> Result<Ended, Error> {
    let (name, source) = (pull.name, pull.source);
    let checkpoint = pull.state.checkpoints.get(name).cloned();
    let run = Run { checkpoint, project: pull.project.to_owned(), source: source.clone() };
    let mut sink = RawSink::new(pull);
    let result = match tokio::time::timeout(source.time_limit, run.read(&mut sink)).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(sink.error(error)),
        Err(_) => Some(Error::out_of_time(name, source.time_limit)),
    };
    match result {
        // A database is read as of one moment: a part of that is of none.
        Some(error) if !source.kind.is_resumed() => Err(error),
        result => {
            sink.finish()?;
            Ok(result.map_or(Ended::Whole, Ended::InPart))
        }
    }
}

/// One run of a connector.
struct Run {
    checkpoint: Option<Checkpoint>,
    project: PathBuf,
    source: super::Source,
}

impl Run {
    async fn read(&self, sink: &mut RawSink<'_, '_>) -> Result<(), ConnectorError> {
        let checkpoint = self.checkpoint.as_ref();
        match self.source.kind {
            SourceKind::Sqlite => read_database(&self.sqlite()?, checkpoint, sink).await,
            SourceKind::Postgres => read_database(&self.server(DatabaseKind::Postgres), checkpoint, sink).await,
            SourceKind::Mysql => read_database(&self.server(DatabaseKind::MySql), checkpoint, sink).await,
            SourceKind::Singer => read_singer(&self.singer(), checkpoint, sink).await,
            SourceKind::Airbyte => read_airbyte(&self.airbyte(), checkpoint, sink).await,
            SourceKind::Hubspot => read_hubspot(&crm::hubspot(&self.source)?, &SystemClock, checkpoint, sink).await,
            SourceKind::Salesforce => {
                read_salesforce(&crm::salesforce(&self.source)?, &SystemClock, checkpoint, sink).await
            }
            kind => Err(ConnectorError::new(format!("{kind:?} is no connector"), "report this as a bug")),
        }
    }

    fn sqlite(&self) -> Result<DatabaseConfig, ConnectorError> {
        let path = in_project(&self.project, self.source.url.trim_start_matches("sqlite://"));
        if !path.is_file() {
            let what = format!("no database file `{}`", path.display());
            return Err(ConnectorError::new(what, "check `url` in plumb.toml; it is relative to the project folder"));
        }
        Ok(DatabaseConfig { url: path.to_string_lossy().into_owned(), ..self.server(DatabaseKind::Sqlite) })
    }

    fn server(&self, kind: DatabaseKind) -> DatabaseConfig {
        let source = &self.source;
        let of_kind = DatabaseConfig::new(kind, &source.url);
        DatabaseConfig {
            tables: source.tables.clone(),
            cursor: source.cursor.clone(),
            look_back: source.database.look_back.unwrap_or(of_kind.look_back),
            key: source.key.clone(),
            columns: source.database.columns.clone(),
            asked: source.database.asked.clone(),
            compare_keys: source.compare_keys.iter().cloned().collect(),
            allow_empty: source.database.allow_empty.clone(),
            gone: source.database.gone.clone(),
            ..of_kind
        }
    }

    fn singer(&self) -> SingerConfig {
        let of_source = &self.source.program;
        SingerConfig {
            program: self.program(),
            config: of_source.config.clone(),
            catalog: self.catalog(),
            can_discover: of_source.can_discover,
            has_properties: of_source.has_properties,
            streams: self.source.tables.clone(),
            metadata: of_source.metadata.clone(),
            keys: self.source.key.clone(),
        }
    }

    fn airbyte(&self) -> AirbyteConfig {
        let cursor = |(stream, column): (&String, &String)| (stream.clone(), vec![column.clone()]);
        AirbyteConfig {
            program: self.program(),
            config: self.source.program.config.clone(),
            catalog: self.catalog(),
            streams: self.source.tables.clone(),
            keys: self.source.key.clone(),
            cursors: self.source.cursor.iter().map(cursor).collect(),
            has_strict_counts: self.source.program.has_strict_counts,
        }
    }

    fn program(&self) -> Program {
        let of_source = &self.source.program;
        Program {
            command: of_source.command.clone(),
            last_arguments: of_source.arguments.clone(),
            folder: Some(self.project.clone()),
            environment: of_source.environment.clone(),
            idle_timeout: of_source.idle_timeout,
            time_limit: self.source.time_limit,
        }
    }

    fn catalog(&self) -> Option<PathBuf> {
        self.source.program.catalog.as_ref().map(|path| in_project(&self.project, path))
    }
}
