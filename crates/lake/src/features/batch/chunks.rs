//! Splits observations into chunks and computes these in parallel.

use futures::{Stream, StreamExt};
use plumb_lead::Observation;

use super::chunk::FeatureChunk;
use crate::error::Error;

/// Computes the features of observations, which are in the order of their leads, chunk by chunk in parallel. Chunks come
/// in their order.
///
/// No more than `at_once` chunks are held, so a caller that drops each chunk before it takes the next needs no more memory
/// for more leads.
pub(crate) fn compute_in_chunks<I, C>(
    observations: I,
    chunk_observations: usize,
    at_once: usize,
    compute: impl FnMut(Vec<Observation>) -> C,
) -> impl Stream<Item = Result<FeatureChunk, Error>>
where
    I: IntoIterator<Item = Observation>,
    C: Future<Output = Result<FeatureChunk, Error>>,
{
    futures::stream::iter(chunks(observations, chunk_observations)).map(compute).buffered(at_once)
}

/// Splits observations that are in the order of leads, never within a lead.
fn chunks(
    observations: impl IntoIterator<Item = Observation>,
    chunk_observations: usize,
) -> impl Iterator<Item = Vec<Observation>> {
    let mut observations = observations.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut chunk: Vec<Observation> = vec![observations.next()?];
        while let Some(next) = observations.next_if(|next| {
            chunk.len() < chunk_observations || chunk.last().is_some_and(|last| last.lead_id == next.lead_id)
        }) {
            chunk.push(next);
        }
        Some(chunk)
    })
}
