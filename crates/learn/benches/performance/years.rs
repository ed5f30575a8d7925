//! Years in which nothing changes: how often an alarm has no cause.

use plumb_learn::Error;
use plumb_learn::performance::Change;

use super::company::Company;
use super::watched::{BASE, run};

/// Days that each company is watched.
const DAYS: i32 = 1_826;
/// False alarms a year.
const BUDGET: f64 = 1.0;

/// Prints the false alarms of companies of several kinds.
pub(crate) fn print(companies: u64) -> Result<(), Error> {
    println!(
        "\n| nothing changes, budget {BUDGET} a year | years | alarms a year | fewer | more | later | earlier | at the end of the horizon, a year |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (name, company) in [
        ("100 leads a week", BASE),
        ("30 leads a week", Company { leads_a_week: 30.0, ..BASE }),
        ("300 leads a week", Company { leads_a_week: 300.0, ..BASE }),
        ("scores too high by 0.25 in log-odds", Company { offset: 0.25, ..BASE }),
        ("scores noisy by 0.5 in log-odds", Company { noise: 0.5, ..BASE }),
        ("good leads are decided sooner", Company { quick: 0.3, ..BASE }),
        ("months differ by 0.1 in log-odds", Company { wander: 0.1, ..BASE }),
        ("months differ by 0.2 in log-odds", Company { wander: 0.2, ..BASE }),
    ] {
        let (mut kinds, mut at_end) = ([0usize; 4], 0);
        for seed in 0..companies {
            let watched = run(&company, DAYS, seed, BUDGET)?;
            for (count, change) in kinds.iter_mut().zip(Change::ALL) {
                *count += watched.alarms.iter().filter(|alarm| alarm.change == change).count();
            }
            at_end += watched.at_end_of_horizon.len();
        }
        let years = companies as f64 * f64::from(DAYS) / 365.25;
        let all: usize = kinds.iter().sum();
        let [fewer, more, later, earlier] = kinds;
        println!(
            "| {name} | {years:.0} | {:.3} | {fewer} | {more} | {later} | {earlier} | {:.3} |",
            all as f64 / years,
            at_end as f64 / years
        );
    }
    Ok(())
}
