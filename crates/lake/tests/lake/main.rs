//! The lake by its own words: small files in, relations, features and labels out.

mod company;
mod demo;
mod features;
mod feature_file;
mod dataset;
mod relations;
mod rows;
mod change_detection;
mod time;
mod equality;
mod meaning;
mod mistakes;
mod strangers;
