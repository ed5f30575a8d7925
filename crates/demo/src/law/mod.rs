//! The laws of the demo company: who converts, who is approved, and how people behave in their first week.
//!
//! Models are measured against these laws; nothing of them is written into the three systems.
//! Log-odds are sums of terms; what makes a spreadsheet or a linear model fall short are the terms that depend on two
//! things at once: a reply means little from a referral, visits mean nothing from a paid channel, an industry that is
//! good in one country is bad in another, a budget is right only for a size of company.

mod profile;
mod conversion;
mod approval;
mod first_week;
mod waits;
mod distributions;

pub(crate) use approval::{application, approval};
pub(crate) use conversion::conversion;
pub(crate) use first_week::{
    VISITS_EARLY_MAX, VISITS_LATE_MAX, outreaches, pricing_share, replies, visits_early, visits_late,
};
pub(crate) use profile::{Behaviour, Outreach, Profile, Reply};
pub(crate) use waits::Waits;
