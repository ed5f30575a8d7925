//! The true probabilities at each observed age, computed exactly and not by counting.
//!
//! They are what somebody would say who knows `formula` and learns of everything at once; what had not happened yet
//! by then is averaged over. Models learn of some things late, so even a perfect one stays a little behind.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use super::calendar::{DAY, Moment, utc};
use super::formula::{self, Behaviour, Outreach, Profile, Reply, VISITS_EARLY_MAX, VISITS_LATE_MAX, Waits, conversion};
use super::life::Life;

/// The ages at which truth is told, in days, with their names.
pub(super) const AGES: [(i64, &str); 3] = [(0, "0h"), (2, "48h"), (7, "7d")];
/// Days within which a conversion counts.
pub(super) const CONVERTED_HORIZON: i64 = 90;
/// Days within which an approval counts.
pub(super) const APPROVED_HORIZON: i64 = 120;

/// The two true probabilities of a lead at one age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Truth {
    pub(super) as_of: Moment,
    pub(super) age: &'static str,
    pub(super) converted: f64,
    pub(super) approved: f64,
}

/// Returns what was true of a lead at each age.
pub(super) fn of(life: &Life, waits: &Waits) -> [Truth; 3] {
    let profile = &life.profile;
    AGES.map(|(age_days, age)| {
        let ever = match age_days {
            0 => at_birth(profile),
            2 => at_two_days(life),
            _ => conversion(profile, &life.behaviour),
        };
        // Nobody converts in the first seven days, so every lead is open at each age. A wait of `k` days ends within
        // day `k`, so it is inside the horizon if that whole day is.
        let days_left = |horizon: i64| (horizon + age_days - 7) as usize;
        let within: f64 = waits.conversion.iter().take(days_left(CONVERTED_HORIZON)).sum();
        let decided: f64 = waits
            .total
            .iter()
            .take(days_left(APPROVED_HORIZON))
            .enumerate()
            .map(|(day, share)| share * formula::approval(profile, profile.created_at + (7 + day as i64) * DAY))
            .sum();
        let approved = ever * formula::application(profile) * decided;
        Truth { as_of: profile.created_at + age_days * DAY, age, converted: ever * within, approved }
    })
}

/// Writes `truth.csv`: a line for each lead, age and target.
pub(super) fn write(path: &Path, truths: impl Iterator<Item = (i64, [Truth; 3])>) -> Result<()> {
    let writing = || format!("cannot write `{}`", path.display());
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).with_context(writing)?);
    writeln!(file, "lead_id,age,as_of,target,probability").with_context(writing)?;
    for (crm_id, ages) in truths {
        for Truth { as_of, age, converted, approved } in ages {
            let as_of = utc(as_of);
            writeln!(file, "crm:{crm_id},{age},{as_of},converted,{converted:.6}").with_context(writing)?;
            writeln!(file, "crm:{crm_id},{age},{as_of},approved,{approved:.6}").with_context(writing)?;
        }
    }
    file.flush().with_context(writing)
}

fn at_birth(profile: &Profile) -> f64 {
    let mut contacts = Vec::new();
    for (outreach, share) in formula::outreaches(profile) {
        contacts.extend(formula::replies(profile, outreach).map(|(reply, given)| (outreach, reply, share * given)));
    }
    expect(profile, &contacts, &visits_from(profile, None))
}

fn at_two_days(life: &Life) -> f64 {
    let profile = &life.profile;
    let prompt_known = |outreach| {
        let replies = formula::replies(profile, outreach);
        if life.behaviour.reply == Reply::Prompt {
            return vec![(outreach, Reply::Prompt, 1.0)];
        }
        // A prompt answer to an early outreach would have come by now.
        let open = 1.0 - replies[0].1;
        replies[1..].iter().map(|(reply, share)| (outreach, *reply, share / open)).collect()
    };
    let contacts = match life.behaviour.outreach {
        Outreach::Fast | Outreach::SameDay => prompt_known(life.behaviour.outreach),
        Outreach::Late | Outreach::Never => {
            let open = &formula::outreaches(profile)[2..];
            let total: f64 = open.iter().map(|(_, share)| share).sum();
            let of = |(outreach, share): &(Outreach, f64)| {
                let share = share / total;
                let outreach = *outreach;
                formula::replies(profile, outreach).map(|(reply, given)| (outreach, reply, share * given))
            };
            open.iter().flat_map(of).collect()
        }
    };
    expect(profile, &contacts, &visits_from(profile, Some((life.visits_early, life.saw_pricing_early))))
}

/// How likely each number of visits is, without and with the page of prices among them.
type Visits = [[f64; 2]; VISITS_EARLY_MAX + VISITS_LATE_MAX + 1];

fn visits_from(profile: &Profile, early: Option<(usize, bool)>) -> Visits {
    let mut visits = [[0.0; 2]; VISITS_EARLY_MAX + VISITS_LATE_MAX + 1];
    let unseen = 1.0 - formula::pricing_share(profile);
    let mut add = |count_early: usize, share_early: f64, saw_early: bool, unseen_early: f64| {
        for (count_late, share_late) in formula::visits_late(count_early).into_iter().enumerate() {
            let never = if saw_early { 0.0 } else { unseen_early * unseen.powi(count_late as i32) };
            visits[count_early + count_late][0] += share_early * share_late * never;
            visits[count_early + count_late][1] += share_early * share_late * (1.0 - never);
        }
    };
    match early {
        Some((count, saw)) => add(count, 1.0, saw, 1.0),
        None => {
            for (count, share) in formula::visits_early(profile).into_iter().enumerate() {
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
