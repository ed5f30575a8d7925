//! An opened project folder: what `plumb.toml` says, and where the files beside it are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lake::{FeatureSql, LabelSpec, POSTED_EVENTS, POSTED_LEADS, PostedRelation, Source, SqlFile, SqlLimits};
use plumb_lead::{Language, MessageCatalog};
use plumb_learn::drift::Budget;

use super::config::StoreConfig;
use super::list_columns::ListColumns;
use super::message_catalog;
use super::read_config::read_config;
use super::retrain::Retrain;
use super::schedule_config::Schedule;
use super::target::{Target, span};
use super::webhook_config::WebhookConfigs;
use super::webhooks::Webhooks;
use crate::content_hash::sha256;
use crate::files::{read_text, read_within};
use crate::future;
use crate::team_rules::TeamRules;

/// The team's own rules, if they have any, in one of these files.
const RULES: [&str; 2] = ["rules.csv", "rules.xlsx"];

/// The largest file of rules: an Excel file of them has its own limits, which are lower.
const RULES_BYTES_MAX: u64 = 64 << 20;

/// An opened project folder.
#[derive(Debug)]
pub(crate) struct Project {
    folder: PathBuf,
    /// The time that counts as now; the clock's unless it is set.
    as_of: Option<DateTime<Utc>>,
    /// The file of the team's rules, if it is named.
    rules: Option<String>,
    languages: Vec<Language>,
    sources: BTreeMap<String, Source>,
    /// In the order of `plumb.toml`.
    targets: Vec<(String, Target)>,
    /// A lead is an observation at each of these ages.
    ages: Vec<TimeDelta>,
    retrain: Retrain,
    false_alarms_a_year: f64,
    limits: SqlLimits,
    list: ListColumns,
    webhooks: WebhookConfigs,
    public_url: Option<String>,
    /// The bucket that has a copy of the data folder.
    bucket: Option<StoreConfig>,
    schedule: Option<Schedule>,
}

impl Project {
    /// Opens a folder by its `plumb.toml`.
    pub(crate) fn open(folder: &Path) -> Result<Project> {
        let config = read_config(&folder.join("plumb.toml"))?;
        let schedule = config.schedule.map(|schedule| schedule.schedule(folder)).transpose()?;
        Ok(Project {
            folder: folder.to_owned(),
            as_of: config.as_of,
            rules: config.rules,
            languages: config.languages,
            sources: config.source.into_iter().map(|(name, source)| (name, source.into())).collect(),
            targets: config.target.0.into_iter().map(|(name, target)| (name, target.into())).collect(),
            ages: config.score.at.iter().map(|age| age.0).collect(),
            retrain: (&config.retrain).into(),
            false_alarms_a_year: config.monitor.false_alarms_a_year,
            limits: config.limits.into(),
            list: config.list,
            webhooks: config.webhook,
            public_url: config.public_url,
            bucket: config.store,
            schedule,
        })
    }

    /// Returns the same project, in which another time counts as now.
    pub(crate) fn with_now(mut self, now: DateTime<Utc>) -> Project {
        self.as_of = Some(now);
        self
    }

    /// Returns whether a folder is a project.
    pub(crate) fn is_at(folder: &Path) -> bool {
        folder.join("plumb.toml").is_file()
    }

    /// Returns the folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the time that counts as now: the given one, else the configured one, else the clock's.
    pub(crate) fn now(&self, given: Option<DateTime<Utc>>) -> DateTime<Utc> {
        given.or(self.as_of).unwrap_or_else(Utc::now)
    }

    /// Returns the time that a command works at: [`Project::now`], of which a given one may not be still to come.
    pub(crate) fn as_of(&self, given: Option<DateTime<Utc>>) -> Result<DateTime<Utc>> {
        self.as_of_until(given, self.now(None))
    }

    /// Returns the time that a command looks at that keeps nothing: as [`Project::as_of`], but a given one may be later than
    /// the configured one, as long as the clock has come to it.
    pub(crate) fn as_of_by_clock(&self, given: Option<DateTime<Utc>>) -> Result<DateTime<Utc>> {
        self.as_of_until(given, self.now(None).max(Utc::now()))
    }

    fn as_of_until(&self, given: Option<DateTime<Utc>>, latest: DateTime<Utc>) -> Result<DateTime<Utc>> {
        match given.and_then(|given| future::problem(given, latest)) {
            Some(problem) => bail!("--as-of {problem}"),
            None => Ok(self.now(given)),
        }
    }

    /// Returns the time that `plumb.toml` sets for now.
    pub(crate) fn fixed_now(&self) -> Option<DateTime<Utc>> {
        self.as_of
    }

    /// Returns when which job is due; `None` if nothing runs by itself.
    pub(crate) fn schedule(&self) -> Option<&Schedule> {
        self.schedule.as_ref()
    }

    /// Returns the sources, by name.
    pub(crate) fn sources(&self) -> &BTreeMap<String, Source> {
        &self.sources
    }

    /// Returns the names of the targets, in the order of `plumb.toml`.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.targets.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Returns the names of the targets to work on: those given, or all.
    pub(crate) fn targets_meant(&self, named: &[String]) -> Result<Vec<String>> {
        ensure!(!self.targets.is_empty(), "`plumb.toml` has no target: expected a table `[target.NAME]`");
        if named.is_empty() {
            return Ok(self.targets());
        }
        named.iter().map(|name| self.target(name).map(|_| name.clone())).collect()
    }

    /// Returns a target.
    pub(crate) fn target(&self, name: &str) -> Result<Target> {
        let found = self.targets.iter().find(|(known, _)| known == name);
        found.map(|(_, target)| target.clone()).with_context(|| {
            format!("there is no target `{name}` in plumb.toml: expected one of `{}`", self.targets().join("`, `"))
        })
    }

    /// Returns the settings of a target as text, by their keys in `plumb.toml`, with the ages at which leads are scored.
    pub(crate) fn target_settings(&self, name: &str) -> Result<BTreeMap<String, String>> {
        let mut settings = self.target(name)?.settings();
        let ages: Vec<String> = self.ages.iter().map(|age| span(*age)).collect();
        settings.insert("score.at".to_owned(), ages.join(", "));
        Ok(settings)
    }

    /// Returns how the leads of a target are labelled.
    pub(crate) fn label_spec(&self, target: &str) -> Result<LabelSpec> {
        let horizon = self.target(target)?.horizon;
        Ok(LabelSpec { target: target.to_owned(), horizon, ages: self.ages.clone() })
    }

    /// Returns how the project is retrained.
    pub(crate) fn retrain(&self) -> &Retrain {
        &self.retrain
    }

    /// Returns the false alarms that monitoring may raise in a year, which all targets share.
    pub(crate) fn error_budget(&self) -> Budget {
        Budget { false_alarms_a_year: self.false_alarms_a_year, targets: self.targets.len() }
    }

    /// Returns the bucket that has a copy of the data folder.
    pub(crate) fn bucket(&self) -> Option<&StoreConfig> {
        self.bucket.as_ref()
    }

    /// Returns what each of `sources/*.sql` may take.
    pub(crate) fn limits(&self) -> &SqlLimits {
        &self.limits
    }

    /// Returns what the list of leads shows of each.
    pub(crate) fn list(&self) -> &ListColumns {
        &self.list
    }

    /// Returns the webhooks that are configured, with their secrets.
    pub(crate) fn webhooks(&self) -> Result<Webhooks> {
        Webhooks::read(&self.webhooks, self.public_url.as_deref(), |name| std::env::var(name).ok())
            .with_context(|| format!("`{}` is wrong", self.folder.join("plumb.toml").display()))
    }

    /// Returns the relations that SQL of the project itself gives posted rows to.
    pub(crate) fn own_posted_sql(&self) -> Result<BTreeSet<PostedRelation>> {
        let files = self.source_sql()?;
        let reads = |source: &str| files.iter().any(|file| file.sql.contains(source));
        let relations = [(POSTED_LEADS, PostedRelation::Lead), (POSTED_EVENTS, PostedRelation::Event)];
        Ok(relations.into_iter().filter(|(source, _)| reads(source)).map(|(_, relation)| relation).collect())
    }

    /// Returns `sources/*.sql`.
    pub(crate) fn source_sql(&self) -> Result<Vec<SqlFile>> {
        self.sql_files("sources")
    }

    /// Returns `features/*.sql` with the horizons of the targets.
    pub(crate) fn feature_sql(&self) -> Result<FeatureSql> {
        let seconds = |name: &String| Ok((name.clone(), self.target(name)?.horizon.num_seconds().unsigned_abs()));
        let horizons = self.targets().iter().map(seconds).collect::<Result<_>>()?;
        Ok(FeatureSql { files: self.sql_files("features")?, horizons })
    }

    /// Returns the messages of each feature: `features/*.toml`.
    pub(crate) fn message_catalog(&self) -> Result<MessageCatalog> {
        message_catalog::read(&self.files("features", "toml")?, &self.languages)
    }

    /// Returns the team's rules; `None` if there is no file of them.
    pub(crate) fn rules(&self) -> Result<Option<TeamRules>> {
        let file = self.rules_file()?;
        file.map(|file| TeamRules::read(&self.folder.join(&file), &file)).transpose()
    }

    /// Returns the file of the team's rules, relative to the project; `None` if there is none.
    pub(crate) fn rules_file(&self) -> Result<Option<String>> {
        let named = self.rules.as_ref().map(|file| vec![file.as_str()]);
        let is_named = named.is_some();
        let files = named.unwrap_or_else(|| RULES.to_vec());
        let there: Vec<&str> = files.into_iter().filter(|file| is_named || self.folder.join(file).is_file()).collect();
        match there.as_slice() {
            [] => Ok(None),
            [file] => Ok(Some((*file).to_owned())),
            both => bail!(
                "there are `{}`: name the one that counts in plumb.toml, as `rules = \"…\"`",
                both.join("` and `")
            ),
        }
    }

    /// Returns the SHA-256 of the file of the team's rules; `None` if there is none.
    pub(crate) fn rules_hash(&self) -> Result<Option<String>> {
        let hash = |file: String| {
            read_within(&self.folder.join(file), RULES_BYTES_MAX, "a table of rules").map(|bytes| sha256(&bytes))
        };
        self.rules_file()?.map(hash).transpose()
    }

    fn sql_files(&self, folder: &str) -> Result<Vec<SqlFile>> {
        let paths = self.files(folder, "sql")?;
        ensure!(
            !paths.is_empty(),
            "there is no `{}`: expected SQL files",
            self.folder.join(folder).join("*.sql").display()
        );
        let file = |path: PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Ok(SqlFile { name: format!("{folder}/{name}"), sql: read_text(&path, "a file of SQL")? })
        };
        paths.into_iter().map(file).collect()
    }

    /// Returns the files of a folder with an ending, in the order of their names.
    fn files(&self, folder: &str, ending: &str) -> Result<Vec<PathBuf>> {
        let folder = self.folder.join(folder);
        let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.with_context(|| format!("cannot list `{}`", folder.display()))?.path();
            if path.extension().is_some_and(|extension| extension == ending) {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }
}
