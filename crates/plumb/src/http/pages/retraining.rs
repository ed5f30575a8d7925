//! The section of `/models` on what retraining has done by itself or waits for, and on what the last promotion did to the
//! scores of open leads.

use maud::{Markup, html};

use super::text::{day, encoded, percent, ticked, words};
use crate::lifecycle::retrain::{
    InShadow, LeadMove, PromotionEffect, PromotionState, RetrainingState, effect_sentence,
};

/// Returns the section; nothing if there was no promotion and nothing is waited for.
pub(super) fn retraining(target: &str, state: &RetrainingState) -> Markup {
    let is_empty = state.last_promotion.is_none() && state.in_shadow.is_none() && state.stop.is_none();
    html! {
        @if !is_empty {
            section.card {
                h2 { "The last promotion" }
                @if let Some(stop) = &state.stop {
                    p {
                        strong { "Nothing is promoted by itself since " (day(stop.stopped_at)) "." } " " (ticked(&stop.why))
                    }
                }
                @if let Some(InShadow { challenger, leads }) = &state.in_shadow {
                    p {
                        code { (challenger.model_id) } " has scored " (leads) " of " (challenger.leads_needed)
                        " leads in the shadow, and nobody is told."
                    }
                }
                @if let Some(promotion) = &state.last_promotion { (last(target, promotion)) }
            }
        }
    }
}

fn last(target: &str, promotion: &PromotionState) -> Markup {
    html! {
        p {
            (day(promotion.promoted_at)) ": " code { (promotion.model_id) }
            @if let Some(retired) = &promotion.retired_id { " in place of " code { (retired) } }
            ", by " (promotion.promoted_by)
            @if !promotion.is_champion { ". It is not the champion any more." }
        }
        @if let Some(effect) = &promotion.effect { (moved(target, effect)) }
    }
}

/// Returns the leads whose scores moved most.
fn moved(target: &str, effect: &PromotionEffect) -> Markup {
    html! {
        p { (ticked(&effect_sentence(effect))) "." }
        @if !effect.most.is_empty() {
            table {
                thead { tr { th { "Lead" } th { "Before" } th { "After" } th { "By" } } }
                tbody { @for lead in &effect.most { (moved_lead(target, lead)) } }
            }
        }
    }
}

fn moved_lead(target: &str, lead: &LeadMove) -> Markup {
    let LeadMove { lead_id, before, after, from, to, fields } = lead;
    let fields: Vec<String> = fields.iter().map(|shift| words(&shift.field)).collect();
    html! {
        tr {
            td { a href={ "/leads/" (encoded(lead_id)) "?target=" (encoded(target)) } { (lead_id) } }
            td { (percent(*before)) " " (from.letter()) }
            td { (percent(*after)) " " (to.letter()) }
            td { (fields.join(", ")) }
        }
    }
}
