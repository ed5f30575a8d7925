//! The SQL of features: `SELECT` lists over a lead `l` and its events `e`, parsed, checked and planned.

mod select_list;
mod rate_call;
mod lint;
mod nearest;
mod vocabulary;
mod identifier;
mod query;
mod plan;
mod plan_shape;
mod aggregate;
mod readers;

pub(super) use plan::{Plan, plan};
pub(crate) use readers::undated_fields;
pub(super) use select_list::{Feature, SelectList, parse_all, parse_each};
pub use select_list::{FeatureExpression, feature_expressions};
pub(super) use vocabulary::Vocabulary;
