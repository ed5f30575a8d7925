//! Retraining that can be left alone: it trains only when something is new, lets a challenger in only when chance is no
//! longer an explanation, tells what a promotion did, and takes back one that does harm. docs/retraining.md is for users.

mod names;
mod when;
mod decision;
mod effect;
mod outcome;
mod shadow;
mod promotion;
mod run;
mod acceptance;
mod watch;
mod settle;
mod state;

pub(crate) use decision::{Decision, PromotionTest};
pub(crate) use effect::{LeadMove, PromotionEffect, effect_sentence};
pub(crate) use outcome::{NotRetrained, Retraining, RetrainingOutcome};
pub(crate) use promotion::{PromotedModel, note_effect, promote_locked};
pub(crate) use run::{challenge, register, retrain, retrain_anyway};
pub(crate) use settle::{Settled, Settlement, settle};
pub(crate) use shadow::end as end_shadow;
pub(crate) use state::{InShadow, PromotionState, RetrainingState, state};
