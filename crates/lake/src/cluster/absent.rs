//! The stand-in of a program that was built without the cargo feature `cluster`: it refuses to connect.

use futures::FutureExt;
use std::path::Path;
use std::sync::Arc;

use datafusion::prelude::SessionContext;
use plumb_lead::Observation;

use crate::error::Error;
use crate::features::{FeatureChunk, FeatureProgram};
use crate::future::LakeFuture;
use crate::ground::Ground;

/// A cluster; there is none in this program.
pub enum Cluster {}

/// The token of a cluster, which nothing in this program uses.
#[derive(Clone, Debug, Default)]
pub struct Token;

impl Token {
    /// Returns a token.
    pub fn new(_text: &str) -> Option<Token> {
        Some(Token)
    }
}

impl Cluster {
    /// Fails with [`Error::NoCluster`].
    pub fn connect<'a>(address: &'a str, _token: Token, _data: &'a Path) -> LakeFuture<'a, Cluster> {
        async move { Err(Error::NoCluster { address: address.to_owned() }) }.boxed()
    }

    pub(crate) fn session(&self) -> Result<SessionContext, Error> {
        match *self {}
    }

    pub(crate) async fn features(
        &self,
        _ground: &Ground,
        _program: &Arc<FeatureProgram>,
        _observations: Vec<Observation>,
    ) -> Result<FeatureChunk, Error> {
        match *self {}
    }
}
