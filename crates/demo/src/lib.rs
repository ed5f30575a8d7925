#![doc = include_str!("../README.md")]

mod company;
mod law;
mod people;
mod journey;
mod truth;
mod crm;
mod marketing;
mod internal;
pub mod template;
mod calendar;
mod spelling;
mod random;
mod database;
mod exports;

pub use company::{Company, Params, build, new_channel_at};
pub use exports::write_exports;
pub use truth::TrueProbabilities;

#[cfg(test)]
mod tests;
