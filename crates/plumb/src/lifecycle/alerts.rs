//! Alerts as people work with them: found by a short id, acknowledged, muted, opened again.

use anyhow::{Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::{Alert, AlertCause, AlertState};
use serde::Serialize;

use crate::content_hash::sha256;
use crate::store::Store;

/// Digits of an alert's id: among a few hundred alerts two are alike once in a million projects.
const ID_DIGITS: usize = 8;

/// The most alerts that are looked through.
const ALERTS_MAX: usize = 10_000;

/// Alerts of one cause that began within this time are one group.
const TOGETHER: TimeDelta = TimeDelta::weeks(8);

/// An alert with its short id.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct IdentifiedAlert {
    /// Its id, by which commands and the API name it.
    pub(crate) id: String,
    /// The alert.
    #[serde(flatten)]
    pub(crate) alert: Alert,
}

/// What somebody says of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AlertChange {
    /// I know.
    Acknowledge,
    /// I want to hear nothing of it until then.
    MuteUntil(DateTime<Utc>),
    /// It is to be told again.
    Open,
}

impl From<Alert> for IdentifiedAlert {
    fn from(alert: Alert) -> IdentifiedAlert {
        let mut id = sha256(alert.key.as_bytes());
        id.truncate(ID_DIGITS);
        IdentifiedAlert { id, alert }
    }
}

/// Returns the alerts that are open, acknowledged or muted, newest first; with `history` those that are resolved and those of
/// former champions, too.
pub(crate) async fn list(store: &Store, history: bool) -> Result<Vec<IdentifiedAlert>> {
    let alerts = store.alerts_of_all(history, ALERTS_MAX).await?;
    Ok(alerts.into_iter().map(IdentifiedAlert::from).collect())
}

/// Returns the alert whose id begins like this; `None` if there is none.
pub(crate) async fn find(store: &Store, id: &str) -> Result<Option<IdentifiedAlert>> {
    let mut found: Vec<IdentifiedAlert> = list(store, true).await?;
    found.retain(|alert| !id.is_empty() && alert.id.starts_with(id));
    match found.len() {
        0 | 1 => Ok(found.pop()),
        count => bail!("{count} alerts have ids that begin with `{id}`: expected more of it"),
    }
}

/// Changes the state of an alert, in the name of a person, and returns it as it is then. One that is resolved or a former
/// champion's is history: it stays as it is, and that is an error.
pub(crate) async fn change(store: &Store, id: &str, change: AlertChange, by: &str) -> Result<IdentifiedAlert> {
    let Some(IdentifiedAlert { id, mut alert }) = find(store, id).await? else {
        bail!("there is no alert `{id}`: `plumb alerts --history` lists all");
    };
    if matches!(alert.state, AlertState::Resolved | AlertState::Retired) {
        bail!("alert `{id}` is {}: nothing is left to say of it", alert.state.word());
    }
    (alert.state, alert.muted_until) = match change {
        AlertChange::Acknowledge => (AlertState::Acknowledged, None),
        AlertChange::MuteUntil(until) => (AlertState::Muted, Some(until)),
        AlertChange::Open => (AlertState::Open, None),
    };
    alert.changed_by = by.to_owned();
    store.set_alert_state(&alert.key, alert.state, alert.muted_until, by).await?;
    Ok(IdentifiedAlert { id, alert })
}

/// Returns alerts in groups of one target and cause, the oldest of each first; the groups in the order of their first alerts.
pub(crate) fn grouped(alerts: &[Alert]) -> Vec<Vec<&Alert>> {
    let mut sorted: Vec<&Alert> = alerts.iter().collect();
    sorted.sort_by(|one, other| (one.since, &one.key).cmp(&(other.since, &other.key)));
    let mut groups: Vec<Vec<&Alert>> = Vec::new();
    for alert in sorted {
        let belongs = |group: &&mut Vec<&Alert>| {
            let first = group[0];
            first.target == alert.target && first.cause == alert.cause && alert.since - first.since <= TOGETHER
        };
        match groups.iter_mut().find(belongs) {
            Some(group) => group.push(alert),
            None => groups.push(vec![alert]),
        }
    }
    groups
}

/// Returns a cause in words.
pub(crate) fn cause_text(cause: AlertCause) -> &'static str {
    match cause {
        AlertCause::Source => "a source sends nothing, less, or rows that cannot be read",
        AlertCause::Schema => "a field changed its type or meaning, or is not filled in any more",
        AlertCause::Channel => "leads come another way",
        AlertCause::Criteria => "the same leads are decided otherwise",
        AlertCause::Population => "other people come",
        AlertCause::Promotion => "another model was promoted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{empty, new_channel};

    #[tokio::test]
    async fn an_alert_is_found_by_its_id_and_what_is_history_stays() {
        let (store, _folder) = empty().await;
        let now = new_channel(1).since;
        store.put_alert(&new_channel(1), now).await.expect("written");
        let id = list(&store, false).await.expect("read").remove(0).id;
        let until = now + TimeDelta::days(14);
        let muted = change(&store, &id[..4], AlertChange::MuteUntil(until), "ada").await.expect("it is there");
        assert_eq!((muted.alert.state, muted.alert.muted_until), (AlertState::Muted, Some(until)));
        assert_eq!(find(&store, &id).await.expect("read"), Some(muted));
        assert!(change(&store, "none", AlertChange::Open, "ada").await.is_err());
        store.retire_alerts("converted", "beef").await.expect("written");
        let error = change(&store, &id, AlertChange::Acknowledge, "ada").await.expect_err("history");
        assert!(error.to_string().contains("retired"), "{error}");
    }
}
