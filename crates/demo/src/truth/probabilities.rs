//! The true probabilities at each observed age, computed exactly and not by counting.
//!
//! They are the best prediction by the laws, if every fact were known at once; what has not happened yet at that age is
//! averaged over. Models learn of some facts late, so even a perfect one stays a little behind.

use crate::calendar::{DAY, Timestamp};
use crate::journey::Journey;
use crate::law::{self, Behaviour, Outreach, Profile, Reply, VISITS_EARLY_MAX, VISITS_LATE_MAX, Waits, conversion};

/// The ages at which leads are observed, in days, with their names.
pub(crate) const AGES: [(i64, &str); 3] = [(0, "0h"), (2, "48h"), (7, "7d")];
/// Days within which a conversion counts.
pub(crate) const CONVERTED_HORIZON: i64 = 90;
/// Days within which an approval counts.
pub(crate) const APPROVED_HORIZON: i64 = 120;

/// The two true probabilities of a lead at one age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Probabilities {
    pub(crate) as_of: Timestamp,
    pub(crate) age: &'static str,
    pub(crate) converted: f64,
    pub(crate) approved: f64,
}

/// Returns the true probabilities of a lead at each age.
pub(crate) fn of(journey: &Journey, waits: &Waits) -> [Probabilities; 3] {
    let profile = &journey.profile;
    AGES.map(|(age_days, age)| {
        let ever = match age_days {
            0 => at_creation(profile),
            2 => at_two_days(journey),
            _ => conversion(profile, &journey.behaviour),
        };
        // No lead converts in the first seven days, so every lead is open at each age. A wait of `k` days ends within
        // day `k`, so it is inside the horizon if that whole day is.
        let days_left = |horizon: i64| (horizon + age_days - 7) as usize;
        let within: f64 = waits.conversion.iter().take(days_left(CONVERTED_HORIZON)).sum();
        let decided: f64 = waits
            .total
            .iter()
            .take(days_left(APPROVED_HORIZON))
            .enumerate()
            .map(|(day, share)| share * law::approval(profile, profile.created_at + (7 + day as i64) * DAY))
            .sum();
        let approved = ever * law::application(profile) * decided;
        Probabilities { as_of: profile.created_at + age_days * DAY, age, converted: ever * within, approved }
    })
}

/// Returns the probability that a lead ever converts, when it is created.
fn at_creation(profile: &Profile) -> f64 {
    let mut contacts = Vec::new();
    for (outreach, share) in law::outreaches(profile) {
        contacts.extend(law::replies(profile, outreach).map(|(reply, given)| (outreach, reply, share * given)));
    }
    expect(profile, &contacts, &visits_from(profile, None))
}

/// Returns the probability that a lead ever converts, by what happened in its first two days.
fn at_two_days(journey: &Journey) -> f64 {
    let profile = &journey.profile;
    let replies_still_open = |outreach| {
        let replies = law::replies(profile, outreach);
        if journey.behaviour.reply == Reply::Prompt {
            return vec![(outreach, Reply::Prompt, 1.0)];
        }
        // A prompt answer to an early outreach would have come by now.
        let open = 1.0 - replies[0].1;
        replies[1..].iter().map(|(reply, share)| (outreach, *reply, share / open)).collect()
    };
    let contacts = match journey.behaviour.outreach {
        Outreach::Fast | Outreach::SameDay => replies_still_open(journey.behaviour.outreach),
        Outreach::Late | Outreach::Never => {
            let open = &law::outreaches(profile)[2..];
            let total: f64 = open.iter().map(|(_, share)| share).sum();
            let of = |(outreach, share): &(Outreach, f64)| {
                let share = share / total;
                let outreach = *outreach;
                law::replies(profile, outreach).map(|(reply, given)| (outreach, reply, share * given))
            };
            open.iter().flat_map(of).collect()
        }
    };
    expect(profile, &contacts, &visits_from(profile, Some((journey.visits_early, journey.saw_pricing_early))))
}

/// How likely each number of visits is, without and with the page of prices among them.
type Visits = [[f64; 2]; VISITS_EARLY_MAX + VISITS_LATE_MAX + 1];

fn visits_from(profile: &Profile, early: Option<(usize, bool)>) -> Visits {
    let mut visits = [[0.0; 2]; VISITS_EARLY_MAX + VISITS_LATE_MAX + 1];
    let unseen = 1.0 - law::pricing_share(profile);
    let mut add = |count_early: usize, share_early: f64, saw_early: bool, unseen_early: f64| {
        for (count_late, share_late) in law::visits_late(count_early).into_iter().enumerate() {
            let never = if saw_early { 0.0 } else { unseen_early * unseen.powi(count_late as i32) };
            visits[count_early + count_late][0] += share_early * share_late * never;
            visits[count_early + count_late][1] += share_early * share_late * (1.0 - never);
        }
    };
    match early {
        Some((count, saw)) => add(count, 1.0, saw, 1.0),
        None => {
            for (count, share) in law::visits_early(profile).into_iter().enumerate() {
                add(count, share, false, unseen.powi(count as i32));
            }
        }
    }
    visits
}

/// Averages the conversion over what is still open.
fn expect(profile: &Profile, contacts: &[(Outreach, Reply, f64)], visits: &Visits) -> f64 {
    let mut sum = 0.0;
    // More than six visits are as good as six: they are added up first, which halves the work.
    for count in 0..=6 {
        for saw in [0, 1] {
            let share = if count < 6 { visits[count][saw] } else { visits[6..].iter().map(|both| both[saw]).sum() };
            if share == 0.0 {
                continue;
            }
            for &(outreach, reply, given) in contacts {
                let behaviour = Behaviour { outreach, reply, visits: count, saw_pricing: saw == 1 };
                sum += share * given * conversion(profile, &behaviour);
            }
        }
    }
    sum
}
