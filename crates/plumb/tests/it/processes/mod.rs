//! Work of several processes: a cluster for batches, workers for training.

mod cluster;
mod training_workers;
