//! Features of many leads at many times: chunk by chunk of leads, so that memory does not grow with their number.
//!
//! A chunk reads its leads and their events once, whatever the number of times. Chunks are independent, so they run in
//! parallel, and neither their size nor their number changes a bit of the result. They are a stream: whether all of them
//! are held is up to the caller.

mod chunks;
mod compute;
mod chunk;
mod rows_of_leads;
mod block;
mod original_order;
mod feature_file;

pub use block::FeatureBlock;
pub(crate) use chunk::FeatureChunk;
pub(crate) use chunks::compute_in_chunks;
pub(crate) use compute::{CHUNK_OBSERVATIONS, compute_chunk};
pub(crate) use feature_file::write_feature_file;
pub(crate) use original_order::in_original_order;
