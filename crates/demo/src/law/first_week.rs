//! How people behave in their first week: outreach, reply, visits.

use super::distributions::{logistic, poisson};
use super::profile::{Outreach, Profile, Reply};
use crate::calendar;

/// The most visits in the first 48 hours.
pub(crate) const VISITS_EARLY_MAX: usize = 7;
/// The most visits from 48 hours to 7 days.
pub(crate) const VISITS_LATE_MAX: usize = 10;

/// Returns how likely each speed of outreach is: a matter of the rep and of the weekend.
pub(crate) fn outreaches(profile: &Profile) -> [(Outreach, f64); 4] {
    let skill = (profile.rep % 4) as f64;
    let weekend = if calendar::is_weekend(profile.created_at) { 0.3 } else { 1.0 };
    let fast = (0.15 + 0.12 * skill) * weekend;
    let same_day = 0.3 * weekend;
    let late = (1.0 - fast - same_day) * 0.75;
    [
        (Outreach::Fast, fast),
        (Outreach::SameDay, same_day),
        (Outreach::Late, late),
        (Outreach::Never, 1.0 - fast - same_day - late),
    ]
}

/// Returns how likely each reply is after an outreach.
pub(crate) fn replies(profile: &Profile, outreach: Outreach) -> [(Reply, f64); 3] {
    if outreach == Outreach::Never {
        return [(Reply::Prompt, 0.0), (Reply::Tardy, 0.0), (Reply::Never, 1.0)];
    }
    let speed = match outreach {
        Outreach::Fast => 0.5,
        Outreach::SameDay => 0.1,
        _ => -0.4,
    };
    let channel = match profile.channel {
        "referral" | "partner" => 1.0,
        "display" | "facebook_ads" | "tiktok_ads" => -0.6,
        _ => 0.0,
    };
    let prompt = logistic(-0.7 + speed + channel);
    let tardy = (1.0 - prompt) * 0.2;
    [(Reply::Prompt, prompt), (Reply::Tardy, tardy), (Reply::Never, 1.0 - prompt - tardy)]
}

/// Returns how likely 0, 1, 2 ... visits are in the first 48 hours.
pub(crate) fn visits_early(profile: &Profile) -> [f64; VISITS_EARLY_MAX + 1] {
    let rate = match profile.channel {
        "referral" | "event" => 0.8,
        "organic" | "newsletter" | "partner" => 1.4,
        "tiktok_ads" => 2.4,
        _ => 1.7,
    };
    poisson(rate)
}

/// Returns how likely 0, 1, 2 ... visits are from 48 hours to 7 days, after so many before.
pub(crate) fn visits_late(visits_early: usize) -> [f64; VISITS_LATE_MAX + 1] {
    poisson(0.4 + 0.6 * visits_early as f64)
}

/// Returns the probability that a visit is one to the page of prices.
pub(crate) fn pricing_share(profile: &Profile) -> f64 {
    if matches!(profile.role, "owner" | "director") { 0.22 } else { 0.1 }
}
