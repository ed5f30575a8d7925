//! What becomes of a challenger: who promotes it, and what keeps it from being promoted by itself.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use plumb_learn::looks;
use serde::Serialize;

use crate::project::{Promote, Retrain};
use crate::store::{PromotionStop, StoredPromotion};
use crate::training::{Comparison, ComparisonVerdict};

/// What a challenger had to reach to be better than chance makes one of several, looked at several times.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct PromotionTest {
    /// The how manieth comparison with this champion it is, from 1 on.
    pub(crate) look: usize,
    /// The challengers of which the best was compared.
    pub(crate) challengers: usize,
    /// The chance that one that is no better passes, over all looks.
    pub(crate) risk: f64,
    /// By how many standard errors its log loss had to be lower.
    pub(crate) standard_errors_needed: f64,
    /// Whether it was.
    pub(crate) passed: bool,
}

/// What becomes of a challenger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Decision {
    /// It is the champion.
    Promoted {
        /// Why.
        why: String,
    },
    /// It scores leads in the shadow first.
    InShadow {
        /// How many leads.
        leads: usize,
        /// Why it is to be promoted then.
        why: String,
    },
    /// It stays a challenger, which a person may promote.
    NotPromoted {
        /// Why not.
        why: String,
    },
}

/// What a decision rests on beside the comparison.
pub(super) struct Circumstances<'a> {
    /// Suspected leaks that the challenger sees.
    pub(super) leaks: usize,
    /// Whether the challenger is the champion itself.
    pub(super) is_champion: bool,
    /// Whether another model became the champion meanwhile.
    pub(super) champion_changed: bool,
    /// Why nothing is promoted by itself any more.
    pub(super) stop: Option<&'a PromotionStop>,
    /// Until when nothing is promoted by itself.
    pub(super) held_until: Option<DateTime<Utc>>,
}

impl PromotionTest {
    /// Returns the test of the best of some challengers; `None` if it was not compared.
    pub(super) fn of(
        verdict: &ComparisonVerdict,
        risk: f64,
        look: usize,
        challengers: usize,
    ) -> Result<Option<PromotionTest>> {
        let ComparisonVerdict::Compared(comparison) = verdict else { return Ok(None) };
        let standard_errors_needed = looks::errors_needed(risk, look, challengers)?;
        let passed = comparison.standard_errors_lower > standard_errors_needed;
        Ok(Some(PromotionTest { look, challengers, risk, standard_errors_needed, passed }))
    }
}

/// Returns until when nothing is promoted by itself after the last promotion; `None` if that is over at `now`.
pub(super) fn held_until(last: Option<&StoredPromotion>, hold: TimeDelta, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let until = last?.promoted_at.checked_add_signed(hold)?;
    (until > now).then_some(until)
}

/// Decides what becomes of a challenger.
pub(super) fn decide(
    retrain: &Retrain,
    verdict: &ComparisonVerdict,
    test: Option<&PromotionTest>,
    circumstances: &Circumstances<'_>,
) -> Decision {
    let not = |why: String| Decision::NotPromoted { why };
    let (comparison, test) = match (verdict, test) {
        _ if circumstances.is_champion => return not("it is the champion already".to_owned()),
        (ComparisonVerdict::Compared(comparison), Some(test)) => (comparison, test),
        _ => return not("there are too few newest rows to compare on".to_owned()),
    };
    if !test.passed {
        return not(format!(
            "its log loss is lower by {:.1} standard errors, of {:.1} that chance could reach ({})",
            comparison.standard_errors_lower,
            test.standard_errors_needed,
            look_words(test)
        ));
    }
    if retrain.promote == Promote::ByHand {
        return not("a person promotes, as `[retrain] promote` says".to_owned());
    }
    if let Some(why) = circumstances.obstacle() {
        return not(why);
    }
    let why = reason_to_promote(comparison, test);
    match retrain.promote {
        Promote::AfterShadow => Decision::InShadow { leads: retrain.shadow_leads, why },
        _ => Decision::Promoted { why },
    }
}

impl Circumstances<'_> {
    /// Returns what keeps a challenger from being promoted by itself, however good it is.
    pub(super) fn obstacle(&self) -> Option<String> {
        if self.leaks > 0 {
            return Some("it sees suspected leaks, so that only a person promotes it".to_owned());
        }
        if self.champion_changed {
            return Some("another model became the champion meanwhile".to_owned());
        }
        if let Some(PromotionStop { stopped_at, why }) = self.stop {
            let day = stopped_at.format("%Y-%m-%d");
            return Some(format!(
                "nothing is promoted by itself since {day}, until somebody promotes or runs `plumb retrain --resume`: {why}"
            ));
        }
        let day = self.held_until?.format("%Y-%m-%d");
        Some(format!("nothing is promoted by itself before {day}, for the last promotion is to be watched"))
    }
}

fn reason_to_promote(comparison: &Comparison, test: &PromotionTest) -> String {
    format!(
        "log loss {:.4} against {:.4} on the same {} rows, lower by {:.1} standard errors, of {:.1} that chance could reach ({})",
        comparison.challenger.log_loss.value,
        comparison.champion.log_loss.value,
        comparison.champion.rows,
        comparison.standard_errors_lower,
        test.standard_errors_needed,
        look_words(test)
    )
}

fn look_words(test: &PromotionTest) -> String {
    let challengers = if test.challengers == 1 { "challenger" } else { "challengers" };
    format!("comparison {} with this champion, {} {challengers}", test.look, test.challengers)
}

#[cfg(test)]
mod tests {
    use plumb_lead::{Metrics, ModelKind};

    use super::*;
    use crate::registry::tests::card;

    fn verdict(standard_errors_lower: f64) -> ComparisonVerdict {
        let metrics: Metrics = card("won", ModelKind::Logistic, b"1").metrics.expect("it has some");
        let comparison = Comparison { champion: metrics.clone(), challenger: metrics, standard_errors_lower };
        ComparisonVerdict::Compared(Box::new(comparison))
    }

    fn retrain(promote: Promote) -> Retrain {
        let recencies = Vec::new();
        let (risk, hold) = (0.05, TimeDelta::days(14));
        Retrain { promote, new_outcomes_min: 1, rows_share_min: 0.6, recencies, risk, hold, shadow_leads: 200 }
    }

    const FREE: Circumstances<'_> =
        Circumstances { leaks: 0, is_champion: false, champion_changed: false, stop: None, held_until: None };

    #[track_caller]
    fn check(errors: f64, look: usize, promote: Promote, circumstances: &Circumstances<'_>, expected: &str) {
        let verdict = verdict(errors);
        let test = PromotionTest::of(&verdict, 0.05, look, 2).expect("a chance");
        let decision = decide(&retrain(promote), &verdict, test.as_ref(), circumstances);
        let found = serde_json::to_string(&decision).expect("plain data");
        assert!(found.contains(expected), "`{found}` does not contain `{expected}`");
    }

    #[test]
    fn who_looks_often_needs_more() {
        check(2.5, 1, Promote::IfBetter, &FREE, "\"promoted\"");
        check(2.5, 1, Promote::IfBetter, &FREE, "comparison 1 with this champion, 2 challengers");
        check(2.5, 9, Promote::IfBetter, &FREE, "lower by 2.5 standard errors, of 3.6 that chance could reach");
        check(9.0, 9, Promote::IfBetter, &FREE, "\"promoted\"");
        check(1.5, 1, Promote::IfBetter, &FREE, "\"not_promoted\"");
    }

    #[test]
    fn what_is_better_is_not_promoted_against_the_rules() {
        check(9.0, 1, Promote::ByHand, &FREE, "a person promotes");
        check(9.0, 1, Promote::AfterShadow, &FREE, "\"in_shadow\",\"leads\":200");
        let stop = PromotionStop { stopped_at: DateTime::UNIX_EPOCH, why: "calibration broke".into() };
        let cases = [
            (Circumstances { leaks: 1, ..FREE }, "only a person promotes it"),
            (Circumstances { is_champion: true, ..FREE }, "it is the champion already"),
            (Circumstances { champion_changed: true, ..FREE }, "another model became the champion"),
            (Circumstances { stop: Some(&stop), ..FREE }, "by itself since 1970-01-01, until somebody"),
            (Circumstances { held_until: Some(DateTime::UNIX_EPOCH), ..FREE }, "before 1970-01-01"),
        ];
        for (circumstances, expected) in cases {
            check(9.0, 1, Promote::IfBetter, &circumstances, expected);
        }
        let early = ComparisonVerdict::TooEarly { rows: 7 };
        let test = PromotionTest::of(&early, 0.05, 1, 2).expect("nothing to test");
        let decision = decide(&retrain(Promote::IfBetter), &early, test.as_ref(), &FREE);
        assert!(matches!(decision, Decision::NotPromoted { why } if why.contains("too few")));
    }

    #[test]
    fn a_hold_ends_with_its_last_day() {
        let promoted_at = DateTime::UNIX_EPOCH;
        let last = StoredPromotion {
            target: "won".into(),
            model_id: "b".into(),
            retired_id: Some("a".into()),
            promoted_at,
            automatic: true,
            promoted_by: "ci".into(),
            why: String::new(),
            effect_json: None,
        };
        let at = |days| held_until(Some(&last), TimeDelta::days(14), promoted_at + TimeDelta::days(days));
        assert_eq!((at(13), at(14)), (Some(promoted_at + TimeDelta::days(14)), None));
        assert_eq!(held_until(None, TimeDelta::days(14), promoted_at), None);
        assert_eq!(held_until(Some(&last), TimeDelta::zero(), promoted_at), None);
    }
}
