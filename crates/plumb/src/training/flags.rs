//! Reps' flags, as far as a training uses them: docs/decisions/0005.
//!
//! A known outcome outweighs every opinion. Until then "too low" and "too high" are labels of half the weight;
//! observations that rest on wrong data are left out, and so are leads that are none.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::{Complaint, Feedback, Observation, Prediction};

/// The weight of an opinion; that of an outcome is 1.
pub(super) const OPINION_WEIGHT: f32 = 0.5;

/// The flags of one training.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Flags {
    /// Leads that are none.
    not_leads: BTreeSet<String>,
    /// Leads whose data was wrong, and until when.
    wrong_until: BTreeMap<String, DateTime<Utc>>,
    /// Observations with the outcome that a rep expects.
    pub(super) opinions: Vec<(Observation, bool)>,
}

impl Flags {
    /// Reads the feedback that was given by `as_of`, oldest first. Of several opinions on one prediction the last counts.
    pub(super) fn read(
        feedback: &[(Feedback, Prediction)],
        target: &str,
        horizon: TimeDelta,
        as_of: DateTime<Utc>,
    ) -> Flags {
        let mut flags = Flags::default();
        let mut opinions: BTreeMap<Observation, bool> = BTreeMap::new();
        for (feedback, prediction) in feedback {
            let lead_id = prediction.lead_id.clone();
            // Nobody has seen a lead as it will be: an `as_of` that was still to come is that of the flag.
            let seen_at = prediction.as_of.min(feedback.said_at);
            match feedback.complaint {
                Complaint::NotALead => {
                    flags.not_leads.insert(lead_id);
                }
                Complaint::WrongData => {
                    let until = flags.wrong_until.entry(lead_id).or_insert(seen_at);
                    *until = seen_at.max(*until);
                }
                Complaint::TooLow | Complaint::TooHigh if prediction.target == target => {
                    let is_open = seen_at + horizon > as_of;
                    if is_open {
                        let observation = Observation { lead_id, as_of: seen_at };
                        opinions.insert(observation, feedback.complaint == Complaint::TooLow);
                    }
                }
                Complaint::TooLow | Complaint::TooHigh => {}
            }
        }
        opinions.retain(|observation, _| flags.keeps(observation));
        flags.opinions = opinions.into_iter().collect();
        flags
    }

    /// Returns whether an observation may be learned from.
    pub(super) fn keeps(&self, observation: &Observation) -> bool {
        let wrong = self.wrong_until.get(&observation.lead_id).is_some_and(|until| observation.as_of <= *until);
        !wrong && !self.not_leads.contains(&observation.lead_id)
    }

    /// Returns a note for the model card; `None` if no flag was used.
    pub(super) fn note(&self, rows_left_out: usize) -> Option<String> {
        let used = rows_left_out > 0 || !self.opinions.is_empty();
        let opinions = match self.opinions.len() {
            1 => "1 opinion whose outcome is still open was".to_owned(),
            count => format!("{count} opinions whose outcome is still open were"),
        };
        used.then(|| {
            format!(
                "reps' flags: {opinions} learned from at half weight, and {rows_left_out} rows were left out because the \
                 lead is none or its data was wrong"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{hour_of_new_year, prediction};

    fn flagged(id: &str, lead_id: &str, hour: u32, complaint: Complaint) -> (Feedback, Prediction) {
        let feedback = Feedback {
            feedback_id: format!("f{id}"),
            prediction_id: id.into(),
            complaint,
            comment: String::new(),
            said_by: "rep 17".into(),
            said_at: hour_of_new_year(hour),
        };
        (feedback, prediction(id, lead_id, hour, 0.4))
    }

    fn at(lead_id: &str, hour: u32) -> Observation {
        Observation { lead_id: lead_id.into(), as_of: hour_of_new_year(hour) }
    }

    #[test]
    fn an_opinion_counts_until_the_outcome_is_known() {
        let all = [
            flagged("p1", "ada", 1, Complaint::TooLow),
            flagged("p2", "bob", 12, Complaint::TooLow),
            flagged("p2", "bob", 12, Complaint::TooHigh),
        ];
        let flags = Flags::read(&all, "converted", TimeDelta::hours(6), hour_of_new_year(13));
        assert_eq!(
            flags.opinions,
            [(at("bob", 12), false)],
            "the outcome of ada is known, and the last opinion on bob counts"
        );
        assert_eq!(Flags::read(&all, "approved", TimeDelta::hours(6), hour_of_new_year(13)), Flags::default());
        assert_eq!(Flags::default().note(0), None);
    }

    #[test]
    fn a_prediction_as_of_a_time_to_come_was_seen_when_it_was_flagged() {
        let mut all = [flagged("p1", "ada", 3, Complaint::WrongData), flagged("p2", "bob", 3, Complaint::TooLow)];
        for (_, prediction) in &mut all {
            prediction.as_of += TimeDelta::days(366 * 7_000);
        }
        let flags = Flags::read(&all, "converted", TimeDelta::hours(6), hour_of_new_year(6));
        assert!(!flags.keeps(&at("ada", 3)) && flags.keeps(&at("ada", 4)), "her later data is not wrong");
        assert_eq!(flags.opinions, [(at("bob", 3), true)]);
        let later = Flags::read(&all, "converted", TimeDelta::hours(6), hour_of_new_year(10));
        assert_eq!(later.opinions, [], "his outcome is known");
    }

    #[test]
    fn leads_that_are_none_and_wrong_data_are_left_out() {
        let all = [
            flagged("p1", "ada", 3, Complaint::NotALead),
            flagged("p2", "bob", 3, Complaint::WrongData),
            flagged("p3", "bob", 2, Complaint::TooLow),
            flagged("p4", "bob", 5, Complaint::TooLow),
        ];
        let flags = Flags::read(&all, "converted", TimeDelta::days(9), hour_of_new_year(6));
        assert!(!flags.keeps(&at("ada", 9)) && !flags.keeps(&at("bob", 3)));
        assert!(flags.keeps(&at("bob", 4)) && flags.keeps(&at("eve", 3)));
        assert_eq!(flags.opinions, [(at("bob", 5), true)]);
        assert!(flags.note(7).expect("much was used").contains("1 opinion whose outcome is still open was"));
    }
}
