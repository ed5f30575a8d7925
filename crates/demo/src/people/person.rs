//! Who the leads are: drawn before anything happens to them.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::account::{self, Account};
use super::names::{FIRST_NAMES, FREE_MAIL, LAST_NAMES, REPS};
use crate::calendar::{DAY, END, HOUR, NEW_CHANNEL, NEW_CHANNEL_SHARE, START, Timestamp, volume};
use crate::law::Profile;
use crate::random::{normal, pick};

/// A person: the profile that the laws look at, and what only makes a record look like one.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) profile: Profile,
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    /// In its plainest spelling.
    pub(crate) email: String,
    pub(crate) phone: Option<String>,
    /// Position among the accounts; `None` if they never said where they work.
    pub(crate) account: Option<usize>,
    /// Of their local time from UTC.
    pub(crate) offset_minutes: i32,
}

const CHANNELS: [(&str, f64); 8] = [
    ("organic", 0.24),
    ("google_ads", 0.2),
    ("facebook_ads", 0.15),
    ("referral", 0.11),
    ("newsletter", 0.1),
    ("display", 0.08),
    ("partner", 0.07),
    ("event", 0.05),
];
const ROLES: [(&str, f64); 5] =
    [("specialist", 0.32), ("manager", 0.28), ("owner", 0.15), ("director", 0.13), ("student", 0.12)];
const ROLES_NEW_CHANNEL: [(&str, f64); 5] =
    [("student", 0.5), ("specialist", 0.34), ("manager", 0.08), ("owner", 0.07), ("director", 0.01)];

/// Draws this many people in the order in which they become leads, and the companies they work for.
pub(crate) fn draw(rng: &mut ChaCha8Rng, count: usize) -> (Vec<Account>, Vec<Person>) {
    let mut accounts = Vec::new();
    let people = arrivals(rng, count)
        .into_iter()
        .enumerate()
        .map(|(number, created_at)| draw_person(rng, number, created_at, &mut accounts))
        .collect();
    (accounts, people)
}

/// Draws when the leads are created, in order.
fn arrivals(rng: &mut ChaCha8Rng, count: usize) -> Vec<Timestamp> {
    let days: Vec<(Timestamp, f64)> =
        (0..(END - START) / DAY).map(|day| START + day * DAY).map(|day| (day, volume(day))).collect();
    let hours: Vec<(i64, f64)> = (0..24).map(|hour| (hour, if (7..21).contains(&hour) { 1.0 } else { 0.15 })).collect();
    let mut times: Vec<Timestamp> =
        (0..count).map(|_| pick(rng, &days) + pick(rng, &hours) * HOUR + rng.random_range(0..HOUR)).collect();
    times.sort_unstable();
    times
}

fn draw_person(rng: &mut ChaCha8Rng, number: usize, created_at: Timestamp, accounts: &mut Vec<Account>) -> Person {
    let new_channel = created_at >= NEW_CHANNEL && rng.random_bool(NEW_CHANNEL_SHARE);
    let channel = if new_channel { "tiktok_ads" } else { pick(rng, &CHANNELS) };
    let role = pick(rng, if new_channel { &ROLES_NEW_CHANNEL } else { &ROLES });
    let account = account::choose(rng, created_at, new_channel, accounts);
    let company = &accounts[account];
    let country = company.country;
    // Some never say where they work; the CRM then knows neither the industry nor the size.
    let states_company = rng.random_bool(0.96);
    let employees = states_company.then_some(company.employees);
    let free_mail = !states_company || rng.random_bool(if new_channel { 0.85 } else { 0.25 });
    let states_budget = rng.random_bool(if new_channel { 0.35 } else { 0.72 });
    let budget = (normal(rng) * 0.9 + (1000.0 * f64::from(employees.unwrap_or(30)).sqrt()).ln()).exp();
    let experience = if role == "student" { rng.random_range(0..4) } else { rng.random_range(1..26) };
    let profile = Profile {
        created_at,
        industry: states_company.then_some(company.industry),
        employees,
        country,
        channel,
        role,
        budget: states_budget.then_some((budget / 100.0).round().max(1.0) * 100.0),
        experience_years: rng.random_bool(0.92).then_some(experience),
        work_permit: pick(rng, &[(Some(true), 0.66), (Some(false), 0.19), (None, 0.15)]),
        free_mail,
        rep: rng.random_range(0..REPS.len()),
    };
    let first_name = FIRST_NAMES[rng.random_range(0..FIRST_NAMES.len())];
    let last_name = LAST_NAMES[rng.random_range(0..LAST_NAMES.len())];
    let domain = if free_mail { FREE_MAIL[number % 2] } else { &company.domain };
    let email = format!("{}.{}{number}@{domain}", first_name.to_lowercase(), last_name.to_lowercase());
    let has_phone = rng.random_bool(if new_channel { 0.2 } else { 0.6 });
    let phone = has_phone.then(|| format!("+00 555 {:06}", rng.random_range(0..1_000_000)));
    let (account, offset_minutes) = (states_company.then_some(account), account::offset_minutes(country));
    Person { profile, first_name, last_name, email, phone, account, offset_minutes }
}
