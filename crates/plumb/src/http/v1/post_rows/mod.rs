//! `POST /v1/events` and `POST /v1/leads`: events and fields of leads, as they happen.
//!
//! A body is one row, a list of rows, or an object with a list. Each row has a result of its own: one that is wrong does not
//! keep the others from being stored.

pub(super) mod event;
pub(super) mod lead;
mod body;
mod response;
mod row;

pub(super) use event::post as events;
pub(super) use lead::post as leads;
pub(super) use response::{PostResponse, ReadRow, post_rows};
pub(super) use row::check_time;
