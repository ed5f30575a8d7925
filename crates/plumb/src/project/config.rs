//! The keys of `plumb.toml`. The comments here are their documentation: the tables in `docs/configuration.md` and the
//! JSON Schema for editors, `docs/plumb.schema.json`, are made of them (`reference`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plumb_lake::SqlLimits;
use plumb_lead::Language;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::list_columns::ListColumns;
use super::schedule_config::ScheduleConfig;
use super::span::Span;
use super::webhook_config::WebhookConfigs;
use super::window::Window;

/// The configuration of a Plumbline project.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The time that commands take for now; the clock's if it is not set. For data that ends in the past, as the demo
    /// company's does.
    pub(super) as_of: Option<DateTime<Utc>>,
    /// The file of the team's own scoring rules, a `.csv` or `.xlsx` file. `rules.csv` or `rules.xlsx` is found without.
    pub(super) rules: Option<String>,
    /// The languages of the sentences in `features/*.toml`, the default first.
    #[serde(default)]
    #[schemars(with = "Vec<LanguageTag>")]
    pub(super) languages: Vec<Language>,
    /// The systems that data comes from, by the names that `sources/*.sql` calls them.
    #[serde(default)]
    pub(super) source: BTreeMap<String, SourceConfig>,
    /// What is predicted of each lead: a model is trained for each target.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, TargetConfig>")]
    pub(super) target: Targets,
    /// When leads are scored.
    #[serde(default)]
    pub(super) score: ScoreConfig,
    /// When `plumb retrain` trains, what challenges the champion, and who promotes it.
    #[serde(default)]
    pub(super) retrain: RetrainConfig,
    /// When monitoring raises an alert.
    #[serde(default)]
    pub(super) monitor: MonitorConfig,
    /// What each of `sources/*.sql` may take: one that takes more ends with an error instead of the machine.
    #[serde(default)]
    pub(super) limits: LimitsConfig,
    /// What the list of leads shows of each beside its score.
    #[serde(default)]
    pub(super) list: ListColumns,
    /// Where callers outside reach `plumb serve`, as `https://leads.example.com`: HubSpot signs the address that it calls.
    pub(super) public_url: Option<String>,
    /// The programs that post events to `/v1/webhooks/NAME`.
    #[serde(default)]
    pub(super) webhook: WebhookConfigs,
    /// The bucket that has a copy of the data folder.
    pub(super) store: Option<StoreConfig>,
    /// When which job runs by itself.
    pub(super) schedule: Option<ScheduleConfig>,
}

/// The bucket that has a copy of the data folder: `plumb push` writes it, `plumb pull` reads it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreConfig {
    /// The bucket, with a prefix that belongs to this data folder alone: `s3://bucket/prefix`, or one with `gs://` or
    /// `az://`. Credentials come from the environment, by the names that the store's own programs read.
    pub(crate) url: String,
    /// Whether `plumb ingest`, `train`, `retrain`, `promote` and `rollback` push when they are done. A push that fails is
    /// said on standard error and does not make them fail.
    #[serde(default)]
    pub(crate) push: bool,
}

/// A system that data comes from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceConfig {
    /// How it is read.
    pub(super) kind: SourceKind,
    /// A file, a pattern of files such as `marketing/*.jsonl`, or the address of a database. `${NAME}` in it is the
    /// value of an environment variable: secrets belong there.
    #[serde(default)]
    pub(super) url: String,
    /// Of a connector that is a program, the program and its arguments, run in the project's folder: `["tap-pipedrive"]`. No
    /// shell reads them, and messages show them.
    #[serde(default)]
    pub(super) command: Vec<String>,
    /// Its last arguments, behind those of the protocol.
    #[serde(default)]
    pub(super) arguments: Vec<String>,
    /// Its configuration, which it finds in a file of its own. `${NAME}` in any text of it is the value of an environment
    /// variable: secrets belong there.
    #[serde(default)]
    pub(super) config: serde_json::Value,
    /// The file with its catalog, in the project. Without one it is asked for its streams, and `tables` chooses among them.
    pub(super) catalog: Option<String>,
    /// Whether a tap without a `catalog` is asked for one; old ones cannot be.
    #[serde(default = "yes")]
    pub(super) discover: bool,
    /// Whether a tap takes its catalog behind `--properties`, as old ones do.
    #[serde(default)]
    pub(super) properties: bool,
    /// What is written into a tap's catalog for a stream, such as `replication-method`; `*` is all streams.
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
    /// Whether a position of an Airbyte source is refused that counts more rows than have arrived.
    #[serde(default = "yes")]
    pub(super) strict_counts: bool,
    /// Variables of its environment; `${NAME}` is the value of one of ours. No other variable of ours reaches it but those that
    /// say where things are, such as `PATH`.
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
    /// Of HubSpot and Salesforce, an access token, usually `${A_VARIABLE}`.
    pub(super) token: Option<String>,
    /// Instead of a token, the id of an OAuth app.
    pub(super) client_id: Option<String>,
    /// The secret of the app, usually `${A_VARIABLE}`.
    pub(super) client_secret: Option<String>,
    /// What a user's permission gave the app, usually `${A_VARIABLE}`.
    pub(super) refresh_token: Option<String>,
    /// The objects of the CRM that are read, by their names in its API; contacts of HubSpot and leads of Salesforce unless they
    /// are named.
    #[serde(default)]
    pub(super) objects: BTreeMap<String, ObjectConfig>,
    /// The tables with a cursor of which every `plumb ingest` compares all keys, so that rows are found that are gone for good. Of
    /// HubSpot and Salesforce, any name has all objects read whole each time.
    #[serde(default)]
    pub(super) compare_keys: Vec<String>,
    /// How long it may say nothing; ten minutes unless it is set.
    pub(super) idle_timeout: Option<Span>,
    /// The tables to read; empty means all.
    #[serde(default)]
    pub(super) tables: Vec<String>,
    /// For tables of a database, the column that grows when a row is added or changed: a later `plumb ingest` asks only
    /// for rows from its last value on. A table without one is read whole each time, and known rows are passed over.
    #[serde(default)]
    pub(super) cursor: BTreeMap<String, String>,
    /// How far behind a cursor's last value rows are read again, if the cursor is a moment; an hour unless it is set. Known rows are
    /// passed over.
    pub(super) look_back: Option<Span>,
    /// For tables of a database, the columns that are read, beside those of the key and the cursor; all unless they are named.
    #[serde(default)]
    pub(super) columns: BTreeMap<String, BTreeSet<String>>,
    /// Tables of a database that may come back without a row although they had some: all of their rows are deleted then.
    #[serde(default)]
    pub(super) allow_empty: BTreeSet<String>,
    /// Tables of a database, and columns as `table.column`, that were read once and may be gone.
    #[serde(default)]
    pub(super) gone: BTreeSet<String>,
    /// For tables, the columns that identify a row: of several versions of one, only the newest is seen. Of a database's
    /// table it is the primary key unless it is set; the table of a file is called `records`.
    #[serde(default)]
    pub(super) key: BTreeMap<String, Vec<String>>,
    /// A file in the project that says how files are read, such as `reading/crm.toml`: its part `[file]`, with encoding,
    /// separator and header. What does not fit it is an error or a rejected row. Without one all of it is found out. Cells stay
    /// as they are; SQL functions with a form read them, and what its columns say is for files that are read alone.
    pub(super) reading: Option<String>,
    /// How many percent of a file's rows may be set aside because they cannot be read; a file that would lose more is not
    /// read, and the ingestion stops.
    #[serde(default = "allow_lost")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub(super) allow_lost: f64,
    /// How long one `plumb ingest` may read it; an hour unless it is set. A source that takes longer is left as it was, and the
    /// others are read.
    pub(super) time_limit: Option<Span>,
    /// A variable that it names and that is not set, so that it cannot be read.
    #[serde(skip)]
    pub(super) unset_variable: Option<String>,
}

fn yes() -> bool {
    true
}

fn allow_lost() -> f64 {
    plumb_lake::ALLOW_LOST_PERCENT
}

/// How a source is read.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceKind {
    /// Files of any format, each found out from its content: the formats below, compressed or not.
    Files,
    /// Separated cells with a header: CSV, in any national form.
    Csv,
    /// Files with a JSON object a line.
    Jsonl,
    /// JSON documents: an array of objects, or an object with one in it.
    Json,
    /// Sheets of workbooks: XLSX, XLS or ODS.
    Sheet,
    /// Parquet files.
    Parquet,
    /// A SQLite database file.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
    /// A MySQL or MariaDB database.
    Mysql,
    /// A Singer tap: a program that `command` names.
    Singer,
    /// An Airbyte source: a program that `command` names.
    Airbyte,
    /// HubSpot, by its API.
    Hubspot,
    /// Salesforce, by its API; `url` is the company's own, `https://COMPANY.my.salesforce.com`.
    Salesforce,
}

/// What is read of an object of a CRM.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectConfig {
    /// The fields that become columns; all that the system shows, unless they are named.
    pub(super) fields: Option<Vec<String>>,
    /// The fields whose history is read. Of Salesforce, naming any has all read that it tracks.
    #[serde(default)]
    pub(super) history: Vec<String>,
    /// Of HubSpot, the objects whose associations with this one are read.
    #[serde(default)]
    pub(super) associations: Vec<String>,
}

/// What is predicted, and what mistakes cost.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetConfig {
    /// A lead is positive if the outcome comes within this time.
    pub(super) horizon: Span,
    /// What the two mistakes cost, in one currency.
    pub(super) cost: Option<CostConfig>,
    /// What the threshold, from which on a lead is worth a call, is chosen for.
    #[serde(default)]
    pub(super) optimise: OptimiseConfig,
    /// How many leads the team can call in a week.
    pub(super) capacity: Option<f64>,
    /// The feature that says what a lead is worth if its outcome is positive.
    pub(super) value: Option<String>,
    /// Features, categories or flags: the model card has fairness metrics for each of their groups.
    #[serde(default)]
    pub(super) facets: Vec<String>,
    /// The metric by which a model's settings and its number of trees are chosen.
    #[serde(default)]
    pub(super) stop_on: StopOnConfig,
    /// The beta of F-beta: under 1 a wasted call counts for more than a missed lead.
    #[serde(default = "half")]
    pub(super) beta: f64,
    /// Features whose values are known before the outcome, however much they look like a leak: models see them, and they
    /// are suspected no more.
    #[serde(default)]
    pub(super) known_before: Vec<String>,
    /// Features that models of this target do not see, such as those that are filled in once the outcome is known.
    #[serde(default)]
    pub(super) leave_out: Vec<String>,
}

/// What the two mistakes cost, in one currency.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CostConfig {
    /// The cost of a call that leads nowhere.
    pub(super) false_positive: f64,
    /// The cost of a good lead that is not called.
    pub(super) false_negative: f64,
}

/// What the threshold is chosen for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OptimiseConfig {
    /// The largest F-beta on held-out rows.
    #[default]
    FBeta,
    /// The smallest expected cost; needs `cost`.
    Cost,
    /// The best leads, as many as the team can call; needs `capacity`.
    Capacity,
}

/// The metric by which a model's settings are chosen.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StopOnConfig {
    /// Log loss after the best shift: it asks for honest probabilities everywhere, and chance sways it least.
    #[default]
    LogLoss,
    /// Average precision.
    AveragePrecision,
    /// F-beta at its best threshold.
    FBeta,
    /// The cost a lead at its best threshold; needs `cost`.
    Cost,
}

/// When leads are scored.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreConfig {
    /// The ages at which a lead is scored, counted from its creation: it is an observation at each of them. Without
    /// `[score]` there is one, `0h`.
    #[serde(deserialize_with = "ages")]
    pub(super) at: Vec<Span>,
}

/// When `plumb retrain` trains, what challenges the champion, and who promotes it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RetrainConfig {
    /// Who promotes a challenger.
    pub(super) promote: Promote,
    /// How many leads need an outcome that was not known at the last training; with fewer nothing is trained.
    pub(super) min_new_outcomes: usize,
    /// The least share of the champion's rows that a data set may have: one that lost more is refused, because something is
    /// missing.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(super) min_share_of_rows: f64,
    /// How far back challengers look, counted from the newest row with an outcome: `all`, or a span of time.
    pub(super) windows: Vec<Window>,
    /// Further challengers look at all history, but a row weighs half as much for each of these spans that it is older.
    pub(super) half_lives: Vec<Span>,
    /// The chance that, over all retrainings against a champion, a challenger that is no better replaces it by itself.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(super) risk: f64,
    /// How long after a promotion no challenger is promoted by itself.
    pub(super) hold: Span,
    /// How many leads a challenger scores in the shadow before it is promoted, with `promote = "after_shadow"`.
    pub(super) shadow_leads: usize,
}

/// When monitoring raises an alert.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MonitorConfig {
    /// The false alarms that the team accepts in a year, over all targets, columns, segments and weeks together. All thresholds
    /// follow from it: fewer false alarms, and a move has to be larger or last longer.
    #[schemars(range(min = 0.01, max = 100.0))]
    pub(super) false_alarms_a_year: f64,
}

impl Default for MonitorConfig {
    fn default() -> Self {
        MonitorConfig { false_alarms_a_year: 1.0 }
    }
}

/// Who promotes a challenger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Promote {
    /// A person, by `plumb promote`.
    #[default]
    ByHand,
    /// `plumb retrain` itself, if the challenger is clearly better on the same newest rows.
    IfBetter,
    /// The same, once the challenger has scored `shadow_leads` leads in the shadow and its scores there are as in training.
    AfterShadow,
}

/// What each of `sources/*.sql` may take: one that takes more ends with an error instead of the machine.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsConfig {
    /// Seconds that it may run.
    pub(super) time_s: u64,
    /// Megabytes of memory for its joins, sorts, aggregates and rows. Sorts and aggregates that need more are written
    /// aside, into the data folder's `spill`, where the engine can.
    pub(super) memory_mb: u64,
    /// Rows that it may return.
    pub(super) rows: u64,
}

/// The targets, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Targets(pub(super) Vec<(String, TargetConfig)>);

impl Default for ScoreConfig {
    fn default() -> Self {
        ScoreConfig { at: vec![Span(TimeDelta::zero())] }
    }
}

impl Default for RetrainConfig {
    fn default() -> Self {
        RetrainConfig {
            promote: Promote::ByHand,
            min_new_outcomes: 1,
            min_share_of_rows: 0.6,
            windows: vec![Window::All, Window::Recent(Span(TimeDelta::days(365)))],
            half_lives: vec![Span(TimeDelta::days(180))],
            risk: 0.05,
            hold: Span(TimeDelta::days(14)),
            shadow_leads: 200,
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let SqlLimits { time, memory_bytes, rows } = SqlLimits::default();
        LimitsConfig { time_s: time.as_secs(), memory_mb: memory_bytes >> 20, rows }
    }
}

impl From<LimitsConfig> for SqlLimits {
    fn from(config: LimitsConfig) -> SqlLimits {
        let LimitsConfig { time_s, memory_mb, rows } = config;
        SqlLimits { time: Duration::from_secs(time_s), memory_bytes: memory_mb.saturating_mul(1 << 20), rows }
    }
}

fn half() -> f64 {
    0.5
}

fn ages<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Span>, D::Error> {
    let mut ages = Vec::<Span>::deserialize(deserializer)?;
    ages.sort();
    ages.dedup();
    if ages.is_empty() { Err(serde::de::Error::custom("no age at all: expected at least `0h`")) } else { Ok(ages) }
}

impl<'de> Deserialize<'de> for Targets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Targets, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Targets;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a table of targets, as `[target.NAME]`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Targets, A::Error> {
                let mut targets = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    targets.push(entry);
                }
                Ok(Targets(targets))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// What may stand for a language.
struct LanguageTag;

impl JsonSchema for LanguageTag {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Language".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let tags = Language::ALL.map(|language| language.tag());
        json_schema!({ "type": "string", "enum": tags })
    }
}
