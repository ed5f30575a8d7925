//! The likely cause of each alert, by what else happened at the time: one cause has many signs, and a person looks for the cause.

use chrono::TimeDelta;
use plumb_lead::{Alert, AlertCause, AlertKind};

/// What explains an alert was there at most so long before it began or after.
const TOGETHER: TimeDelta = TimeDelta::weeks(3);

/// So many columns that empty at once are a source that sends less, not a field that somebody renamed.
const COLUMNS_OF_A_SOURCE: usize = 3;

/// Parts of names of columns that say which way a lead came.
const WAYS: [&str; 9] = ["channel", "source", "campaign", "medium", "utm", "referr", "origin", "partner", "landing"];

/// Sets the likely cause of each alert.
pub(super) fn set_causes(alerts: &mut [Alert]) {
    let alone: Vec<AlertCause> = alerts.iter().map(by_itself).collect();
    let causes: Vec<AlertCause> = (0..alerts.len()).map(|index| cause(alerts, &alone, index)).collect();
    alerts.iter_mut().zip(causes).for_each(|(alert, cause)| alert.cause = cause);
}

/// What an alert alone speaks for.
fn by_itself(alert: &Alert) -> AlertCause {
    let is_way = WAYS.iter().any(|way| alert.column.to_lowercase().contains(way));
    match alert.kind {
        AlertKind::NewCategory if is_way => AlertCause::Channel,
        AlertKind::Missing | AlertKind::Schema => AlertCause::Schema,
        AlertKind::Silent | AlertKind::Volume | AlertKind::Rejects | AlertKind::Job => AlertCause::Source,
        AlertKind::Outcomes => AlertCause::Criteria,
        AlertKind::NewCategory | AlertKind::Drifted | AlertKind::Segment | AlertKind::Together | AlertKind::Reasons => {
            AlertCause::Population
        }
    }
}

/// What all alerts of the time speak for: whatever explains the others explains this one.
fn cause(alerts: &[Alert], alone: &[AlertCause], index: usize) -> AlertCause {
    let alert = &alerts[index];
    let near = |other: &Alert| {
        other.target == alert.target
            && other.since <= alert.since + TOGETHER
            && other.last_seen >= alert.since - TOGETHER
    };
    let any = |cause: AlertCause| alerts.iter().zip(alone).any(|(other, found)| near(other) && *found == cause);
    let emptied = alerts.iter().filter(|other| near(other) && other.kind == AlertKind::Missing).count();
    match alone[index] {
        AlertCause::Schema if any(AlertCause::Source) || emptied >= COLUMNS_OF_A_SOURCE => AlertCause::Source,
        AlertCause::Population if emptied >= COLUMNS_OF_A_SOURCE => AlertCause::Source,
        AlertCause::Population => [AlertCause::Channel, AlertCause::Source, AlertCause::Schema]
            .into_iter()
            .find(|cause| any(*cause))
            .unwrap_or(AlertCause::Population),
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::new_channel;

    fn alert(column: &str, kind: AlertKind, week: i64) -> Alert {
        let alert = new_channel(1);
        let since = alert.since + TimeDelta::weeks(week);
        Alert { column: column.into(), kind, since, last_seen: since, ..alert }
    }

    fn causes(alerts: &[Alert]) -> Vec<AlertCause> {
        let mut alerts = alerts.to_vec();
        set_causes(&mut alerts);
        alerts.into_iter().map(|alert| alert.cause).collect()
    }

    #[test]
    fn what_moves_with_a_new_channel_is_explained_by_it() {
        use AlertCause::{Channel, Criteria, Population};
        let alerts = [
            alert("channel", AlertKind::NewCategory, 0),
            alert("age", AlertKind::Drifted, 2),
            alert("converted", AlertKind::Outcomes, 2),
            alert("age", AlertKind::Drifted, 20),
        ];
        assert_eq!(causes(&alerts), [Channel, Channel, Criteria, Population]);
        let lasts = Alert { last_seen: alerts[3].since, ..alerts[0].clone() };
        assert_eq!(causes(&[lasts, alerts[3].clone()]), [Channel, Channel], "it is still there");
    }

    #[test]
    fn many_columns_that_empty_at_once_are_a_source() {
        let emptied = |count: usize| -> Vec<Alert> {
            (0..count).map(|index| alert(&format!("field_{index}"), AlertKind::Missing, 0)).collect()
        };
        assert_eq!(causes(&emptied(1)), [AlertCause::Schema]);
        assert_eq!(causes(&emptied(3)), [AlertCause::Source; 3]);
    }
}
