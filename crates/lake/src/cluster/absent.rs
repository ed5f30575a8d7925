//! In a program that was built without the feature `cluster` there is none.

use std::path::Path;

use datafusion::prelude::SessionContext;
use plumb_lead::Observation;

use crate::chunk::FeatureChunk;
use crate::features::FeatureProgram;
use crate::{Error, Lake};

/// How often something is asked before its failure counts.
pub(crate) const ATTEMPTS: usize = 3;

/// A cluster, of which there is none.
pub enum Cluster {}

/// The secret of a cluster, of which there is none.
#[derive(Clone, Debug, Default)]
pub struct Token;

impl Token {
    /// Returns a token.
    pub fn new(_text: &str) -> Option<Token> {
        Some(Token)
    }
}

impl Cluster {
    /// Says that there is none.
    pub async fn connect(address: &str, _token: Token, _data: &Path) -> Result<Cluster, Error> {
        Err(Error::NoCluster { address: address.to_owned() })
    }

    pub(crate) fn session(&self) -> Result<SessionContext, Error> {
        match *self {}
    }

    pub(crate) async fn features(
        &self,
        _lake: &Lake,
        _program: &FeatureProgram,
        _observations: Vec<Observation>,
    ) -> Result<FeatureChunk, Error> {
        match *self {}
    }
}
