//! What alerts are made of, and an alert of one sighting.

use plumb_lake::LabelSpec;
use plumb_lead::{Alert, AlertCause, AlertCost, AlertKind, AlertState, MonitorReport};
use plumb_learn::decision::Cost;
use plumb_learn::drift::{Budget, WeekRows};

use super::rows::RowFindings;

/// What alerts are made of.
pub(super) struct Findings<'a> {
    /// The weekly reports on a model, oldest first.
    pub(super) reports: &'a [MonitorReport],
    /// The leads of each week, oldest first, also before the model was trained.
    pub(super) rows: &'a [WeekRows],
    /// The definition of the labels.
    pub(super) label_spec: &'a LabelSpec,
    /// The false alarms that are accepted.
    pub(super) budget: &'a Budget,
    /// The share of positives in the training data.
    pub(super) base_rate: f64,
    /// What mistakes cost.
    pub(super) cost: Option<Cost>,
    /// What whole rows of the newest month show; `None` if nobody looked.
    pub(super) row_findings: Option<&'a RowFindings>,
}

/// Something that was seen in a week.
pub(super) struct Sighting<'a> {
    /// The week.
    pub(super) report: &'a MonitorReport,
    /// The column, or the target.
    pub(super) column: String,
    /// What tells it from other alerts of the column.
    pub(super) what: String,
    /// What happened.
    pub(super) kind: AlertKind,
    /// The same as a sentence.
    pub(super) text: String,
    /// Leads that it concerns.
    pub(super) leads_a_week: f64,
}

/// Returns the alert of something that was seen once.
pub(super) fn alert(findings: &Findings<'_>, sighting: Sighting<'_>) -> Alert {
    let Sighting { report, column, what, kind, text, leads_a_week } = sighting;
    Alert {
        key: format!("{}/{}/{column}/{what}", report.target, report.model_id),
        target: report.target.clone(),
        model_id: report.model_id.clone(),
        column,
        kind,
        text,
        segment: None,
        cause: AlertCause::Population,
        advice: String::new(),
        cost: Some(AlertCost { leads_a_week, money_a_week: findings.money(kind, leads_a_week) }),
        since: report.from,
        last_seen: report.from,
        state: AlertState::Open,
        changed_by: String::new(),
        muted_until: None,
    }
}

impl Findings<'_> {
    /// At most so much: leads that do not come are lost with what they would have brought, those that come are decided as
    /// without a score, all of them called or none.
    fn money(&self, kind: AlertKind, leads_a_week: f64) -> Option<f64> {
        let Cost { false_positive, false_negative } = self.cost?;
        let (missed, wasted) = (self.base_rate * false_negative, (1.0 - self.base_rate) * false_positive);
        Some(match kind {
            AlertKind::Silent | AlertKind::Volume => leads_a_week * missed,
            AlertKind::Outcomes => leads_a_week * false_negative.max(false_positive),
            _ => leads_a_week * missed.min(wasted),
        })
    }
}
