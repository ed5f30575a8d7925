//! What the laws look at: a lead's fields, and the behaviour of its first week.

use crate::calendar::Timestamp;

/// What is known of a lead when it is created.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) created_at: Timestamp,
    pub(crate) industry: Option<&'static str>,
    pub(crate) employees: Option<u32>,
    pub(crate) country: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) role: &'static str,
    pub(crate) budget: Option<f64>,
    pub(crate) experience_years: Option<u32>,
    pub(crate) work_permit: Option<bool>,
    pub(crate) free_mail: bool,
    /// Index of the rep who owns the lead.
    pub(crate) rep: usize,
}

/// What a lead's first seven days were like, as far as the laws depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Behaviour {
    pub(crate) outreach: Outreach,
    pub(crate) reply: Reply,
    pub(crate) visits: usize,
    pub(crate) saw_pricing: bool,
}

/// When a rep first wrote or called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outreach {
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
pub(crate) enum Reply {
    /// Within 48 hours of the outreach; and before 48 hours of age unless the outreach was late.
    Prompt,
    /// Later, though in the first week, and after 48 hours of age.
    Tardy,
    /// Not in the first week.
    Never,
}
