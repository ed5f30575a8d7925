//! What a retraining decided and what a promotion did, as lines.

use crate::lifecycle::retrain::{Decision, LeadMove, PromotionEffect, PromotionTest, told};

/// The leads of an effect that the text names; all that are kept are in the JSON.
const LEADS_SHOWN: usize = 3;

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
    let mut text = format!("  {}\n", told(effect));
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
