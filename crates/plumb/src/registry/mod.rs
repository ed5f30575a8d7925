//! The models' registry: files named by the hash of their content, and for each target which model is the champion,
//! which the challenger, and which other models serve as variants. Files lie in `<data>/models`; cards, stages and the
//! history of who changed them, when and why, are in the [`Store`](crate::store::Store).

mod files;
mod models;
mod stages;
mod nomination;
mod variants;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use files::{load, model_id};
pub(crate) use models::{add, card, cards};
#[cfg(test)]
pub(crate) use nomination::NamedModel;
pub(crate) use nomination::{Nomination, leak_columns, nominate};
pub(crate) use stages::{challenger, champion, history, promote, revision, rollback};
pub(crate) use variants::{CHAMPION_VARIANT, remove_variant, set_variant, variants};
