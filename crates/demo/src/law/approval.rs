//! Who applies, and who is approved: by the criteria of the day of the decision.

use super::distributions::logistic;
use super::profile::Profile;
use crate::calendar::{NEW_CRITERIA, Timestamp};

/// Returns the probability that a converted lead hands in an application.
pub(crate) fn application(profile: &Profile) -> f64 {
    if profile.role == "student" { 0.75 } else { 0.9 }
}

/// Returns the probability that an application is approved when it is decided then.
///
/// The old criteria ask for experience. The new ones no longer do: they ask for a work permit and a stated budget.
pub(crate) fn approval(profile: &Profile, decided_at: Timestamp) -> f64 {
    let industry = match profile.industry {
        Some("healthcare") => 0.3,
        Some("hospitality") => -0.3,
        _ => 0.0,
    };
    let student = profile.role == "student";
    let log_odds = if decided_at < NEW_CRITERIA {
        let experience =
            profile.experience_years.map_or(-0.8, |years| (0.22 * (f64::from(years) - 7.0)).clamp(-1.6, 2.0));
        let permit = if profile.work_permit == Some(false) { -0.6 } else { 0.2 };
        0.7 + industry + experience + permit - if student { 0.6 } else { 0.0 }
    } else {
        let permit = match profile.work_permit {
            Some(true) => 1.2,
            None => -1.2,
            Some(false) => -2.6,
        };
        0.3 + industry + permit + if profile.budget.is_none() { -1.2 } else { 0.3 }
    };
    logistic(log_odds)
}
