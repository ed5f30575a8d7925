//! Who converts: log-odds of the lead's fields and its first seven days, with interactions.

use super::distributions::logistic;
use super::profile::{Behaviour, Outreach, Profile, Reply};
use crate::calendar;

/// Sets the share of leads that convert within 90 days, about 14 %.
const CONVERSION_BASE: f64 = -2.95;
/// Widens the log-odds, so that the best possible AUC is a little over 0.8.
const SPREAD: f64 = 1.2;

/// Returns the probability that a lead ever converts, given its first week.
pub(crate) fn conversion(profile: &Profile, behaviour: &Behaviour) -> f64 {
    logistic(conversion_by_profile(profile) + conversion_by_behaviour(profile, behaviour))
}

/// Returns the part of the conversion's log-odds that is fixed when the lead is created.
fn conversion_by_profile(profile: &Profile) -> f64 {
    let industry = match profile.industry {
        Some("fintech") => 0.3,
        Some("healthcare") => 0.5,
        Some("retail") => -0.3,
        Some("education") => -0.15,
        Some("hospitality") => -0.4,
        _ => 0.0,
    };
    let channel = match profile.channel {
        "referral" => 0.9,
        "partner" => 0.45,
        "event" => 0.3,
        "organic" => 0.1,
        "google_ads" => -0.1,
        "facebook_ads" => -0.5,
        "display" => -0.8,
        "tiktok_ads" => -0.6,
        _ => 0.0,
    };
    let role = match profile.role {
        "owner" => 0.4,
        "director" => 0.3,
        "manager" => 0.1,
        "student" => -1.1,
        _ => -0.15,
    };
    // Neither the smallest nor the largest: a curve that no single weight can follow.
    let size = match profile.employees {
        Some(..=10) => -0.4,
        Some(11..=50) => 0.45,
        Some(51..=200) => 0.35,
        Some(201..=1000) => -0.15,
        Some(_) => -0.6,
        None => -0.1,
    };
    let free_mail = if profile.free_mail && matches!(profile.role, "owner" | "director") { -0.6 } else { 0.0 };
    let total = industry + channel + role + size + budget_fit(profile) + region_fit(profile) + free_mail;
    CONVERSION_BASE + SPREAD * (total + season(profile))
}

fn conversion_by_behaviour(profile: &Profile, behaviour: &Behaviour) -> f64 {
    let warm = matches!(profile.channel, "referral" | "partner");
    let reply = match (behaviour.reply, warm) {
        (Reply::Prompt, true) => 0.35,
        (Reply::Prompt, false) => 1.5,
        (Reply::Tardy, _) => 0.3,
        (Reply::Never, _) => -0.5,
    };
    // Paid clicks are cheap: many of them are a sign of a machine.
    let paid = matches!(profile.channel, "google_ads" | "facebook_ads" | "display" | "tiktok_ads");
    let visits = match (behaviour.visits, paid) {
        (0, false) => -0.7,
        (1..=2, false) => 0.0,
        (3..=5, false) => 0.6,
        (_, false) => 1.1,
        (0, true) => -0.2,
        (1..=5, true) => 0.1,
        (_, true) => -0.4,
    };
    let large = profile.employees.is_some_and(|employees| employees > 200);
    let pricing = match (behaviour.saw_pricing, large) {
        (true, false) => 0.7,
        (true, true) => -0.2,
        (false, _) => 0.0,
    };
    let hurried = matches!(profile.role, "manager" | "specialist" | "student");
    let outreach = match (behaviour.outreach, hurried) {
        (Outreach::Fast, true) => 0.5,
        (Outreach::Fast, false) => -0.1,
        (Outreach::SameDay, _) => 0.1,
        (Outreach::Late, _) => -0.2,
        (Outreach::Never, _) => -0.5,
    };
    SPREAD * (reply + visits + pricing + outreach)
}

/// A budget fits if it is about 1,000 times the root of the company's size; far under or over it speaks against.
fn budget_fit(profile: &Profile) -> f64 {
    let Some(budget) = profile.budget else { return -0.35 };
    let employees = f64::from(profile.employees.unwrap_or(30));
    let distance = (budget / (1000.0 * employees.sqrt())).ln();
    (0.5 - 0.6 * distance * distance).max(-1.0)
}

/// What sells on the continent does not sell elsewhere, and the other way round.
fn region_fit(profile: &Profile) -> f64 {
    let continent = matches!(profile.country, "DE" | "FR" | "PL");
    match profile.industry {
        Some("manufacturing" | "logistics" | "construction") => {
            if continent {
                0.8
            } else {
                -0.8
            }
        }
        Some("fintech" | "education" | "hospitality") => {
            if continent {
                -0.8
            } else {
                0.8
            }
        }
        _ => 0.0,
    }
}

/// Every year-end is slow, in retail above all, and January makes up for a part of it.
fn season(profile: &Profile) -> f64 {
    match (calendar::month(profile.created_at), profile.industry) {
        (11 | 12, Some("retail")) => -0.8,
        (12, _) => -0.4,
        (1, _) => 0.2,
        _ => 0.0,
    }
}
