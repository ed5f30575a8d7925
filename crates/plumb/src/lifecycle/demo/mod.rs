//! The demo: a company with its three systems, and the whole loop over it. What an earlier run has done is not done
//! again.

mod company;
mod best_possible;
mod step;
mod run;

pub(crate) use best_possible::BestPossible;
pub(crate) use company::{DemoCompany, DemoSpec, find_or_build};
pub(crate) use run::{DemoCallbacks, run_loop};
pub(crate) use step::{DemoStep, RetrainedModels, TrainedModels};
