//! Alerts as text: those of one target and cause together, with what each says.

use plumb_lead::{Alert, AlertState};

use crate::lifecycle::alerts::{IdentifiedAlert, cause_text};

/// Returns the lines of a group: its cause, each alert, and what to do.
pub(crate) fn alert_lines(group: &[&Alert]) -> String {
    let Some(first) = group.first() else { return String::new() };
    let mut text = format!(
        "{}, since the week of {}: likely cause: {}\n",
        first.target,
        first.since.format("%Y-%m-%d"),
        cause_text(first.cause)
    );
    for alert in group {
        text += &line(alert);
    }
    let mut advice: Vec<&str> =
        group.iter().map(|alert| alert.advice.as_str()).filter(|text| !text.is_empty()).collect();
    advice.dedup();
    for advice in advice {
        text += &format!("  to do: {advice}\n");
    }
    text
}

fn line(alert: &Alert) -> String {
    let about =
        if alert.column == alert.target { "leads and outcomes".to_owned() } else { format!("`{}`", alert.column) };
    let place = alert.segment.as_ref().map(|segment| format!(", in {segment}")).unwrap_or_default();
    let state = match (alert.state, alert.muted_until) {
        (AlertState::Open, _) => String::new(),
        (AlertState::Muted, Some(until)) => format!(" (muted until {})", until.format("%Y-%m-%d")),
        (state, _) => format!(" ({})", state.word()),
    };
    let IdentifiedAlert { id, .. } = IdentifiedAlert::from(alert.clone());
    format!("  {id} {about}{place}: {}{}{state}\n", alert.text, cost_text(alert))
}

fn cost_text(alert: &Alert) -> String {
    match alert.cost {
        Some(cost) => {
            let money = cost.money_a_week.map(|money| format!(", at most {money:.0} a week")).unwrap_or_default();
            format!(" [{:.0} leads a week{money}]", cost.leads_a_week)
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use plumb_lead::AlertCause;

    use super::*;
    use crate::lifecycle::alerts::grouped;
    use crate::store::tests::new_channel;

    #[test]
    fn alerts_of_one_cause_are_one_group() {
        let channel = new_channel(1);
        let moved = Alert {
            column: "age".into(),
            key: "age".into(),
            since: channel.since + TimeDelta::weeks(1),
            ..channel.clone()
        };
        let other = Alert { cause: AlertCause::Criteria, key: "other".into(), ..channel.clone() };
        let later = Alert { since: channel.since + TimeDelta::weeks(30), key: "later".into(), ..channel.clone() };
        let alerts = [later, moved, other, channel];
        let groups = grouped(&alerts);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
        let text = alert_lines(&groups[0]);
        assert!(
            text.starts_with("converted, since the week of 2026-01-01: likely cause: leads come another way\n"),
            "{text}"
        );
        assert!(text.contains("`channel`: 12 %") && text.contains("[18 leads a week]"), "{text}");
        assert_eq!(text.matches("to do:").count(), 1, "{text}");
    }
}
