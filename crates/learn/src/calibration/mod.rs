//! From a margin to a probability.
//!
//! Three curves are fitted to held-out rows, and the one that best describes rows it was not fitted to is chosen: Platt's
//! sigmoid (1999); the same with one slope under the mean margin and another over it, which is beta calibration (Kull
//! 2017) moved to where the rows are; and isotonic regression. Slopes are 0 or more, so a larger margin never gets a
//! smaller score. The steps of isotonic regression are joined by lines, and a hundredth of the sigmoid is mixed in, or
//! many leads would get the same score and their order would be left to chance.

mod isotonic;
mod curve;
mod fit;

pub use curve::Calibration;
