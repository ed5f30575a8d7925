//! Our monitoring of a company, as `plumb monitor` does it: a baseline, each week and each month against it, alarms.

use chrono::{DateTime, Utc};
use plumb_lead::{Drift, FeatureSet, Matrix, WeekCounts};
use plumb_learn::drift::{self, Baseline, Budget, DatedRows, Volume, Watched, WeekRows, Window};

use super::company::Week;

/// Weeks that are compared together, too.
const MONTH: usize = 4;

/// The first week in which something was told, and how often something was in all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Alarms {
    pub(crate) alarms: usize,
    pub(crate) first: Option<usize>,
}

pub(crate) fn baseline_of(features: &FeatureSet, weeks: &[Week]) -> Baseline {
    let rows = weeks.iter().map(|week| week.matrix.rows).sum();
    let values = weeks.iter().flat_map(|week| &week.matrix.values).copied().collect();
    let matrix = Matrix { values, rows, columns: features.features.len() };
    let at: Vec<DateTime<Utc>> = weeks.iter().flat_map(|week| vec![week.from; week.matrix.rows]).collect();
    let scores: Vec<f64> = weeks.iter().flat_map(|week| &week.scores).copied().collect();
    let rows = DatedRows { matrix: &matrix, at: &at, scores: &scores, scores_at: &at };
    drift::baseline_by_week(features, &rows).expect("rows that fit")
}

/// Watches the weeks from `first` on, of which those before are what the model was trained on. `budget` is of false alarms a
/// year.
pub(crate) fn watch(features: &FeatureSet, weeks: &[Week], first: usize, budget: f64) -> Alarms {
    let budget = Budget { false_alarms_a_year: budget, targets: 1 };
    let baseline = baseline_of(features, &weeks[..first]);
    let chance = budget.chance_a_test(Watched::Columns, 2 * Baseline::columns(features));
    let mut counted: Vec<(DateTime<Utc>, WeekCounts)> = Vec::new();
    let mut drifts: Vec<Vec<Drift>> = Vec::new();
    for week in &weeks[first..] {
        let counts = baseline.count(features, &week.matrix, &week.scores, &week.unseen).expect("rows that fit");
        let compare = |weeks: usize, counts: &WeekCounts| {
            let window = Window { from: Some(week.from), weeks, counts, earlier: &counted };
            baseline.compare(features, &window, chance).expect("rows that fit")
        };
        let mut of_week = compare(1, &counts);
        if counted.len() >= MONTH - 1 {
            let month =
                counted[counted.len() + 1 - MONTH..].iter().fold(counts.clone(), |all, (_, week)| all.and(week));
            let month = compare(MONTH, &WeekCounts { unseen: Vec::new(), ..month });
            of_week = of_week.into_iter().zip(month).map(|(week, month)| drift::of_either(week, month)).collect();
        }
        drifts.push(of_week);
        counted.push((week.from, counts));
    }
    let slices: Vec<&[Drift]> = drifts.iter().map(Vec::as_slice).collect();
    let mut told: Vec<usize> = drift::alarms(&slices).into_iter().map(|alarm| alarm.first).collect();
    told.extend(volumes(weeks, first, budget.chance_a_week(Watched::Volume)));
    Alarms { alarms: told.len(), first: told.into_iter().min() }
}

/// The weeks in which the number of rows began to be unusual.
fn volumes(weeks: &[Week], first: usize, chance: f64) -> Vec<usize> {
    let rows: Vec<WeekRows> = weeks.iter().map(|week| WeekRows { from: week.from, rows: week.matrix.rows }).collect();
    let mut told = Vec::new();
    let mut last = None;
    for week in first..weeks.len() {
        if drift::volume(&rows[..=week], chance) != Volume::Usual {
            if last.is_none_or(|last| week - last > MONTH) {
                told.push(week - first);
            }
            last = Some(week);
        }
    }
    told
}
