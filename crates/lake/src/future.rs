//! The future that this crate returns at its edge.
//!
//! It is boxed: an `async fn` is compiled in each crate that awaits it, with all that it awaits itself, and that is the
//! query engine.

use futures::future::BoxFuture;

use crate::error::Error;

/// A future of this crate, compiled here.
pub type LakeFuture<'a, T> = BoxFuture<'a, Result<T, Error>>;
