//! A simulated company: weeks of leads that differ from each other as real weeks do, and moves that are planted in them.

use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::{Feature, FeatureKind, FeatureMessages, FeatureSet, Matrix, Unseen};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) const NUMBERS: usize = 10;
pub(crate) const FLAGS: usize = 5;
pub(crate) const CATEGORIES: usize = 5;
pub(crate) const COLUMNS: usize = NUMBERS + FLAGS + CATEGORIES;

/// Levels of a category that training knows.
pub(crate) const LEVELS: usize = 6;

/// Rows of a usual week.
const ROWS: f64 = 300.0;

/// What is planted in weeks from some week on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Planted {
    /// Nothing.
    Nothing,
    /// A category that training never saw, in a share of the rows.
    NewCategory(f32),
    /// One number moved, by so many standard deviations.
    Covariate(f32),
    /// Values of one number missing, in a share of the rows.
    Broken(f32),
    /// No rows come.
    Silence,
    /// Four weeks at the end of each year are of another kind, in training, too.
    Season,
}

/// One week of leads.
pub(crate) struct Week {
    pub(crate) from: DateTime<Utc>,
    pub(crate) matrix: Matrix,
    pub(crate) scores: Vec<f64>,
    pub(crate) unseen: Vec<Unseen>,
}

pub(crate) fn features() -> FeatureSet {
    let levels: Vec<String> = (0..LEVELS).map(|level| format!("level_{level}")).collect();
    let feature = |index: usize| {
        let (name, kind) = match index {
            _ if index < NUMBERS => (format!("number_{index}"), FeatureKind::Number),
            _ if index < NUMBERS + FLAGS => (format!("flag_{}", index - NUMBERS), FeatureKind::Flag),
            _ => (format!("category_{}", index - NUMBERS - FLAGS), FeatureKind::Category { levels: levels.clone() }),
        };
        Feature { name, kind, messages: FeatureMessages::default() }
    };
    FeatureSet { features: (0..COLUMNS).map(feature).collect(), languages: Vec::new() }
}

/// Returns the Monday of a week.
pub(crate) fn monday(week: usize) -> DateTime<Utc> {
    // The fifth of January 1970 was a Monday; the weeks are of our days.
    DateTime::UNIX_EPOCH + TimeDelta::days(4) + TimeDelta::weeks(2_800 + week as i64)
}

/// Returns a week of a company. What is planted begins with the week `from`.
pub(crate) fn week(seed: u64, week: usize, planted: Planted, from: usize) -> Week {
    let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(100_003).wrapping_add(week as u64));
    let is_planted = week >= from;
    let normal = |random: &mut ChaCha8Rng| (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0;
    let spread = (0.2 * f64::from(normal(&mut random))).exp();
    let rows = if is_planted && planted == Planted::Silence { 0 } else { (ROWS * spread) as usize };
    // What a week has of its own: campaigns, holidays, whoever enters the data.
    let shifts: Vec<f32> = (0..COLUMNS).map(|_| 0.12 * normal(&mut random)).collect();
    let season = planted == Planted::Season && week % 52 >= 48;
    let mut matrix = Matrix { values: Vec::with_capacity(rows * COLUMNS), rows, columns: COLUMNS };
    let (mut scores, mut new_rows) = (Vec::with_capacity(rows), 0);
    for _ in 0..rows {
        let mut row: Vec<f32> = (0..COLUMNS)
            .map(|column| {
                let draw = normal(&mut random) + shifts[column] + if season { 1.0 } else { 0.0 };
                match column {
                    _ if column < NUMBERS => draw,
                    _ if column < NUMBERS + FLAGS => f32::from(draw > 0.6),
                    _ => ((draw + 2.0) * LEVELS as f32 / 4.0).clamp(0.0, LEVELS as f32 - 1.0).floor(),
                }
            })
            .collect();
        if random.random_bool(0.03) {
            row[1] = f32::NAN;
        }
        if is_planted {
            new_rows += usize::from(plant(&mut row, planted, random.random()));
        }
        scores.push(f64::from(1.0 / (1.0 + (-0.5 * (row[0] + row[2]) + 2.0 - row[NUMBERS]).exp())));
        matrix.values.extend(row);
    }
    let unseen = Unseen { feature: "category_0".into(), level: "tiktok_ads".into(), rows: new_rows };
    Week { from: monday(week), matrix, scores, unseen: if new_rows > 0 { vec![unseen] } else { Vec::new() } }
}

/// Changes a row; returns whether it has the new category now.
fn plant(row: &mut [f32], planted: Planted, chance: f32) -> bool {
    match planted {
        Planted::NewCategory(share) if chance < share => {
            row[NUMBERS + FLAGS] = f32::NAN;
            return true;
        }
        Planted::Covariate(shift) => row[0] += shift,
        Planted::Broken(share) if chance < share => row[2] = f32::NAN,
        _ => {}
    }
    false
}
