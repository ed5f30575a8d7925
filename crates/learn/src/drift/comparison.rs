//! A window of weeks against a baseline: against all of it and, where a year is there, against the same season.

use chrono::{DateTime, Utc};
use plumb_lead::{Drift, FeatureSet, Matrix, Unseen, Verdict, WeekCounts};

use super::baseline::{Baseline, BaselineWeek};
use super::between::BetweenWeeks;
use super::calendar::week_of;
use super::distance::{jensen_shannon, psi, total};
use super::histogram::Histogram;
use super::novelty;
use crate::error::Error;

/// With fewer rows there is no verdict.
const ROWS_MIN: f64 = 100.0;

/// The customary borders of PSI, here after the part that chance explains.
const PSI_MOVED: f64 = 0.1;
const PSI_DRIFTED: f64 = 0.25;

/// By how much the share of missing values has to move.
const MISSING_MOVED: f64 = 0.05;
pub(super) const MISSING_DRIFTED: f64 = 0.1;

/// Tests of a column: its histogram, and its missing values alone.
const TESTS_A_COLUMN: f64 = 2.0;

/// Weeks before and after the same week of another year that are its season.
const SEASON_WEEKS: i64 = 2;

/// Weeks of a year, nearly.
const YEAR_WEEKS: f64 = 365.25 / 7.0;

/// A season of fewer weeks is not compared with.
const SEASON_WEEKS_MIN: usize = 3;

/// More weeks a year with a new category than this, and one is usual.
const NEW_LEVELS_A_YEAR: f64 = 0.5;

/// The chance at which a comparison of two tables calls a column moved, where no budget is given.
pub const CHANCE: f64 = 1e-4;

/// Weeks that are compared with a baseline.
pub struct Window<'a> {
    /// Start of its last week; `None` if the rows have no time, and so no season.
    pub from: Option<DateTime<Utc>>,
    /// How many weeks.
    pub weeks: usize,
    /// Their rows, counted by [`Baseline::count`].
    pub counts: &'a WeekCounts,
    /// Weeks after the training data, for the season of a window more than a year after them.
    pub earlier: &'a [(DateTime<Utc>, WeekCounts)],
}

/// What a column is compared with.
struct Reference {
    counts: Vec<u32>,
    /// The sum of squares of its weeks' shares of the rows.
    concentration: f64,
}

/// How one comparison of a column came out.
struct Judged {
    verdict: Verdict,
    p_value: f64,
}

impl Baseline {
    /// Compares a window with the baseline: the score first, then each feature that is monitored. `chance` is the chance at which
    /// a column that has not moved may be called moved.
    pub fn compare(&self, features: &FeatureSet, window: &Window<'_>, chance: f64) -> Result<Vec<Drift>, Error> {
        self.fits(features)?;
        let found = window.counts.columns.len();
        if found != self.features.len() + 1 {
            return Err(Error::Columns { found: found.saturating_sub(1), expected: self.features.len() });
        }
        let watched = features.features.iter().enumerate().filter(|(_, feature)| feature.messages.watch);
        let places = std::iter::once(0).chain(watched.map(|(index, _)| index + 1));
        Ok(places.map(|place| self.drift(place, window, chance / TESTS_A_COLUMN)).collect())
    }

    /// The column at a place: 0 is the score.
    fn drift(&self, place: usize, window: &Window<'_>, chance: f64) -> Drift {
        let histogram = if place == 0 { &self.score } else { &self.features[place - 1] };
        let now = &window.counts.columns[place];
        let rows = total(now);
        let blocks = self.blocks(place, window.weeks);
        let between = BetweenWeeks::of(&blocks);
        let by_missing = BetweenWeeks::of(&blocks.iter().map(|block| with_or_without(block)).collect::<Vec<_>>());
        let judge = |reference: &Reference| {
            judge(reference, now, &between, chance).worse(judge_missing(reference, now, &by_missing, chance))
        };
        let all = self.everything(place, histogram);
        let mut judged = judge(&all);
        if let Some(season) = self.season(place, window) {
            judged = judged.milder(judge(&season));
        }
        let unseen: Vec<&Unseen> = window.counts.unseen.iter().filter(|one| one.feature == histogram.name).collect();
        if judged.verdict != Verdict::TooFew && self.has_news(place, &unseen, rows) {
            judged.verdict = Verdict::Drifted;
        }
        let share = |count: u32, rows: f64| if rows == 0.0 { 0.0 } else { f64::from(count) / rows };
        let last = |counts: &[u32]| counts.last().copied().unwrap_or(0);
        Drift {
            column: histogram.name.clone(),
            psi: psi(&all.counts, now),
            jensen_shannon: jensen_shannon(&all.counts, now),
            missing: share(last(now), rows),
            missing_baseline: share(last(&all.counts), total(&all.counts)),
            unseen: unseen.iter().map(|unseen| (unseen.level.clone(), unseen.rows as f64 / rows.max(1.0))).collect(),
            verdict: judged.verdict,
            p_value: judged.p_value,
            weeks: window.weeks,
        }
    }

    fn everything(&self, place: usize, histogram: &Histogram) -> Reference {
        let weeks = self.weeks.iter().map(|week| total(&week.counts[place]));
        let (rows, squares) = weeks.fold((0.0, 0.0), |(rows, squares), week| (rows + week, squares + week * week));
        let concentration = if rows > 0.0 { squares / (rows * rows) } else { 0.0 };
        Reference { counts: histogram.counts.clone(), concentration }
    }

    /// Returns the same weeks of the years before, if they are known.
    fn season(&self, place: usize, window: &Window<'_>) -> Option<Reference> {
        let last = week_of(window.from?);
        let is_season = |week: i64| {
            (1..=3)
                .map(|years| last - (f64::from(years) * YEAR_WEEKS).round() as i64)
                .any(|same| (same - window.weeks as i64 + 1 - SEASON_WEEKS..=same + SEASON_WEEKS).contains(&week))
        };
        let of_training = self.weeks.iter().map(|week| (week.week, &week.counts[place]));
        let since = window.earlier.iter().map(|(from, counts)| (week_of(*from), &counts.columns[place]));
        let weeks: Vec<&Vec<u32>> =
            of_training.chain(since).filter(|(week, _)| is_season(*week)).map(|(_, counts)| counts).collect();
        let mut counts = vec![0; weeks.first()?.len()];
        let mut squares = 0.0;
        for week in &weeks {
            counts.iter_mut().zip(*week).for_each(|(rows, more)| *rows += more);
            squares += total(week).powi(2);
        }
        let rows = total(&counts);
        let enough = weeks.len() >= SEASON_WEEKS_MIN && rows >= ROWS_MIN;
        enough.then(|| Reference { counts, concentration: squares / (rows * rows) })
    }

    /// Returns windows of the training data, as long as the one that is compared.
    fn blocks(&self, place: usize, weeks: usize) -> Vec<Vec<u32>> {
        let sum = |block: &[BaselineWeek]| {
            let mut counts = vec![0; block[0].counts[place].len()];
            for week in block {
                counts.iter_mut().zip(&week.counts[place]).for_each(|(rows, more)| *rows += more);
            }
            counts
        };
        self.weeks.chunks(weeks.max(1)).filter(|block| block.len() == weeks.max(1)).map(sum).collect()
    }

    /// Whether there is a new category in so many rows that it is news.
    fn has_news(&self, place: usize, unseen: &[&Unseen], rows: f64) -> bool {
        let usual =
            place > 0 && self.new_levels.get(place - 1).is_some_and(|share| share * YEAR_WEEKS > NEW_LEVELS_A_YEAR);
        let is_news = |one: &&Unseen| one.rows >= novelty::ROWS_MIN && one.rows as f64 > novelty::SHARE_MIN * rows;
        !usual && unseen.iter().any(is_news)
    }
}

/// Compares a window with a baseline, without a season: the score first, then each feature that is monitored. `matrix` and
/// `unseen` are the window's rows encoded by the model's own feature set.
pub fn compare(
    baseline: &Baseline,
    features: &FeatureSet,
    matrix: &Matrix,
    scores: &[f64],
    unseen: &[Unseen],
) -> Result<Vec<Drift>, Error> {
    let counts = baseline.count(features, matrix, scores, unseen)?;
    baseline.compare(features, &Window { from: None, weeks: 1, counts: &counts, earlier: &[] }, CHANCE)
}

/// Returns the drift of a column over two windows that end with the same week: the worse, at the chance of either.
pub fn of_either(week: Drift, longer: Drift) -> Drift {
    let p_value = (2.0 * week.p_value.min(longer.p_value)).min(1.0);
    let worse = if longer.verdict > week.verdict { longer } else { week };
    Drift { p_value, ..worse }
}

impl Judged {
    fn worse(self, other: Judged) -> Judged {
        let p_value = (TESTS_A_COLUMN * self.p_value.min(other.p_value)).min(1.0);
        Judged { verdict: self.verdict.max(other.verdict), p_value }
    }

    fn milder(self, other: Judged) -> Judged {
        // A season of too few rows excuses nothing.
        let verdict = if other.verdict == Verdict::TooFew { self.verdict } else { self.verdict.min(other.verdict) };
        Judged { verdict, p_value: self.p_value.max(other.p_value) }
    }
}

fn judge(reference: &Reference, now: &[u32], between: &BetweenWeeks, chance: f64) -> Judged {
    let (before_rows, rows) = (total(&reference.counts), total(now));
    let p_value = between.p_value(&reference.counts, now, reference.concentration);
    if rows < ROWS_MIN || before_rows < ROWS_MIN {
        return Judged { verdict: Verdict::TooFew, p_value };
    }
    let used = reference.counts.iter().zip(now).filter(|(before, now)| **before > 0 || **now > 0).count();
    let noise = between.noise(before_rows, rows, reference.concentration);
    let beyond_chance = psi(&reference.counts, now) - noise * used.saturating_sub(1) as f64;
    let verdict = match beyond_chance {
        _ if p_value > chance => Verdict::Stable,
        psi if psi > PSI_DRIFTED => Verdict::Drifted,
        psi if psi > PSI_MOVED => Verdict::Moved,
        _ => Verdict::Stable,
    };
    Judged { verdict, p_value }
}

fn judge_missing(reference: &Reference, now: &[u32], between: &BetweenWeeks, chance: f64) -> Judged {
    let (before, now) = (with_or_without(&reference.counts), with_or_without(now));
    let (before_rows, rows) = (total(&before), total(&now));
    let p_value = between.p_value(&before, &now, reference.concentration);
    if rows < ROWS_MIN || before_rows < ROWS_MIN {
        return Judged { verdict: Verdict::TooFew, p_value };
    }
    let moved = (f64::from(before[1]) / before_rows - f64::from(now[1]) / rows).abs();
    let verdict = match moved {
        _ if p_value > chance => Verdict::Stable,
        moved if moved > MISSING_DRIFTED => Verdict::Drifted,
        moved if moved > MISSING_MOVED => Verdict::Moved,
        _ => Verdict::Stable,
    };
    Judged { verdict, p_value }
}

/// Rows with a value, and without.
fn with_or_without(counts: &[u32]) -> Vec<u32> {
    match counts.split_last() {
        Some((missing, rest)) => vec![rest.iter().sum(), *missing],
        None => vec![0, 0],
    }
}
