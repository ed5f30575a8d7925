//! Reads `plumb.toml`; an error names the file, the line, the key and what was expected there.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use chrono::TimeDelta;
use plumb_lake::{POSTED_EVENTS, POSTED_LEADS};
use serde_json::Value;

use super::config::{Config, OptimiseConfig, RetrainConfig, SourceConfig, SourceKind};
use super::environment::{NoValue, with_environment};
use super::window::Window;
use crate::files::read_text;

/// Reads the file, with the values of environment variables in it.
pub(super) fn read_config(path: &Path) -> Result<Config> {
    path.metadata().with_context(|| {
        format!("cannot read `{}`; run in a project folder, or name one by --project", path.display())
    })?;
    let text = read_text(path, "a `plumb.toml`")?;
    let in_file = || format!("`{}` is wrong", path.display());
    let mut config = parse(&text).with_context(in_file)?;
    check(&config).with_context(in_file)?;
    for (name, source) in &mut config.source {
        match expand(source) {
            Ok(()) => {}
            Err((_, NoValue::NotSet(variable))) => source.unset_variable = Some(variable),
            Err((key, error @ NoValue::NeverClosed)) => {
                return Err(error).with_context(|| format!("key `source.{name}.{key}`")).with_context(in_file);
            }
        }
    }
    Ok(config)
}

/// Puts the values of environment variables into a source; an error names the key that has none.
fn expand(source: &mut SourceConfig) -> Result<(), (&'static str, NoValue)> {
    let expanded = |text: &str, key: &'static str| {
        with_environment(text, |variable| std::env::var(variable).ok()).map_err(|error| (key, error))
    };
    source.url = expanded(&source.url, "url")?;
    for value in source.environment.values_mut() {
        *value = expanded(value, "environment")?;
    }
    let credentials = [&mut source.token, &mut source.client_id, &mut source.client_secret, &mut source.refresh_token];
    for credential in credentials.into_iter().flatten() {
        *credential = expanded(credential, "token, client_id, client_secret or refresh_token")?;
    }
    expand_json(&mut source.config, &|text| expanded(text, "config"))
}

/// Replaces all texts within a value.
fn expand_json<E>(value: &mut Value, expanded: &dyn Fn(&str) -> Result<String, E>) -> Result<(), E> {
    match value {
        Value::String(text) => *text = expanded(text)?,
        Value::Array(values) => values.iter_mut().try_for_each(|value| expand_json(value, expanded))?,
        Value::Object(fields) => fields.values_mut().try_for_each(|value| expand_json(value, expanded))?,
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

fn parse(text: &str) -> Result<Config> {
    let line_of = |error: &toml::de::Error| {
        let at = error.span().map(|span| span.start)?;
        Some(text.get(..at)?.matches('\n').count() + 1)
    };
    let explained = |error: &toml::de::Error, key: Option<&str>| {
        let line = line_of(error).map(|line| format!("line {line}, ")).unwrap_or_default();
        let key = key.map(|key| format!("key `{key}`: ")).unwrap_or_default();
        anyhow!("{line}{key}{}", error.message())
    };
    let deserializer = toml::Deserializer::parse(text).map_err(|error| explained(&error, None))?;
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let key = error.path().to_string();
        explained(error.inner(), (key != ".").then_some(key.as_str()))
    })
}

/// Checks what the types cannot.
fn check(config: &Config) -> Result<()> {
    let languages: BTreeSet<_> = config.languages.iter().collect();
    ensure!(
        languages.len() == config.languages.len(),
        "key `languages` names one twice: expected each once, the default first"
    );
    let limits =
        [("time_s", config.limits.time_s), ("memory_mb", config.limits.memory_mb), ("rows", config.limits.rows)];
    for (name, limit) in limits {
        ensure!(limit > 0, "key `limits.{name}` is 0: expected more, or no such key for the default");
    }
    ensure!(
        (0.01..=100.0).contains(&config.monitor.false_alarms_a_year),
        "key `monitor.false_alarms_a_year` is {}: expected a number from 0.01 to 100",
        config.monitor.false_alarms_a_year
    );
    check_retrain(&config.retrain)?;
    for (name, source) in &config.source {
        let is_program = matches!(source.kind, SourceKind::Singer | SourceKind::Airbyte);
        ensure!(
            is_program || matches!(source.kind, SourceKind::Hubspot) || !source.url.is_empty(),
            "key `source.{name}.url` is missing: expected a file, a pattern of files, or the address of a database"
        );
        ensure!(
            !is_program || !source.command.is_empty(),
            "key `source.{name}.command` is missing: expected the program that reads the source, and its arguments, as a list"
        );
    }
    for name in [POSTED_EVENTS, POSTED_LEADS] {
        ensure!(
            !config.source.contains_key(name),
            "key `source.{name}`: the rows that callers post to the server are called that: expected another name"
        );
    }
    for (name, target) in &config.target.0 {
        ensure!(target.horizon.0 > TimeDelta::zero(), "key `target.{name}.horizon`: expected a time over 0");
        ensure!(
            target.capacity.is_none_or(|leads| leads.is_finite() && leads > 0.0),
            "key `target.{name}.capacity`: expected a number over 0: the leads that the team can call in a week"
        );
        let both = target.known_before.iter().find(|name| target.leave_out.contains(name));
        ensure!(
            both.is_none(),
            "key `target.{name}.leave_out` names `{}`, and so does `known_before`: expected it in one of them, because a \
             feature that is known before the outcome is not left out for knowing it",
            both.map_or("", String::as_str)
        );
        ensure!(
            !matches!(target.optimise, OptimiseConfig::Capacity) || target.capacity.is_some(),
            "key `target.{name}.optimise` is `capacity`: expected `capacity` beside it, the leads a week"
        );
    }
    if let Some(schedule) = &config.schedule {
        schedule.check(config.target.0.len(), config.store.is_some())?;
    }
    Ok(())
}

fn check_retrain(retrain: &RetrainConfig) -> Result<()> {
    let RetrainConfig { min_share_of_rows, windows, half_lives, risk, .. } = retrain;
    ensure!(
        (0.0..=1.0).contains(min_share_of_rows),
        "key `retrain.min_share_of_rows` is {min_share_of_rows}: expected a share from 0 to 1"
    );
    ensure!(*risk > 0.0 && *risk < 1.0, "key `retrain.risk` is {risk}: expected a chance between 0 and 1, as 0.05");
    ensure!(!windows.is_empty(), "key `retrain.windows` is empty: expected at least one, as `all`");
    let recent = windows.iter().filter_map(|window| match window {
        Window::All => None,
        Window::Recent(span) => Some(("windows", span)),
    });
    // A window of less than a day has no rows, and one of a hundred years is `all`.
    let (shortest, longest) = (TimeDelta::days(1), TimeDelta::days(36_525));
    for (key, span) in recent.chain(half_lives.iter().map(|span| ("half_lives", span))) {
        ensure!(
            (shortest..=longest).contains(&span.0),
            "key `retrain.{key}`: expected spans from a day to a hundred years"
        );
    }
    Ok(())
}
