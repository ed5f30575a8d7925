//! Watching a model's performance: false alarms in stationary years, weeks until changed outcomes are told, expected figures
//! beside realised ones and NannyML's, and seconds.
//!
//! Arguments: some of `years`, `stories`, `datasets` and `speed`, all unless given; the number of companies, 200 unless
//! given; and names of data sets.

mod company;
mod datasets;
mod moved;
mod speed;
mod stories;
mod watched;
mod years;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let companies = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(200);
    let parts = ["speed", "years", "stories", "datasets"];
    let all = !arguments.iter().any(|argument| parts.contains(&argument.as_str()));
    let is_asked = |part: &str| all || arguments.iter().any(|argument| argument == part);
    if is_asked("speed") {
        speed::print()?;
    }
    if is_asked("years") {
        years::print(companies)?;
    }
    if is_asked("stories") {
        stories::print(companies)?;
    }
    if is_asked("datasets") {
        datasets::print(&arguments)?;
    }
    Ok(())
}
