//! What a retraining decided and what a promotion did, as lines.

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::output::note;
use crate::lifecycle::retrain::{
    Decision, InShadow, LeadMove, PromotionEffect, PromotionState, PromotionTest, RetrainingState, Settled, Settlement,
    effect_sentence, settle,
};
use crate::lifecycle::workspace::Workspace;

/// The leads of an effect that the text names; all that are kept are in the JSON.
const LEADS_SHOWN: usize = 3;

/// Settles what retraining has left open of a target, and says on standard error what that was: the commands that call it
/// print something else.
pub(crate) async fn settle_and_say(workspace: &Workspace, target: &str, now: DateTime<Utc>) -> Result<()> {
    note(&settlement_text(&settle(workspace, target, now).await?));
    Ok(())
}

/// Returns what was settled, as lines; nothing if nothing was.
fn settlement_text(settlement: &Settlement) -> String {
    let target = &settlement.target;
    let line = |settled: &Settled| {
        let effect = match settled {
            Settled::Promoted { effect, .. } => effect_text(effect),
            _ => String::new(),
        };
        format!("{target}: {}\n{effect}", settled.words())
    };
    settlement.settled.iter().map(line).collect()
}

/// Returns what retraining has done for a target and what it waits for, as lines.
pub(crate) fn state_text(state: &RetrainingState) -> String {
    let mut text = String::new();
    if let Some(PromotionState { model_id, promoted_at, promoted_by, why, is_champion, effect, .. }) =
        &state.last_promotion
    {
        let day = promoted_at.format("%Y-%m-%d");
        let since = if *is_champion { "" } else { ", and is not any more" };
        text.push_str(&format!("  `{model_id}` became the champion on {day}{since}, by {promoted_by}: {why}\n"));
        effect
            .iter()
            .filter(|_| *is_champion)
            .for_each(|effect| text.push_str(&format!("    {}\n", effect_sentence(effect))));
    }
    if let Some(InShadow { challenger, leads }) = &state.in_shadow {
        text.push_str(&format!(
            "  `{}` has scored {leads} of {} leads in the shadow\n",
            challenger.model_id, challenger.leads_needed
        ));
    }
    if let Some(stop) = &state.stop {
        text.push_str(&format!(
            "  nothing is promoted by itself since {}, until somebody promotes or runs `plumb retrain --resume`: {}\n",
            stop.stopped_at.format("%Y-%m-%d"),
            stop.why
        ));
    }
    text
}

/// Returns what became of a challenger, in a line.
pub(crate) fn decision_line(model_id: &str, test: Option<&PromotionTest>, decision: &Decision) -> String {
    match decision {
        Decision::Promoted { why } => format!("  `{model_id}` is the champion now: {why}\n"),
        Decision::InShadow { leads, why } => {
            format!("  `{model_id}` scores {leads} leads in the shadow before it becomes the champion: {why}\n")
        }
        // Without a comparison the line of the comparison has said so.
        Decision::NotPromoted { .. } if test.is_none() => String::new(),
        Decision::NotPromoted { why } => format!("  it is not promoted by itself: {why}\n"),
    }
}

/// Returns what a promotion did to the scores of open leads, as lines.
pub(crate) fn effect_text(effect: &PromotionEffect) -> String {
    let mut text = format!("  {}\n", effect_sentence(effect));
    for LeadMove { lead_id, before, after, from, to, fields } in effect.most.iter().take(LEADS_SHOWN) {
        let fields: Vec<String> = fields.iter().map(|shift| format!("`{}` {:+.2}", shift.field, shift.shift)).collect();
        text.push_str(&format!(
            "    {lead_id}: {before:.3} ({}) to {after:.3} ({}), by {} in log-odds\n",
            from.letter(),
            to.letter(),
            fields.join(", ")
        ));
    }
    text
}
