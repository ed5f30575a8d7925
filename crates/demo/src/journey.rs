//! What becomes of one lead: the first week, then the outcome, and when each happens.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::calendar::{DAY, HOUR, Timestamp};
use crate::law::{self, Behaviour, Outreach, Profile, Reply, Waits};
use crate::random::{pick, pick_index};

/// One lead's journey, as it happened; which system learns of it when is left to the three systems.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    pub(crate) profile: Profile,
    pub(crate) behaviour: Behaviour,
    pub(crate) visits_early: usize,
    pub(crate) saw_pricing_early: bool,
    pub(crate) first_outreach_at: Option<Timestamp>,
    pub(crate) replied_at: Option<Timestamp>,
    /// Visits of the first week, by time, and whether to the page of prices.
    pub(crate) visits: Vec<(Timestamp, bool)>,
    /// When the lead converted, if ever.
    pub(crate) converted_at: Option<Timestamp>,
    /// When the rep gave up, or the converted lead let the application lapse.
    pub(crate) lost_at: Option<Timestamp>,
    pub(crate) applied_at: Option<Timestamp>,
    pub(crate) decided: Option<Decision>,
}

/// What was decided of an application.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decision {
    pub(crate) at: Timestamp,
    pub(crate) approved: bool,
}

impl Journey {
    /// Returns when the lead is closed: lost, or decided.
    pub(crate) fn closed_at(&self) -> Timestamp {
        let decided_at = self.decided.map(|decision| decision.at);
        decided_at.or(self.lost_at).unwrap_or(Timestamp::MAX)
    }
}

/// Draws a lead's journey by the laws.
pub(crate) fn draw(rng: &mut ChaCha8Rng, profile: Profile, waits: &Waits) -> Journey {
    let (visits, visits_early) = draw_visits(rng, &profile);
    let saw_pricing_early = visits[..visits_early].iter().any(|(_, pricing)| *pricing);
    let outreach = pick(rng, &law::outreaches(&profile));
    let reply = pick(rng, &law::replies(&profile, outreach));
    let (first_outreach_at, replied_at) = draw_contact(rng, profile.created_at, outreach, reply);
    let saw_pricing = visits.iter().any(|(_, pricing)| *pricing);
    let behaviour = Behaviour { outreach, reply, visits: visits.len(), saw_pricing };
    let mut journey = Journey {
        profile,
        behaviour,
        visits_early,
        saw_pricing_early,
        first_outreach_at,
        replied_at,
        visits,
        converted_at: None,
        lost_at: None,
        applied_at: None,
        decided: None,
    };
    draw_outcome(rng, &mut journey, waits);
    journey
}

fn draw_visits(rng: &mut ChaCha8Rng, profile: &Profile) -> (Vec<(Timestamp, bool)>, usize) {
    let early = pick_index(rng, &law::visits_early(profile));
    let late = pick_index(rng, &law::visits_late(early));
    let pricing = law::pricing_share(profile);
    let mut visits: Vec<(Timestamp, bool)> = (0..early + late)
        .map(|number| {
            // Both spans end a second early, so that a visit is inside its span by any comparison.
            let after = if number < early { 1..2 * DAY } else { 2 * DAY + 1..7 * DAY };
            (profile.created_at + rng.random_range(after), rng.random_bool(pricing))
        })
        .collect();
    visits.sort_unstable();
    (visits, early)
}

fn draw_contact(
    rng: &mut ChaCha8Rng,
    created_at: Timestamp,
    outreach: Outreach,
    reply: Reply,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let outreach_after = match outreach {
        Outreach::Fast => rng.random_range(HOUR / 6..4 * HOUR),
        Outreach::SameDay => rng.random_range(5 * HOUR..22 * HOUR),
        Outreach::Late => rng.random_range(50 * HOUR..90 * HOUR),
        Outreach::Never => return (None, None),
    };
    // A prompt reply to an early outreach comes before 48 hours of age: `truth` counts on it.
    let prompt_until = if outreach == Outreach::Late { 47 * HOUR } else { 47 * HOUR - outreach_after };
    let reply_after = match reply {
        Reply::Prompt => Some(rng.random_range(HOUR / 2..prompt_until)),
        Reply::Tardy => Some(rng.random_range(49 * HOUR..75 * HOUR)),
        Reply::Never => None,
    };
    let outreach_at = created_at + outreach_after;
    (Some(outreach_at), reply_after.map(|after| outreach_at + after))
}

fn draw_outcome(rng: &mut ChaCha8Rng, journey: &mut Journey, waits: &Waits) {
    let week_over_at = journey.profile.created_at + 7 * DAY;
    if !rng.random_bool(law::conversion(&journey.profile, &journey.behaviour)) {
        let days = 10.0 + 60.0 * rng.random::<f64>() + 90.0 * rng.random::<f64>().powi(3);
        journey.lost_at = Some(at_work(rng, week_over_at + days as i64 * DAY));
        return;
    }
    let mut days = pick_index(rng, &waits.conversion) as i64;
    journey.converted_at = Some(at_work(rng, week_over_at + days * DAY));
    if !rng.random_bool(law::application(&journey.profile)) {
        days += rng.random_range(30..60);
        journey.lost_at = Some(at_work(rng, week_over_at + days * DAY));
        return;
    }
    days += pick_index(rng, &waits.application) as i64;
    journey.applied_at = Some(at_work(rng, week_over_at + days * DAY));
    days += pick_index(rng, &waits.decision) as i64;
    let decided_at = week_over_at + days * DAY;
    let approved = rng.random_bool(law::approval(&journey.profile, decided_at));
    journey.decided = Some(Decision { at: at_work(rng, decided_at), approved });
}

/// Returns a time in the next office hours, UTC: at most 24 hours and never 0 seconds later.
fn at_work(rng: &mut ChaCha8Rng, timestamp: Timestamp) -> Timestamp {
    let second_of_day = rng.random_range(8 * HOUR..18 * HOUR);
    let wait = (second_of_day - timestamp.rem_euclid(DAY)).rem_euclid(DAY);
    timestamp + wait.max(1)
}
