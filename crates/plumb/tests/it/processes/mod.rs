//! Work of several processes: a cluster for batches, workers for training, and commands that meet in one data folder.

mod cluster;
mod training_workers;
mod data_folder;
mod schedule;
