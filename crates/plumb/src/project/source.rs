//! A source as `plumb.toml` has it, as the lake takes it.

use chrono::TimeDelta;
use plumb_lake::{ApiObject, ApiSource, DatabaseSource, ProgramSource, Secret, Source, SourceKind};

use super::config::{self, ObjectConfig, SourceConfig};

impl From<SourceConfig> for Source {
    fn from(config: SourceConfig) -> Source {
        let seconds = |span: TimeDelta| span.to_std().ok();
        let api = ApiSource {
            token: config.token.map(Secret::new),
            client_id: config.client_id,
            client_secret: config.client_secret.map(Secret::new),
            refresh_token: config.refresh_token.map(Secret::new),
            objects: config.objects.into_iter().map(|(name, of_object)| (name, of_object.into())).collect(),
        };
        let database = DatabaseSource {
            look_back: config.look_back.and_then(|span| seconds(span.0)),
            columns: config.columns,
            allow_empty: config.allow_empty,
            gone: config.gone,
            ..DatabaseSource::default()
        };
        let program = ProgramSource {
            command: config.command,
            arguments: config.arguments,
            config: config.config,
            catalog: config.catalog,
            can_discover: config.discover,
            has_properties: config.properties,
            metadata: config.metadata,
            has_strict_counts: config.strict_counts,
            environment: config.environment,
            idle_timeout: config.idle_timeout.and_then(|span| seconds(span.0)).unwrap_or(plumb_lake::IDLE_TIMEOUT),
        };
        Source {
            kind: config.kind.into(),
            url: config.url,
            tables: config.tables,
            cursor: config.cursor,
            key: config.key,
            reading: config.reading,
            allow_lost: config.allow_lost,
            database,
            program,
            api,
            compare_keys: config.compare_keys,
            unset_variable: config.unset_variable,
            time_limit: config.time_limit.and_then(|span| seconds(span.0)).unwrap_or(plumb_lake::TIME_LIMIT),
        }
    }
}

impl From<ObjectConfig> for ApiObject {
    fn from(config: ObjectConfig) -> ApiObject {
        let ObjectConfig { fields, history, associations } = config;
        ApiObject { fields, history, associations }
    }
}

impl From<config::SourceKind> for SourceKind {
    fn from(kind: config::SourceKind) -> SourceKind {
        match kind {
            config::SourceKind::Files => SourceKind::Files,
            config::SourceKind::Csv => SourceKind::Csv,
            config::SourceKind::Jsonl => SourceKind::Jsonl,
            config::SourceKind::Json => SourceKind::Json,
            config::SourceKind::Sheet => SourceKind::Sheet,
            config::SourceKind::Parquet => SourceKind::Parquet,
            config::SourceKind::Sqlite => SourceKind::Sqlite,
            config::SourceKind::Postgres => SourceKind::Postgres,
            config::SourceKind::Mysql => SourceKind::Mysql,
            config::SourceKind::Singer => SourceKind::Singer,
            config::SourceKind::Airbyte => SourceKind::Airbyte,
            config::SourceKind::Hubspot => SourceKind::Hubspot,
            config::SourceKind::Salesforce => SourceKind::Salesforce,
        }
    }
}
