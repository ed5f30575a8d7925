//! Columns that are written once the outcome is known, a maker for each kind.

use plumb_learn::leaks::LeakKind;
use rand::RngExt;

use super::tables::{Leak, Maker, levels, normal};

/// Adds a leak of a kind.
pub(super) fn add(maker: &mut Maker, kind: LeakKind) -> Leak {
    let one = |name: &str| (vec![name.to_owned()], true);
    let (columns, all) = match kind {
        LeakKind::Identifier => {
            let names = levels("person", maker.labels.len());
            maker.words("person", &names, |random, row, _| (!random.random_bool(0.02)).then_some(row));
            one("person")
        }
        LeakKind::RunningNumber => {
            maker.number("lead_no", |_, row, _| (10_000 + 2 * row) as f64);
            one("lead_no")
        }
        LeakKind::CopyOfTarget => copies(maker),
        LeakKind::OneClass => {
            let filled = maker.random.random_range(0.3..0.9);
            maker.number(
                "fee",
                |random, _, label| {
                    if label && random.random_bool(filled) { normal(random) } else { f64::NAN }
                },
            );
            one("fee")
        }
        LeakKind::PureValues => pure_values(maker),
        LeakKind::SharedMissingness => block(maker),
        LeakKind::Implication => implication(maker),
        LeakKind::TooGood => {
            // An AUC of 0.95 to 0.99.
            let distance = maker.random.random_range(2.33..3.3);
            maker.number("seconds", |random, _, label| if label { distance } else { 0.0 } + normal(random));
            one("seconds")
        }
        LeakKind::Name => named(maker),
        LeakKind::AfterCreation => after_creation(maker),
        LeakKind::DurationAtClosing => duration(maker),
        LeakKind::DatePair => date_pair(maker),
        LeakKind::PostOutcome => {
            maker.number("owner_level", |random, _, label| if label { 0.6 } else { 0.0 } + normal(random));
            maker.changes("owner_level", 180, 30);
            one("owner_level")
        }
        LeakKind::Together => together(maker),
    };
    Leak { kind, columns, all }
}

/// One to three copies, each of which would hide the others.
fn copies(maker: &mut Maker) -> (Vec<String>, bool) {
    let count = maker.random.random_range(1..=3);
    let names: Vec<String> = (0..count).map(|index| format!("copy_{index}")).collect();
    for name in &names {
        maker.words(name, &levels("state", 4), |random, _, label| {
            Some(random.random_range(0..2) + 2 * usize::from(label))
        });
    }
    (names, true)
}

/// A text whose frequent values are nearly pure, beside one that is not.
fn pure_values(maker: &mut Maker) -> (Vec<String>, bool) {
    let purity = maker.random.random_range(0.96..0.995);
    let unclear = maker.random.random_range(0.1..0.4);
    maker.words("tags", &levels("tag", 7), |random, _, label| {
        if random.random_bool(unclear) {
            return Some(6);
        }
        let shown = if random.random_bool(purity) { label } else { !label };
        Some(random.random_range(0..3) + if shown { 3 } else { 0 })
    });
    (vec!["tags".to_owned()], true)
}

/// Columns that are filled in together when a deal is won, and now and then otherwise; some only in part.
fn block(maker: &mut Maker) -> (Vec<String>, bool) {
    let (won, lost) = (maker.random.random_range(0.75..1.0), maker.random.random_range(0.0..0.12));
    let labels = maker.labels.clone();
    let filled: Vec<bool> =
        labels.iter().map(|label| maker.random.random_bool(if *label { won } else { lost })).collect();
    let count = maker.random.random_range(3..7);
    let names: Vec<String> = (0..count).map(|index| format!("business_{index}")).collect();
    for (index, name) in names.iter().enumerate() {
        let share = if index + 1 == count { 0.6 } else { 1.0 };
        if index % 2 == 0 {
            maker.number(
                name,
                |random, row, _| {
                    if filled[row] && random.random_bool(share) { normal(random) } else { f64::NAN }
                },
            );
        } else {
            maker.words(name, &levels("segment", 5), |random, row, _| {
                (filled[row] && random.random_bool(share)).then(|| random.random_range(0..5))
            });
        }
    }
    (names, true)
}

/// A flag that is rare, and set for one class only.
fn implication(maker: &mut Maker) -> (Vec<String>, bool) {
    let rows = maker.labels.len() as f64;
    let positives = maker.labels.iter().filter(|label| **label).count() as f64;
    // In 2 to 4 % of the rows, and so often that chance is out of question.
    let rate = positives / rows;
    let needed = 12.0 / (1.0 / (6.0 * rate / (1.0 - rate)) + 1.0_f64).ln();
    let wanted = (maker.random.random_range(0.02..0.04) * rows).max(needed);
    let share = (wanted / positives).min(0.9);
    maker.flag("special_terms", |random, label| label && random.random_bool(share));
    (vec!["special_terms".to_owned()], true)
}

/// A column whose name says it; its values alone would be honest ones.
fn named(maker: &mut Maker) -> (Vec<String>, bool) {
    const NAMES: [&str; 8] = [
        "lead_status",
        "Last Notable Activity",
        "closing_remark",
        "lost_reason",
        "Verlustgrund",
        "estado",
        "statut",
        "stage",
    ];
    let name = NAMES[maker.random.random_range(0..NAMES.len())];
    let pull = maker.random.random_range(0.8..1.4);
    maker.words(name, &levels("word", 6), |random, _, label| {
        let place = 1.5 + normal(random) + if label { pull } else { 0.0 };
        Some((place.max(0.0) as usize).min(5))
    });
    (vec![name.to_owned()], true)
}

/// A date that lies after creation, and is there, or late, for one class more than for the other.
fn after_creation(maker: &mut Maker) -> (Vec<String>, bool) {
    if maker.random.random_bool(0.5) {
        maker.date("handed_over_at", |random, _, label| {
            random.random_bool(if label { 0.9 } else { 0.3 }).then(|| random.random_range(5.0..90.0))
        });
        return (vec!["handed_over_at".to_owned()], true);
    }
    maker.date("seen_at", |random, _, label| Some(random.random_range(1.0..60.0) + if label { 30.0 } else { 0.0 }));
    (vec!["seen_at".to_owned()], true)
}

/// A length of time up to the end: by its name, or as the time between two dates.
fn duration(maker: &mut Maker) -> (Vec<String>, bool) {
    let days: Vec<f64> = maker
        .labels
        .clone()
        .into_iter()
        .map(|label| {
            maker.random.random_range(2.0..60.0) + if label { 0.0 } else { maker.random.random_range(0.0..60.0) }
        })
        .collect();
    if maker.random.random_bool(0.5) {
        maker.number("days_to_close", |_, row, _| days[row].floor());
        return (vec!["days_to_close".to_owned()], true);
    }
    maker.date("ended_at", |_, row, _| Some(days[row]));
    maker.number("effort", |_, row, _| days[row].floor());
    (vec!["ended_at".to_owned(), "effort".to_owned()], true)
}

/// Two dates, each of which tells little: for won leads the second soon follows the first.
fn date_pair(maker: &mut Maker) -> (Vec<String>, bool) {
    let from = if maker.random.random_bool(0.5) { -400.0 } else { 10.0 };
    let first: Vec<f64> = maker.labels.clone().iter().map(|_| maker.random.random_range(from..from + 300.0)).collect();
    maker.date("noted_on", |_, row, _| Some(first[row]));
    maker.date("checked_on", |random, row, label| {
        let gap = if label && random.random_bool(0.9) { 0.0 } else { random.random_range(1.0..40.0) };
        Some(first[row] + gap)
    });
    (vec!["noted_on".to_owned(), "checked_on".to_owned()], false)
}

/// Two flags of which neither tells anything alone: they are equal for won leads.
fn together(maker: &mut Maker) -> (Vec<String>, bool) {
    let noise = maker.random.random_range(0.0..0.03);
    let first: Vec<bool> = maker.labels.clone().iter().map(|_| maker.random.random_bool(0.5)).collect();
    maker.number("code_a", |random, row, _| f64::from(u8::from(first[row])) + 0.2 * random.random::<f64>());
    maker.number("code_b", |random, row, label| {
        let equal = if random.random_bool(noise) { !label } else { label };
        f64::from(u8::from(first[row] == equal)) + 0.2 * random.random::<f64>()
    });
    (vec!["code_a".to_owned(), "code_b".to_owned()], false)
}
