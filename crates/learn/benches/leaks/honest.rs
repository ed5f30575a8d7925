//! Columns that are known in time: weak ones, and strong ones that a search for leaks might accuse.

use rand::RngExt;

use super::tables::{Maker, levels, normal};

/// A kind of honest column that is strong, or looks like a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strong {
    Number,
    Category,
    MissingByChannel,
    RareCountries,
    FlagOfSpeed,
    FilledInTogether,
    DateBefore,
    PlannedDate,
    WholeAmounts,
    NameOfTheEnd,
    ManyZeros,
    StableField,
}

pub(super) const STRONG: [Strong; 12] = [
    Strong::Number,
    Strong::Category,
    Strong::MissingByChannel,
    Strong::RareCountries,
    Strong::FlagOfSpeed,
    Strong::FilledInTogether,
    Strong::DateBefore,
    Strong::PlannedDate,
    Strong::WholeAmounts,
    Strong::NameOfTheEnd,
    Strong::ManyZeros,
    Strong::StableField,
];

/// Adds a weak column, mixed of the lead's quality and chance.
pub(super) fn weak(maker: &mut Maker, index: usize) {
    let quality = maker.quality.clone();
    let pull = maker.random.random_range(0.0..0.5);
    let missing = if maker.random.random_bool(0.4) { maker.random.random_range(0.0..0.4) } else { 0.0 };
    match index % 3 {
        0 => maker.number(&format!("measure_{index}"), |random, row, _| {
            if random.random_bool(missing) { f64::NAN } else { pull * quality[row] + normal(random) }
        }),
        1 => {
            let count = maker.random.random_range(3..12);
            maker.words(&format!("sort_{index}"), &levels("sort", count), |random, row, _| {
                let place = (pull * quality[row] + normal(random) + 2.5) / 5.0 * count as f64;
                (!random.random_bool(missing)).then_some((place.max(0.0) as usize).min(count - 1))
            });
        }
        _ => maker
            .number(&format!("count_{index}"), |random, row, _| (pull * quality[row] + normal(random)).exp().floor()),
    }
}

/// Adds a strong column.
pub(super) fn strong(maker: &mut Maker, index: usize) -> (Strong, String) {
    let kind = STRONG[maker.random.random_range(0..STRONG.len())];
    let name = format!("{}_{index}", word(kind));
    match kind {
        Strong::Number => {
            // An AUC of 0.80 to 0.86.
            let distance = maker.random.random_range(1.19..1.53);
            maker.number(&name, |random, _, label| if label { distance } else { 0.0 } + normal(random));
        }
        Strong::Category => category(maker, &name),
        Strong::MissingByChannel => maker.number(&name, |random, _, label| {
            let is_direct = random.random_bool(if label { 0.6 } else { 0.35 });
            if random.random_bool(if is_direct { 0.1 } else { 0.6 }) { f64::NAN } else { normal(random) }
        }),
        Strong::RareCountries => maker.words(&name, &levels("country", 40), |random, _, _| {
            Some(if random.random_bool(0.97) { random.random_range(0..4) } else { random.random_range(4..40) })
        }),
        Strong::FlagOfSpeed => {
            let (won, lost) = (maker.random.random_range(0.5..0.8), maker.random.random_range(0.08..0.2));
            maker.flag(&name, |random, label| random.random_bool(if label { won } else { lost }));
        }
        Strong::FilledInTogether => {
            let known = maker.labels.clone();
            let found: Vec<bool> =
                known.iter().map(|label| maker.random.random_bool(if *label { 0.7 } else { 0.5 })).collect();
            for part in ["", "_b", "_c"] {
                maker.number(
                    &format!("{name}{part}"),
                    |random, row, _| if found[row] { normal(random) } else { f64::NAN },
                );
            }
        }
        Strong::DateBefore => {
            maker.date(&name, |random, _, label| {
                Some(random.random_range(1e-9..1.0_f64).ln() * if label { 30.0 } else { 60.0 })
            });
        }
        Strong::PlannedDate => maker.date(&name, |random, _, label| {
            random.random_bool(0.8).then(|| (4.5 + 0.5 * normal(random) - if label { 0.2 } else { 0.0 }).exp())
        }),
        Strong::WholeAmounts => maker
            .number(&name, |random, _, label| (13.0 + normal(random) + if label { 0.4 } else { 0.0 }).exp().floor()),
        Strong::NameOfTheEnd => {
            maker.words(&name, &levels("reason", 5), |random, _, _| Some(random.random_range(0..5)));
        }
        Strong::ManyZeros => maker.number(&name, |random, _, label| {
            let visited = random.random_bool(if label { 0.75 } else { 0.2 });
            if visited { (normal(random) + if label { 2.3 } else { 2.0 }).exp() } else { 0.0 }
        }),
        Strong::StableField => {
            maker.number(&name, |random, _, label| if label { 0.4 } else { 0.0 } + normal(random));
            maker.changes(&name, 30, 150);
        }
    }
    (kind, name)
}

/// Words of which some are strong, and rare ones are pure by chance.
fn category(maker: &mut Maker, name: &str) {
    // Weights of the levels for lost and for won leads: odds up to 12 times the base.
    let (lost, won) = ([40.0, 30.0, 20.0, 6.0, 2.0, 0.3, 0.2, 0.1], [15.0, 20.0, 25.0, 30.0, 24.0, 3.0, 1.0, 0.5]);
    maker.words(name, &levels("channel", lost.len()), |random, _, label| {
        let weights = if label { won } else { lost };
        let mut left = random.random_range(0.0..weights.iter().sum());
        weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        })
    });
}

fn word(kind: Strong) -> &'static str {
    match kind {
        Strong::Number => "engagement",
        Strong::Category => "channel",
        Strong::MissingByChannel => "income",
        Strong::RareCountries => "country",
        Strong::FlagOfSpeed => "responded_within_48h",
        Strong::FilledInTogether => "firm",
        Strong::DateBefore => "first_visit",
        Strong::PlannedDate => "wanted_start",
        Strong::WholeAmounts => "amount",
        Strong::NameOfTheEnd => "reason_of_request",
        Strong::ManyZeros => "page_value",
        Strong::StableField => "region_score",
    }
}
