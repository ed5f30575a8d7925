//! The laws of the demo company: who converts, who is approved, and how people behave in their first week.
//!
//! This file is the truth that models are held against; nothing of it is written into the three systems.
//! Log-odds are sums of the terms below; what makes a spreadsheet or a linear model fall short are the terms that
//! depend on two things at once: a reply means little from a referral, visits mean nothing from a paid channel, an
//! industry that is good in one country is bad in another, a budget is right only for a size of company.

use super::calendar::{self, Moment, NEW_CRITERIA};

/// The most visits in the first 48 hours.
pub(super) const VISITS_EARLY_MAX: usize = 7;
/// The most visits from 48 hours to 7 days.
pub(super) const VISITS_LATE_MAX: usize = 10;

/// What is known of a lead from its first moment.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) created_at: Moment,
    pub(super) industry: Option<&'static str>,
    pub(super) employees: Option<u32>,
    pub(super) country: &'static str,
    pub(super) channel: &'static str,
    pub(super) role: &'static str,
    pub(super) budget: Option<f64>,
    pub(super) experience_years: Option<u32>,
    pub(super) work_permit: Option<bool>,
    pub(super) free_mail: bool,
    /// Index of the rep who owns the lead.
    pub(super) rep: usize,
}

/// What a lead's first seven days were like, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Behaviour {
    pub(super) outreach: Outreach,
    pub(super) reply: Reply,
    pub(super) visits: usize,
    pub(super) saw_pricing: bool,
}

/// When a rep first wrote or called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outreach {
    /// Within 4 hours.
    Fast,
    /// After 5 to 22 hours.
    SameDay,
    /// After 50 to 90 hours.
    Late,
    /// Not in the first week.
    Never,
}

/// When the lead answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// Within 48 hours of the outreach; and before 48 hours of age unless the outreach was late.
    Prompt,
    /// Later, though in the first week, and after 48 hours of age.
    Tardy,
    /// Not in the first week.
    Never,
}

/// Returns the probability that a lead ever converts, given its first week.
pub(super) fn conversion(profile: &Profile, behaviour: &Behaviour) -> f64 {
    logistic(conversion_at_birth(profile) + conversion_by_behaviour(profile, behaviour))
}

/// Returns the part of the conversion's log-odds that is fixed when the lead comes to be.
pub(super) fn conversion_at_birth(profile: &Profile) -> f64 {
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

/// Sets the share of leads that convert within 90 days, about 14 %.
const CONVERSION_BASE: f64 = -2.95;
/// Widens the log-odds, so that the best possible AUC is a little over 0.8.
const SPREAD: f64 = 1.2;

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

/// Returns the probability that a converted lead hands in an application.
pub(super) fn application(profile: &Profile) -> f64 {
    if profile.role == "student" { 0.75 } else { 0.9 }
}

/// Returns the probability that an application is approved when it is decided by the criteria of this moment.
///
/// The old criteria ask for experience. The new ones no longer do: they ask for a work permit and a stated budget.
pub(super) fn approval(profile: &Profile, file_moment: Moment) -> f64 {
    let industry = match profile.industry {
        Some("healthcare") => 0.3,
        Some("hospitality") => -0.3,
        _ => 0.0,
    };
    let student = profile.role == "student";
    let log_odds = if file_moment < NEW_CRITERIA {
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

/// Returns how likely each speed of outreach is: a matter of the rep and of the weekend.
pub(super) fn outreaches(profile: &Profile) -> [(Outreach, f64); 4] {
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
pub(super) fn replies(profile: &Profile, outreach: Outreach) -> [(Reply, f64); 3] {
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
pub(super) fn visits_early(profile: &Profile) -> [f64; VISITS_EARLY_MAX + 1] {
    let rate = match profile.channel {
        "referral" | "event" => 0.8,
        "organic" | "newsletter" | "partner" => 1.4,
        "tiktok_ads" => 2.4,
        _ => 1.7,
    };
    poisson(rate)
}

/// Returns how likely 0, 1, 2 ... visits are from 48 hours to 7 days, after so many before.
pub(super) fn visits_late(visits_early: usize) -> [f64; VISITS_LATE_MAX + 1] {
    poisson(0.4 + 0.6 * visits_early as f64)
}

/// Returns the probability that a visit is one to the page of prices.
pub(super) fn pricing_share(profile: &Profile) -> f64 {
    if matches!(profile.role, "owner" | "director") { 0.22 } else { 0.1 }
}

/// The Poisson distribution, cut off and scaled to 1.
fn poisson<const N: usize>(rate: f64) -> [f64; N] {
    let mut shares = [0.0; N];
    let mut term = 1.0;
    for (count, share) in shares.iter_mut().enumerate() {
        if count > 0 {
            term *= rate / count as f64;
        }
        *share = term;
    }
    let total: f64 = shares.iter().sum();
    shares.map(|share| share / total)
}

fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// How long things take, in whole days: the distributions of the three waits and of their sum.
pub(super) struct Waits {
    /// From the end of the first week to the conversion.
    pub(super) conversion: Vec<f64>,
    /// From the conversion to the application; never the same day.
    pub(super) application: Vec<f64>,
    /// From the application to the decision; never the same day.
    pub(super) decision: Vec<f64>,
    /// From the end of the first week to the decision.
    pub(super) total: Vec<f64>,
}

impl Waits {
    /// Returns the company's waits: gamma curves of means 26, 5 and 9 days, cut off at 150, 25 and 35.
    pub(super) fn new() -> Waits {
        let conversion = gamma_curve(1.6, 16.0, 0, 150);
        let application = gamma_curve(1.5, 3.5, 1, 25);
        let decision = gamma_curve(2.5, 3.5, 1, 35);
        let total = convolve(&convolve(&conversion, &application), &decision);
        Waits { conversion, application, decision, total }
    }
}

/// The gamma density at the middle of each day, from `first` to `last`, scaled to 1.
fn gamma_curve(shape: f64, scale: f64, first: usize, last: usize) -> Vec<f64> {
    let density = |day: usize| {
        let day = day as f64 + 0.5;
        day.powf(shape - 1.0) * (-day / scale).exp()
    };
    let mut shares: Vec<f64> = (0..=last).map(|day| if day < first { 0.0 } else { density(day) }).collect();
    let total: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= total);
    shares
}

fn convolve(left: &[f64], right: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; left.len() + right.len() - 1];
    for (left_days, left_share) in left.iter().enumerate() {
        for (right_days, right_share) in right.iter().enumerate() {
            sum[left_days + right_days] += left_share * right_share;
        }
    }
    sum
}
