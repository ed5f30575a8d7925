#![doc = include_str!("../README.md")]

mod booster;
mod error;
mod ffi;
mod matrix;
mod batches;
mod workers;

pub use batches::{Batch, Layout};
pub use booster::Booster;
pub use error::Error;
pub use matrix::{DMatrix, FeatureType};
pub use workers::{Communicator, Tracker};

/// Returns the version of the XGBoost that is linked in: major, minor, patch.
pub fn version() -> (i32, i32, i32) {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: the three pointers are to live integers, which is all that the function asks for.
    unsafe { ffi::XGBoostVersion(&mut major, &mut minor, &mut patch) };
    (major, minor, patch)
}
