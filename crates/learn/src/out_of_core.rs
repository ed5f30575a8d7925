//! Boosted trees on more rows than memory holds, and by several processes that each have some of the rows.
//!
//! Settings, and the number of rounds, are searched on a sample. Then the trees are grown on all rows, which come in
//! batches and are kept as quantiles only. docs/decisions/0014 says why it is parted so.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use plumb_lead::{FeatureSet, Matrix};
use plumb_xgboost_sys::{Batch, Booster, Communicator, DMatrix, FeatureType, Layout, Tracker};
use serde::{Deserialize, Serialize};

use crate::boosted::{Boosted, name_columns};
use crate::search::{self, Categories};
use crate::trees::Trees;
use crate::{Error, FitProgress, Params, Samples};

/// How trees are to be grown on all rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreePlan {
    /// The columns.
    pub features: FeatureSet,
    /// XGBoost's parameters.
    parameters: Vec<(String, String)>,
    /// Columns that XGBoost is told are categories.
    categories: Vec<usize>,
    /// Columns that the trees are not shown, because they tell the time.
    hidden: Vec<usize>,
    /// The number of trees.
    pub rounds: usize,
}

/// Rows with what became of them and how much they count.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The rows, in the order of the plan's features.
    pub matrix: Matrix,
    /// A label a row.
    pub labels: Vec<bool>,
    /// A weight a row.
    pub weights: Vec<f32>,
}

/// Rows in batches, from the first to the last.
pub type Pass<'a, E> = Box<dyn Iterator<Item = Result<Rows, E>> + 'a>;

/// Where trees are grown.
#[derive(Clone, Copy, Debug)]
pub struct GrowConfig<'a> {
    /// A folder for quantiles that memory does not hold.
    pub cache: Option<&'a Path>,
    /// Threads; 0 is one for each core.
    pub threads: usize,
    /// What [`GrownTrees::save`] gave in a run that broke off: these trees are not grown again.
    pub saved: Option<&'a [u8]>,
}

/// Trees that grow.
#[derive(Debug)]
pub struct GrownTrees<'a> {
    booster: &'a Booster,
    /// The trees so far.
    pub rounds: usize,
}

impl GrownTrees<'_> {
    /// Returns the trees so far, to go on from.
    pub fn save(&self) -> Result<Vec<u8>, Error> {
        Ok(self.booster.save_ubj()?)
    }
}

impl TreePlan {
    /// Searches the settings on a sample of the rows, and returns them by name as well. Categories are seen as codes or as
    /// categories: a target rate would have to be counted over all rows, without each one's own label.
    pub fn search(
        features: &FeatureSet,
        train: Samples,
        valid: Samples,
        params: &Params,
        fit_progress: &dyn FitProgress,
    ) -> Result<(TreePlan, BTreeMap<String, String>), Error> {
        train.check(features, "train")?;
        valid.check(features, "choose on")?;
        let ways = [Categories::Ordinal, Categories::Native];
        let (_, recipe) = search::run(features, train, valid, params, &ways, fit_progress)?;
        let native = recipe.settings.categories == Categories::Native;
        let categories = if native { search::categories(features) } else { Vec::new() };
        let mut parameters = search::parameters(features, &recipe.settings, params.seed);
        // Then chance in a round does not depend on whether the rounds before it were grown in the same run.
        parameters.push(("seed_per_iteration".to_owned(), "true".to_owned()));
        let plan = TreePlan {
            features: features.clone(),
            parameters,
            categories: categories.into_iter().map(|(column, _)| column).collect(),
            hidden: recipe.hidden.clone(),
            rounds: recipe.rounds,
        };
        Ok((plan, recipe.describe(features)))
    }

    /// Grows the trees on all rows and returns XGBoost's file of them. `open` begins with the first batch and must give the
    /// same ones each time. `after_round` is told of each round.
    pub fn grow<'a, E: From<Error> + 'a>(
        &'a self,
        open: &'a dyn Fn() -> Result<Pass<'a, E>, E>,
        place: GrowConfig,
        after_round: &mut dyn FnMut(&GrownTrees) -> Result<(), E>,
    ) -> Result<Vec<u8>, E> {
        let mut types = vec![FeatureType::Quantity; self.features.features.len()];
        self.categories.iter().for_each(|column| types[*column] = FeatureType::Category);
        let layout = Layout { types: &types, cache: place.cache, threads: place.threads };
        let batches = || -> Result<Batches<'a, E>, Broken<E>> {
            let pass = open().map_err(Broken)?;
            Ok(Box::new(pass.map(|rows| rows.map(|rows| self.batch(rows)).map_err(Broken))))
        };
        let matrix = DMatrix::from_batches(&batches, layout).map_err(|Broken(error)| error)?;
        let xgboost = |error: plumb_xgboost_sys::Error| E::from(Error::from(error));
        let mut booster = match place.saved {
            Some(saved) => {
                // XGBoost trusts what it reads.
                Trees::from_bytes(saved, None)?;
                Booster::resumed(&[&matrix], saved).map_err(xgboost)?
            }
            None => Booster::new(&[&matrix]).map_err(xgboost)?,
        };
        for (name, value) in &self.parameters {
            booster.set_param(name, value).map_err(xgboost)?;
        }
        booster.set_param("nthread", &place.threads.to_string()).map_err(xgboost)?;
        for round in booster.rounds().map_err(xgboost)?..self.rounds {
            booster.update(round, &matrix).map_err(xgboost)?;
            after_round(&GrownTrees { booster: &booster, rounds: round + 1 })?;
        }
        name_columns(&mut booster, &self.features)?;
        Ok(booster.save().map_err(xgboost)?.into_bytes())
    }

    /// Returns the trees of a file that [`TreePlan::grow`] returned.
    pub fn trees(&self, file: &[u8]) -> Result<Boosted, Error> {
        Boosted::grown(file, self.categories.clone())
    }

    /// Returns rows as the trees see them.
    fn batch(&self, rows: Rows) -> Batch {
        let Rows { mut matrix, labels, weights } = rows;
        for row in matrix.values.chunks_exact_mut(matrix.columns.max(1)) {
            row.iter_mut().filter(|value| value.is_infinite()).for_each(|value| *value = f32::NAN);
            self.hidden.iter().for_each(|column| row[*column] = f32::NAN);
        }
        let labels = labels.into_iter().map(|label| f32::from(u8::from(label))).collect();
        Batch { values: matrix.values, labels, weights }
    }
}

/// The same rows as XGBoost takes them.
type Batches<'a, E> = Box<dyn Iterator<Item = Result<Batch, Broken<E>>> + 'a>;

/// Where workers find each other. Nobody is asked who they are there; it is open until it is finished, or until the
/// process ends.
#[derive(Debug)]
pub struct Rendezvous(Tracker);

impl Rendezvous {
    /// Opens it for so many workers, on a port of its own choice if it is given 0. They have so long to come.
    pub fn start(workers: usize, address: IpAddr, port: u16, timeout: Duration) -> Result<Rendezvous, Error> {
        Ok(Rendezvous(Tracker::start(workers, address, port, timeout)?))
    }

    /// Waits until all workers have left, and closes it.
    pub fn finish(self) -> Result<(), Error> {
        Ok(self.0.finish()?)
    }

    /// Returns its port.
    pub fn port(&self) -> u16 {
        self.0.port()
    }
}

/// A worker's membership, which ends when dropped: trees that its thread grows are those of all.
#[derive(Debug)]
pub struct WorkerGroup(Communicator);

impl WorkerGroup {
    /// Joins the others under a number of its own, from 0.
    pub fn join(rendezvous: IpAddr, port: u16, number: usize, timeout: Duration) -> Result<WorkerGroup, Error> {
        Ok(WorkerGroup(Communicator::join(rendezvous, port, number, timeout)?))
    }
}

/// Whatever stops the rows from coming.
struct Broken<E>(E);

impl<E: From<Error>> From<plumb_xgboost_sys::Error> for Broken<E> {
    fn from(error: plumb_xgboost_sys::Error) -> Broken<E> {
        Broken(Error::from(error).into())
    }
}
