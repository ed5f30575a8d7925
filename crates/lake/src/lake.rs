//! An opened data folder: leads, labels and features of the current version of the ground.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::ArrayRef;
use futures::{FutureExt, Stream, StreamExt, TryStreamExt};
use plumb_lead::{Event, Lead, Observation, Table};
use plumb_tables::RecordSource;

use crate::cluster::Cluster;
use crate::data_version::DataVersion;
use crate::error::Error;
use crate::features::{
    self, CHUNK_OBSERVATIONS, CategoryWithoutRate, FeatureBlock, FeatureChunk, FeatureProgram, FeatureSql,
    PreparedFeatures,
};
use crate::future::LakeFuture;
use crate::ground::{
    FieldKind, Ground, LabelSpec, Labels, OutcomeCounts, PostOutcomeChange, PostedRelation, RecentLead,
};
use crate::posted::{PostedBytes, posted_bytes};

/// Chunks that a cluster gets at once; how many of them it computes at once is its own business.
const CLUSTER_CHUNKS: usize = 16;

/// An opened data folder. It stays at the version of the ground that was current when it was opened, which is not removed
/// as long as this is there.
pub struct Lake {
    ground: Ground,
    prepared: PreparedFeatures,
    /// How many observations of a batch are computed at once on each core, unless one lead has more.
    chunk_observations: usize,
    /// Computes batches, instead of this process.
    cluster: Option<Cluster>,
    /// How much of the posted rows it has, by source.
    posted: BTreeMap<String, PostedBytes>,
}

impl Lake {
    /// Opens the data folder that [`crate::ingest()`] wrote.
    pub fn open<'a>(data: &'a Path) -> LakeFuture<'a, Lake> {
        async move {
            loop {
                let ground = Ground::open_current(data).await?;
                let ground = ground.ok_or_else(|| Error::NoGround { data: data.to_owned() })?;
                let (version, posted) = posted_bytes(data)?;
                // An ingestion may have ended in between.
                if version.as_deref() == Some(ground.version()) {
                    let prepared = PreparedFeatures::default();
                    return Ok(Lake {
                        ground,
                        prepared,
                        chunk_observations: CHUNK_OBSERVATIONS,
                        cluster: None,
                        posted,
                    });
                }
            }
        }
        .boxed()
    }

    /// Sets how many observations are computed at once on each core: fewer are slower and need less memory. No bit of a
    /// result depends on it.
    pub fn in_chunks_of(mut self, observations: usize) -> Lake {
        self.chunk_observations = observations;
        self
    }

    /// Has batches computed by a cluster. No bit of a result depends on it.
    pub fn on_cluster(mut self, cluster: Option<Cluster>) -> Lake {
        self.cluster = cluster;
        self
    }

    /// Returns whether its data folder, as it is now, has a newer version of the ground than this one.
    pub fn is_outdated(&self, now: &DataVersion) -> bool {
        now.ground().is_some_and(|ground| ground != self.ground.version())
    }

    /// Returns the hash of what this version of the ground was derived from: the raw rows, the SQL and the program.
    pub fn ground_version(&self) -> &str {
        self.ground.derived_from()
    }

    /// Returns the hash of each of the sources' files of SQL that this version was derived by, by its name, as
    /// [`crate::hashes_of`] gives it; empty if an earlier program derived it.
    pub fn source_sql(&self) -> &BTreeMap<String, String> {
        self.ground.source_sql()
    }

    /// Returns how much of each file of a posted source this version has, by the file's name.
    pub fn posted_bytes(&self, source: &str) -> Option<&PostedBytes> {
        self.posted.get(source)
    }

    /// Returns the fields that a lead of a request may have, or the attributes of an event, each with what fits it.
    pub fn field_kinds(&self, relation: PostedRelation) -> BTreeMap<String, FieldKind> {
        self.ground.field_kinds(relation)
    }

    /// Returns the fields of leads, in the order of `sources/lead*.sql`.
    pub fn lead_fields(&self) -> Vec<String> {
        self.ground.lead_fields()
    }

    /// Returns those of the ids that are leads.
    pub fn known_leads<'a>(&'a self, lead_ids: &'a [String]) -> LakeFuture<'a, BTreeSet<String>> {
        async move { self.ground.known_leads(lead_ids).await }.boxed()
    }

    /// Returns a lead and its events as they were known at a time; `None` if it was not known then.
    pub fn lead<'a>(&'a self, lead_id: &'a str, as_of: DateTime<Utc>) -> LakeFuture<'a, Option<(Lead, Vec<Event>)>> {
        async move { self.ground.lead(lead_id, as_of).await }.boxed()
    }

    /// Returns all leads as they were known at a time, in the order of their ids.
    pub fn leads<'a>(&'a self, as_of: DateTime<Utc>) -> LakeFuture<'a, Vec<Lead>> {
        async move { self.ground.lead_blocks(as_of).await?.try_concat().await }.boxed()
    }

    /// Returns all leads as they were known at a time, block after block, in the order of their ids.
    pub async fn lead_blocks(
        &self,
        as_of: DateTime<Utc>,
    ) -> Result<impl Stream<Item = Result<Vec<Lead>, Error>> + use<'_>, Error> {
        self.ground.lead_blocks(as_of).await
    }

    /// Returns the newest version and all events of those leads of the ids, which are in order, that exist. Little else
    /// is read if the ids follow closely.
    pub fn recent_leads<'a>(&'a self, lead_ids: &'a [String]) -> LakeFuture<'a, Vec<RecentLead>> {
        async move { self.ground.recent_leads(lead_ids).await }.boxed()
    }

    /// Returns when the newest fact was learned; `None` if there is none.
    pub fn newest<'a>(&'a self) -> LakeFuture<'a, Option<DateTime<Utc>>> {
        async move { self.ground.newest().await }.boxed()
    }

    /// Returns the observations of a label spec whose label was known at `as_of`, with the label.
    ///
    /// A lead whose horizon has not passed is censored, even if its outcome is known: if only the quick successes were
    /// let in, the newest leads would seem to be the best.
    pub fn labels<'a>(&'a self, label_spec: &'a LabelSpec, as_of: DateTime<Utc>) -> LakeFuture<'a, Labels> {
        async move { self.ground.labels(label_spec, as_of).await }.boxed()
    }

    /// Returns how many outcomes there are of each target that has any, whenever they were learned.
    pub fn outcome_counts<'a>(&'a self) -> LakeFuture<'a, BTreeMap<String, OutcomeCounts>> {
        async move { self.ground.outcome_counts().await }.boxed()
    }

    /// Returns the observations of a label spec in `[from, to)`, with or without a label.
    pub fn observations<'a>(
        &'a self,
        label_spec: &'a LabelSpec,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> LakeFuture<'a, Vec<Observation>> {
        async move { self.ground.observations(label_spec, from, to).await }.boxed()
    }

    /// Returns an observation at `as_of` of each lead that is open then: created within the horizon before it and, as
    /// far as known, without an outcome.
    pub fn open_leads<'a>(
        &'a self,
        label_spec: &'a LabelSpec,
        as_of: DateTime<Utc>,
    ) -> LakeFuture<'a, Vec<Observation>> {
        async move { self.ground.open_leads(label_spec, as_of).await }.boxed()
    }

    /// Returns the undated fields of leads that features read, with how often they changed before and after the outcomes
    /// known at `as_of`; in the order of the ground's columns. Empty if every field is dated.
    pub fn post_outcome_changes<'a>(
        &'a self,
        sql: &'a FeatureSql,
        label_spec: &'a LabelSpec,
        as_of: DateTime<Utc>,
    ) -> LakeFuture<'a, Vec<PostOutcomeChange>> {
        async move {
            let fields = features::undated_fields(&self.ground, sql)?;
            self.ground.post_outcome_changes(fields, label_spec, as_of).await
        }
        .boxed()
    }

    /// Returns the program of these features; compiled once for this version of the ground.
    pub fn prepare<'a>(&'a self, sql: &'a FeatureSql) -> LakeFuture<'a, Arc<FeatureProgram>> {
        async move { self.prepared.prepare(&self.ground, sql).await }.boxed()
    }

    /// Returns the categories that got the overall rate since the last call, because no outcome of their leads was known.
    pub fn take_categories_without_rate(&self) -> Vec<CategoryWithoutRate> {
        self.prepared.take_categories_without_rate()
    }

    /// Returns the features of a lead that is not in the ground, at a time, as [`FeatureProgram::features_of`].
    pub fn features_of<'a>(
        &'a self,
        sql: &'a FeatureSql,
        lead: &'a Lead,
        events: &'a [Event],
        as_of: DateTime<Utc>,
    ) -> LakeFuture<'a, Table> {
        async move { self.prepare(sql).await?.features_of(lead, events, as_of) }.boxed()
    }

    /// Returns the rows of a relation as records: of `lead` and `event` the newest version of each, of `outcome` all.
    pub fn relation_records(&self, relation: &str) -> Result<Box<dyn RecordSource>, Error> {
        Ok(Box::new(self.ground.records(relation)?))
    }

    /// Returns the features of these observations, a row each in their order, with numbers as `f32`.
    ///
    /// No fact learned after an observation's `as_of` affects its row.
    pub fn features<'a>(&'a self, sql: &'a FeatureSql, observations: &'a [Observation]) -> LakeFuture<'a, Table> {
        async move {
            let program = self.prepare(sql).await?;
            let mut order: Vec<u32> = (0..observations.len() as u32).collect();
            order.sort_by_key(|index| &observations[*index as usize]);
            let sorted = order.iter().copied().map(|index: u32| observations[index as usize].clone());
            let chunks: Vec<Vec<ArrayRef>> =
                self.feature_chunks(&program, sorted).map_ok(|chunk: FeatureChunk| chunk.columns).try_collect().await?;
            let columns =
                features::in_original_order(&program, &chunks, &order).map_err(Error::engine("join the features"))?;
            program.table(&columns)
        }
        .boxed()
    }

    /// Returns the features of these observations, block after block, with numbers as `f32`. The observations are in the
    /// order of their leads, and the blocks in the order of the observations.
    ///
    /// Memory does not grow with their number, as long as the caller drops the blocks.
    pub async fn feature_blocks<I>(
        &self,
        sql: &FeatureSql,
        observations: I,
    ) -> Result<impl Stream<Item = Result<FeatureBlock, Error>> + use<'_, I>, Error>
    where
        I: IntoIterator<Item = Observation>,
    {
        let program = self.prepare(sql).await?;
        let chunks = self.feature_chunks(&program, observations);
        Ok(chunks.map(move |chunk| FeatureBlock::of(&program, chunk?)))
    }

    /// Writes the features of these observations to a Parquet file, a row each with `lead_id` and `as_of`, and returns
    /// the number of rows. The observations are in the order of their leads.
    ///
    /// Memory does not grow with their number. The file is written aside and gets its name when it is complete.
    pub async fn write_features<I>(&self, sql: &FeatureSql, observations: I, path: &Path) -> Result<usize, Error>
    where
        I: IntoIterator<Item = Observation>,
    {
        let program = self.prepare(sql).await?;
        features::write_feature_file(&program, self.feature_chunks(&program, observations), path).await
    }

    /// Returns the features of these observations, chunk after chunk. The observations are in the order of their leads,
    /// and the chunks in the order of the observations.
    pub(crate) fn feature_chunks<I>(
        &self,
        program: &Arc<FeatureProgram>,
        observations: I,
    ) -> impl Stream<Item = Result<FeatureChunk, Error>> + use<'_, I>
    where
        I: IntoIterator<Item = Observation>,
    {
        let (program, chunk_observations) = (program.clone(), self.chunk_observations);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // One more than cores, so that none of them waits while the caller writes a chunk.
        let at_once = if self.cluster.is_some() { CLUSTER_CHUNKS } else { cores + 1 };
        features::compute_in_chunks(observations, chunk_observations, at_once, move |chunk| {
            let program = program.clone();
            async move {
                match &self.cluster {
                    Some(cluster) => cluster.features(&self.ground, &program, chunk).await,
                    None => features::compute_chunk(&self.ground, &program, chunk, chunk_observations).await,
                }
            }
        })
    }
}
