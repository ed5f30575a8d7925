//! `?limit=&after=`, which endpoints with lists take.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::cursor::{self, Cursor};
use crate::http::error::Error;

/// Items of each list in one response, by default: what fits on a screen.
const LIMIT: usize = 20;

/// The most items of each list in one response: model cards are 50 KB each.
const LIMIT_MAX: usize = 100;

/// Which part of the lists.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// How many items of each list at most.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<usize>,
    /// The `next` of an earlier answer: what follows it.
    #[param(nullable = false)]
    after: Option<String>,
}

/// Which part of the lists of a target.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TargetPageQuery {
    /// A target of the project; the first one by default.
    #[param(nullable = false)]
    pub(super) target: Option<String>,
    /// How many items of each list at most.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<usize>,
    /// The `next` of an earlier answer: what follows it.
    #[param(nullable = false)]
    after: Option<String>,
}

impl PageQuery {
    /// Returns the limit, and the place behind which the part begins.
    pub(super) fn read<C: Cursor>(&self) -> Result<(usize, Option<C>), Error> {
        page(self.limit, self.after.as_deref())
    }
}

impl TargetPageQuery {
    /// Returns the limit, and the place behind which the part begins.
    pub(super) fn read<C: Cursor>(&self) -> Result<(usize, Option<C>), Error> {
        page(self.limit, self.after.as_deref())
    }
}

/// Returns the limit, and the place behind which the part begins.
pub(super) fn page<C: Cursor>(asked: Option<usize>, after: Option<&str>) -> Result<(usize, Option<C>), Error> {
    Ok((limit(asked, LIMIT, LIMIT_MAX)?, cursor::read(after)?))
}

/// Returns the limit that is asked for, or the default.
pub(super) fn limit(asked: Option<usize>, default: usize, max: usize) -> Result<usize, Error> {
    match asked.unwrap_or(default) {
        limit if (1..=max).contains(&limit) => Ok(limit),
        limit => Err(Error::field("limit", &format!("is {limit}: expected 1 to {max}"))),
    }
}
