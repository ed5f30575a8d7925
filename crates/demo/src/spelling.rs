//! The many ways in which people and programs write the same thing.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::people::Person;

/// Writes a person's address as one of them would: all normalise to the same.
pub(crate) fn email(rng: &mut ChaCha8Rng, person: &Person) -> String {
    let plain = &person.email;
    let (local, domain) = plain.split_once('@').expect("addresses are made with one");
    match rng.random_range(0..100) {
        0..78 => plain.clone(),
        78..86 => format!("{}.{}", person.first_name, &local[person.first_name.len() + 1..]) + "@" + domain,
        86..90 => plain.to_uppercase(),
        90..94 => format!(" {plain} "),
        94..97 => format!("{local}+news@{domain}"),
        _ => format!("\"{} {}\" <{plain}>", person.first_name, person.last_name),
    }
}

/// Writes an industry as one of several clerks would.
pub(crate) fn industry(rng: &mut ChaCha8Rng, industry: &str) -> String {
    match rng.random_range(0..20) {
        0 => industry.to_uppercase(),
        1 | 2 => format!("{}{}", industry[..1].to_uppercase(), &industry[1..]),
        3 => format!("{industry} "),
        _ => industry.to_owned(),
    }
}
