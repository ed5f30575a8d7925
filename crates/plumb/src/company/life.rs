//! What becomes of one lead: the first week, then the outcome, and the moments of both.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::calendar::{DAY, HOUR, Moment};
use super::formula::{self, Behaviour, Outreach, Profile, Reply, Waits};
use super::people::pick;

/// One lead's life, as it happened; who learned of it when is left to the three systems.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) profile: Profile,
    pub(super) behaviour: Behaviour,
    pub(super) visits_early: usize,
    pub(super) saw_pricing_early: bool,
    pub(super) first_outreach_at: Option<Moment>,
    pub(super) replied_at: Option<Moment>,
    /// Visits of the first week, by time, and whether to the page of prices.
    pub(super) visits: Vec<(Moment, bool)>,
    /// When the lead had converted; if ever.
    pub(super) converted_at: Option<Moment>,
    /// When the rep gave up, or the converted lead let the application lapse.
    pub(super) lost_at: Option<Moment>,
    pub(super) applied_at: Option<Moment>,
    pub(super) decided: Option<Decision>,
}

/// What was decided of an application.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decision {
    pub(super) at: Moment,
    pub(super) approved: bool,
}

impl Life {
    /// Returns when nothing more will be asked of the lead: lost, or decided.
    pub(super) fn closed_at(&self) -> Moment {
        let decided_at = self.decided.map(|decision| decision.at);
        decided_at.or(self.lost_at).unwrap_or(Moment::MAX)
    }
}

/// Lives a life by the laws of `formula`.
pub(super) fn live(rng: &mut ChaCha8Rng, profile: Profile, waits: &Waits) -> Life {
    let (visits, visits_early) = draw_visits(rng, &profile);
    let saw_pricing_early = visits[..visits_early].iter().any(|(_, pricing)| *pricing);
    let outreach = pick(rng, &formula::outreaches(&profile));
    let reply = pick(rng, &formula::replies(&profile, outreach));
    let (first_outreach_at, replied_at) = draw_contact(rng, profile.created_at, outreach, reply);
    let saw_pricing = visits.iter().any(|(_, pricing)| *pricing);
    let behaviour = Behaviour { outreach, reply, visits: visits.len(), saw_pricing };
    let mut life = Life {
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
    draw_outcome(rng, &mut life, waits);
    life
}

fn draw_visits(rng: &mut ChaCha8Rng, profile: &Profile) -> (Vec<(Moment, bool)>, usize) {
    let early = pick_index(rng, &formula::visits_early(profile));
    let late = pick_index(rng, &formula::visits_late(early));
    let pricing = formula::pricing_share(profile);
    let mut visits: Vec<(Moment, bool)> = (0..early + late)
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
    created_at: Moment,
    outreach: Outreach,
    reply: Reply,
) -> (Option<Moment>, Option<Moment>) {
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

fn draw_outcome(rng: &mut ChaCha8Rng, life: &mut Life, waits: &Waits) {
    let week_over_at = life.profile.created_at + 7 * DAY;
    if !rng.random_bool(formula::conversion(&life.profile, &life.behaviour)) {
        let patience = 10.0 + 60.0 * rng.random::<f64>() + 90.0 * rng.random::<f64>().powi(3);
        life.lost_at = Some(at_work(rng, week_over_at + patience as i64 * DAY));
        return;
    }
    let mut days = pick_index(rng, &waits.conversion) as i64;
    life.converted_at = Some(at_work(rng, week_over_at + days * DAY));
    if !rng.random_bool(formula::application(&life.profile)) {
        days += rng.random_range(30..60);
        life.lost_at = Some(at_work(rng, week_over_at + days * DAY));
        return;
    }
    days += pick_index(rng, &waits.application) as i64;
    life.applied_at = Some(at_work(rng, week_over_at + days * DAY));
    days += pick_index(rng, &waits.decision) as i64;
    let file_moment = week_over_at + days * DAY;
    let approved = rng.random_bool(formula::approval(&life.profile, file_moment));
    life.decided = Some(Decision { at: at_work(rng, file_moment), approved });
}

/// Returns the next moment of office hours, UTC, at most 24 hours and never 0 seconds away.
fn at_work(rng: &mut ChaCha8Rng, moment: Moment) -> Moment {
    let second_of_day = rng.random_range(8 * HOUR..18 * HOUR);
    let wait = (second_of_day - moment.rem_euclid(DAY)).rem_euclid(DAY);
    moment + wait.max(1)
}

fn pick_index(rng: &mut ChaCha8Rng, shares: &[f64]) -> usize {
    let mut left = rng.random::<f64>();
    for (index, share) in shares.iter().enumerate() {
        left -= share;
        if left < 0.0 {
            return index;
        }
    }
    shares.len() - 1
}
