//! From weekly comparisons to what is told: when a move is an alarm, and when it is gone.

use plumb_lead::{Drift, Verdict};

use super::novelty;

/// A distribution has to differ in so many windows one after the other: one unusual week may be a holiday.
const WEEKS_TO_ALARM: usize = 2;

/// After so many weeks without it, a move is gone.
const WEEKS_TO_RESOLVE: usize = 4;

/// What happened to a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A category came up that training never saw.
    NewCategory(String),
    /// Values went missing, or came back.
    Missing,
    /// Its distribution differs.
    Drifted,
}

/// A move of a column, from its first week to its last.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The column.
    pub column: String,
    /// What happened to it.
    pub change: Change,
    /// The week, as its place, in which it became an alarm.
    pub first: usize,
    /// The newest week in which it was seen.
    pub last: usize,
    /// The week in which it was gone; `None` if it is there.
    pub resolved: Option<usize>,
}

/// Returns the alarms of weeks, in the order in which they were raised. A move that is gone and comes again is another alarm.
/// `drifts` has of each week the comparisons of all columns.
pub fn alarms(drifts: &[&[Drift]]) -> Vec<Alarm> {
    let mut found: Vec<Alarm> = Vec::new();
    for (week, now) in drifts.iter().enumerate() {
        for drift in now.iter().filter(|drift| drift.verdict == Verdict::Drifted) {
            for change in changes(drift) {
                let open = |alarm: &&mut Alarm| {
                    alarm.column == drift.column && alarm.change == change && alarm.resolved.is_none()
                };
                match found.iter_mut().find(open) {
                    Some(alarm) => alarm.last = week,
                    None if is_alarm(&change, drift, &drifts[..week]) => {
                        let column = drift.column.clone();
                        found.push(Alarm { column, change, first: week, last: week, resolved: None });
                    }
                    None => {}
                }
            }
        }
        for alarm in found.iter_mut().filter(|alarm| alarm.resolved.is_none()) {
            if week >= alarm.last + WEEKS_TO_RESOLVE {
                alarm.resolved = Some(week);
            }
        }
    }
    found
}

/// A new category explains what else moved in its column.
fn changes(drift: &Drift) -> Vec<Change> {
    let is_news = |(_, share): &&(String, f64)| *share > novelty::SHARE_MIN;
    let new: Vec<Change> =
        drift.unseen.iter().filter(is_news).map(|(level, _)| Change::NewCategory(level.clone())).collect();
    match new.is_empty() {
        false => new,
        true if (drift.missing - drift.missing_baseline).abs() > super::comparison::MISSING_DRIFTED => {
            vec![Change::Missing]
        }
        true => vec![Change::Drifted],
    }
}

fn is_alarm(change: &Change, drift: &Drift, before: &[&[Drift]]) -> bool {
    let needed = match change {
        Change::NewCategory(_) | Change::Missing => 1,
        // Several weeks that differ together are no single unusual week.
        Change::Drifted if drift.weeks > 1 => 1,
        Change::Drifted => WEEKS_TO_ALARM,
    };
    let differed =
        |week: &&[Drift]| week.iter().any(|other| other.column == drift.column && other.verdict == Verdict::Drifted);
    before.iter().rev().take(needed - 1).filter(|week| differed(week)).count() == needed - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drift(verdict: Verdict, missing: f64, unseen: &[(&str, f64)]) -> Vec<Drift> {
        vec![Drift {
            column: "channel".into(),
            psi: 0.3,
            jensen_shannon: 0.2,
            missing,
            missing_baseline: 0.0,
            unseen: unseen.iter().map(|(level, share)| ((*level).to_owned(), *share)).collect(),
            verdict,
            p_value: 1e-9,
            weeks: 1,
        }]
    }

    fn found(weeks: &[Vec<Drift>]) -> Vec<(Change, usize, Option<usize>)> {
        let weeks: Vec<&[Drift]> = weeks.iter().map(Vec::as_slice).collect();
        alarms(&weeks).into_iter().map(|alarm| (alarm.change, alarm.first, alarm.resolved)).collect()
    }

    #[test]
    fn a_distribution_has_to_differ_twice_and_a_new_category_once() {
        let (quiet, moved) = (drift(Verdict::Stable, 0.0, &[]), drift(Verdict::Drifted, 0.0, &[]));
        assert_eq!(found(&[moved.clone(), quiet.clone(), moved.clone()]), []);
        assert_eq!(found(&[quiet.clone(), moved.clone(), moved.clone(), moved]), [(Change::Drifted, 2, None)]);
        let new = drift(Verdict::Drifted, 0.0, &[("tiktok_ads", 0.2), ("fax", 0.005)]);
        assert_eq!(found(&[new.clone(), new]), [(Change::NewCategory("tiktok_ads".into()), 0, None)]);
        assert_eq!(found(&[drift(Verdict::Drifted, 0.5, &[])]), [(Change::Missing, 0, None)]);
    }

    #[test]
    fn a_move_that_is_gone_resolves_and_may_come_again() {
        let (quiet, gone) = (drift(Verdict::Stable, 0.0, &[]), drift(Verdict::Drifted, 0.5, &[]));
        let mut weeks = vec![gone.clone()];
        weeks.extend(vec![quiet; 4]);
        assert_eq!(found(&weeks), [(Change::Missing, 0, Some(4))]);
        weeks.push(gone);
        assert_eq!(found(&weeks), [(Change::Missing, 0, Some(4)), (Change::Missing, 5, None)]);
    }
}
