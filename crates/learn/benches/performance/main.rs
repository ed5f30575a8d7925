//! Watching a model's performance: false alarms in stationary years, and the delay until changed outcomes are told.

mod company;
mod years;

fn main() -> Result<(), plumb_learn::Error> {
    years::print()
}
