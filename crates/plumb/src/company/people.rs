//! Who the leads are and where they work: drawn before anything happens to them.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::calendar::{DAY, END, HOUR, Moment, NEW_CHANNEL, NEW_CHANNEL_SHARE, START, volume};
use super::formula::Profile;

/// A person: what matters to the formula, and what only makes a record look like one.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) profile: Profile,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    /// In its plainest spelling.
    pub(super) email: String,
    pub(super) phone: Option<String>,
    /// Position among the accounts; `None` if the CRM was never told where they work.
    pub(super) account: Option<usize>,
    /// Of the clock on their wall.
    pub(super) offset_minutes: i32,
}

/// A company for which leads work.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) industry: &'static str,
    pub(super) employees: u32,
    pub(super) country: &'static str,
    pub(super) created_at: Moment,
}

/// The reps, by name; leads are dealt out among them.
pub(super) const REPS: [&str; 12] = [
    "Amara Diallo",
    "Ben Krause",
    "Carla Rossi",
    "Dev Mehta",
    "Ewa Nowak",
    "Finn Olsen",
    "Grace Kim",
    "Hugo Martin",
    "Ines Costa",
    "Jonas Weber",
    "Kate Doyle",
    "Luca Moretti",
];

/// The countries, with the share of leads and the clock.
const COUNTRIES: [(&str, f64, i32); 6] =
    [("DE", 0.26, 60), ("GB", 0.2, 0), ("US", 0.18, -300), ("FR", 0.14, 60), ("PL", 0.12, 60), ("IN", 0.1, 330)];
const INDUSTRIES: [(&str, f64); 8] = [
    ("fintech", 0.14),
    ("healthcare", 0.14),
    ("logistics", 0.12),
    ("retail", 0.14),
    ("manufacturing", 0.14),
    ("education", 0.11),
    ("hospitality", 0.09),
    ("construction", 0.12),
];
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

const FIRST_NAMES: [&str; 24] = [
    "Ada", "Ahmed", "Anna", "Bruno", "Chloe", "Daniel", "Elena", "Farah", "George", "Hana", "Ivan", "Julia", "Karim",
    "Lena", "Marek", "Nadia", "Oscar", "Priya", "Rafael", "Sofia", "Tom", "Uma", "Victor", "Zoe",
];
const LAST_NAMES: [&str; 24] = [
    "Adams", "Becker", "Carter", "Dubois", "Evans", "Fischer", "Garcia", "Hughes", "Iyer", "Jansen", "Kowalski",
    "Lopez", "Meyer", "Novak", "Okafor", "Patel", "Quinn", "Rossi", "Schulz", "Tanaka", "Unger", "Varga", "Wilson",
    "Young",
];
const COMPANY_FIRST: [&str; 16] = [
    "Amber", "Blue", "Cedar", "Delta", "Elm", "Falcon", "Granite", "Harbour", "Iron", "Juniper", "Kestrel", "Linden",
    "Maple", "North", "Orchard", "Pine",
];
const COMPANY_LAST: [&str; 8] = ["Works", "Group", "Labs", "Partners", "Systems", "Trading", "Services", "House"];
pub(super) const FREE_MAIL: [&str; 2] = ["freemail.example", "webmail.example"];

/// Draws this many people in the order in which they become leads, and the companies they work for.
pub(super) fn draw(rng: &mut ChaCha8Rng, count: usize) -> (Vec<Account>, Vec<Person>) {
    let mut accounts = Vec::new();
    let people = arrivals(rng, count)
        .into_iter()
        .enumerate()
        .map(|(number, created_at)| draw_person(rng, number, created_at, &mut accounts))
        .collect();
    (accounts, people)
}

/// Picks one of several things by its share.
pub(super) fn pick<T: Copy>(rng: &mut ChaCha8Rng, choices: &[(T, f64)]) -> T {
    let mut left = rng.random::<f64>() * choices.iter().map(|(_, share)| share).sum::<f64>();
    for (choice, share) in choices {
        left -= share;
        if left < 0.0 {
            return *choice;
        }
    }
    choices[choices.len() - 1].0
}

fn arrivals(rng: &mut ChaCha8Rng, count: usize) -> Vec<Moment> {
    let days: Vec<(Moment, f64)> =
        (0..(END - START) / DAY).map(|day| START + day * DAY).map(|day| (day, volume(day))).collect();
    let hours: Vec<(i64, f64)> = (0..24).map(|hour| (hour, if (7..21).contains(&hour) { 1.0 } else { 0.15 })).collect();
    let mut moments: Vec<Moment> =
        (0..count).map(|_| pick(rng, &days) + pick(rng, &hours) * HOUR + rng.random_range(0..HOUR)).collect();
    moments.sort_unstable();
    moments
}

fn draw_person(rng: &mut ChaCha8Rng, number: usize, created_at: Moment, accounts: &mut Vec<Account>) -> Person {
    let new_channel = created_at >= NEW_CHANNEL && rng.random_bool(NEW_CHANNEL_SHARE);
    let channel = if new_channel { "tiktok_ads" } else { pick(rng, &CHANNELS) };
    let role = pick(rng, if new_channel { &ROLES_NEW_CHANNEL } else { &ROLES });
    let account = choose_account(rng, created_at, new_channel, accounts);
    let company = &accounts[account];
    let country = company.country;
    // Some never say where they work; the CRM then knows neither the industry nor the size.
    let told = rng.random_bool(0.96);
    let employees = told.then_some(company.employees);
    let free_mail = !told || rng.random_bool(if new_channel { 0.85 } else { 0.25 });
    let stated_budget = rng.random_bool(if new_channel { 0.35 } else { 0.72 });
    let budget = (normal(rng) * 0.9 + (1000.0 * f64::from(employees.unwrap_or(30)).sqrt()).ln()).exp();
    let experience = if role == "student" { rng.random_range(0..4) } else { rng.random_range(1..26) };
    let profile = Profile {
        created_at,
        industry: told.then_some(company.industry),
        employees,
        country,
        channel,
        role,
        budget: stated_budget.then_some((budget / 100.0).round().max(1.0) * 100.0),
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
    let offset_minutes = COUNTRIES.iter().find(|known| known.0 == country).map_or(0, |known| known.2);
    Person { profile, first_name, last_name, email, phone, account: told.then_some(account), offset_minutes }
}

/// A quarter of the leads work where a recent one does.
fn choose_account(rng: &mut ChaCha8Rng, created_at: Moment, new_channel: bool, accounts: &mut Vec<Account>) -> usize {
    if !new_channel && accounts.len() > 50 && rng.random_bool(0.25) {
        return accounts.len() - 1 - rng.random_range(0..50);
    }
    let number = accounts.len();
    let (first, last) = (COMPANY_FIRST[rng.random_range(0..16)], COMPANY_LAST[rng.random_range(0..8)]);
    let size = if new_channel { 2.2 + 1.0 * normal(rng) } else { 4.1 + 1.7 * normal(rng) };
    let countries = COUNTRIES.map(|(country, share, _)| (country, share));
    accounts.push(Account {
        name: format!("{first} {last} {number}"),
        domain: format!("{}-{}{number}.example", first.to_lowercase(), last.to_lowercase()),
        industry: pick(rng, &INDUSTRIES),
        employees: size.exp().clamp(1.0, 20_000.0) as u32,
        country: pick(rng, &countries),
        created_at,
    });
    number
}

/// A draw from the standard normal distribution, by Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}
