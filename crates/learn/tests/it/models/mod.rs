//! Laws that every kind of model keeps.

mod leads;
mod learning;
mod explanations;
mod reproducibility;
mod storage;
mod invalid_input;
