//! The companies that leads work for.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::names::{COMPANY_FIRST, COMPANY_LAST};
use crate::calendar::Timestamp;
use crate::random::{normal, pick};

/// A company that leads work for.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) domain: String,
    pub(crate) industry: &'static str,
    pub(crate) employees: u32,
    pub(crate) country: &'static str,
    pub(crate) created_at: Timestamp,
}

/// The countries, with the share of leads and the minutes from UTC.
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

/// Returns the position of the account that a lead works for: a quarter of the leads work where a recent one does.
pub(super) fn choose(
    rng: &mut ChaCha8Rng,
    created_at: Timestamp,
    new_channel: bool,
    accounts: &mut Vec<Account>,
) -> usize {
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

/// Returns how far the clocks of a country are from UTC.
pub(super) fn offset_minutes(country: &str) -> i32 {
    COUNTRIES.iter().find(|known| known.0 == country).map_or(0, |known| known.2)
}
