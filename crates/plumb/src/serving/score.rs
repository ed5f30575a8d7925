//! The scoring of a request: the one function behind `/v1/score`, the invocations and the other protocols.

use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};
use tokio::runtime::Handle;

use super::engine::Engine;
use super::error::Error;
use super::instance::{InferenceRequest, Instance};
use super::score_instances::{ScoredRequest, score_instances, score_rows};
use super::shadow;
use super::variants::RoutedVariant;
use crate::blocking::{Cancellation, run_blocking};
use crate::memory::Reservation;
use crate::scoring::Explain;
use crate::telemetry::TRACED;

/// So many rows of features, or leads that come with their events, are scored on the request's own thread: some 100 µs each
/// at most, while handing work to another thread and waking up again costs half of that.
const INLINE_INSTANCES_MAX: usize = 3;

/// A lead with more events than this is not scored on the request's own thread.
const INLINE_EVENTS_MAX: usize = 1_000;

impl Engine {
    /// Scores a request by the routed variant, and has the shadows score it too. The predictions have to be recorded by
    /// [`Engine::record`] before they are sent.
    #[tracing::instrument(target = TRACED, skip_all)]
    pub(crate) async fn score(
        self: &Arc<Engine>,
        routed: &RoutedVariant,
        request: InferenceRequest,
        as_of: DateTime<Utc>,
        explain: Explain,
        memory: &Arc<Reservation>,
    ) -> Result<ScoredRequest, Error> {
        let scorer = routed.scorer();
        let scored = match request {
            InferenceRequest::Rows(rows, lead_id) if rows.matrix.rows <= INLINE_INSTANCES_MAX => {
                score_rows(scorer, rows, lead_id.as_deref(), as_of, explain, &Cancellation::default())?
            }
            InferenceRequest::Rows(rows, lead_id) => {
                let model = scorer.clone();
                self.score_batch(memory, move |cancellation| {
                    score_rows(&model, rows, lead_id.as_deref(), as_of, explain, cancellation)
                })
                .await?
            }
            InferenceRequest::Instances(instances) => {
                self.score_instances(routed, instances, as_of, explain, memory).await?
            }
        };
        routed.variant.metrics.scored(scored.predictions.len());
        self.metrics.unseen(&scorer.artifact.target, &scored.unseen);
        Ok(scored)
    }

    async fn score_instances(
        self: &Arc<Engine>,
        routed: &RoutedVariant,
        instances: Vec<Instance>,
        as_of: DateTime<Utc>,
        explain: Explain,
        memory: &Arc<Reservation>,
    ) -> Result<ScoredRequest, Error> {
        for variant in routed.variants.shadows() {
            shadow::score(self, variant, routed.event_id.clone(), &instances, as_of);
        }
        let scorer = routed.scorer();
        if instances.len() <= INLINE_INSTANCES_MAX && instances.iter().all(is_short) {
            return score_instances(self, scorer, instances, as_of, explain, &Cancellation::default()).await;
        }
        // Many rows keep a processor busy for longer than an async thread may be, and so does a lookup in the ground.
        let (runtime, engine, model) = (Handle::current(), self.clone(), scorer.clone());
        self.score_batch(memory, move |cancellation| {
            runtime.block_on(score_instances(&engine, &model, instances, as_of, explain, cancellation))
        })
        .await
    }

    /// Scores on a thread for blocking work. If nobody waits for the result any more the work ends soon, and gives back its
    /// memory then.
    async fn score_batch(
        &self,
        memory: &Arc<Reservation>,
        work: impl FnOnce(&Cancellation) -> Result<ScoredRequest, Error> + Send + 'static,
    ) -> Result<ScoredRequest, Error> {
        let _permit = self.batch_permits.acquire().await.context("the server is being stopped")?;
        let memory = memory.clone();
        let work = move |cancellation: &Cancellation| {
            let scored = work(cancellation);
            drop(memory);
            Ok(scored)
        };
        run_blocking(work).await.context("the scoring was interrupted")?
    }
}

fn is_short(instance: &Instance) -> bool {
    match instance {
        // Mostly one row of the operational database; only a lead that is not open is looked up in the ground.
        Instance::KnownLead { overrides, .. } => overrides.events.len() <= INLINE_EVENTS_MAX,
        Instance::NewLead { events, .. } => events.len() <= INLINE_EVENTS_MAX,
        Instance::Features { .. } => true,
    }
}
