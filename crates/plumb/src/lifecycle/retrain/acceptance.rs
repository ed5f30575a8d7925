//! Whether reps object to the scores of a champion more than to those of the one before.

use chrono::{DateTime, Utc};
use plumb_learn::looks::{self, Frequency};

use crate::store::StoredPromotion;

/// How often reps flagged the scores of two models as too low or too high, over as long a time each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Acceptance {
    /// Of leads that the retired model had scored before the promotion.
    pub(super) before: Frequency,
    /// Of leads that the champion has scored since.
    pub(super) now: Frequency,
}

/// The times over which the flags of two models are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Periods {
    /// From when on the retired model's predictions count, up to the promotion.
    pub(super) before_from: DateTime<Utc>,
    /// The promotion.
    pub(super) promoted_at: DateTime<Utc>,
    /// Up to when the champion's predictions count.
    pub(super) now: DateTime<Utc>,
}

impl Periods {
    /// Returns as long a time before a promotion as has passed since.
    pub(super) fn of(promotion: &StoredPromotion, now: DateTime<Utc>) -> Periods {
        let promoted_at = promotion.promoted_at;
        Periods { before_from: promoted_at - (now - promoted_at), promoted_at, now }
    }
}

impl Acceptance {
    /// Returns why the champion is accepted less than the model before; `None` if chance explains it. `chance` is how small a
    /// chance has to be to explain nothing any more.
    pub(super) fn broken(&self, chance: f64) -> Option<String> {
        let Acceptance { before, now } = self;
        let share = |of: &Frequency| 100.0 * of.happened as f64 / of.cases.max(1) as f64;
        (looks::chance_of_rise(*before, *now) < chance).then(|| {
            format!(
                "reps flagged the scores of {} of {} leads as too low or too high ({:.1} %), and of the model before {} of {} \
                 ({:.1} %)",
                now.happened,
                now.cases,
                share(now),
                before.happened,
                before.cases,
                share(before)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_flags_more_are_chance_and_many_are_not() {
        let acceptance = |before, now| Acceptance {
            before: Frequency { happened: before, cases: 400 },
            now: Frequency { happened: now, cases: 400 },
        };
        assert_eq!(acceptance(4, 8).broken(0.01), None);
        assert_eq!(acceptance(40, 4).broken(0.01), None, "fewer flags are no harm");
        let why = acceptance(4, 40).broken(0.01).expect("ten times as many");
        assert!(why.contains("of 40 of 400 leads as too low or too high (10.0 %)"), "{why}");
    }
}
