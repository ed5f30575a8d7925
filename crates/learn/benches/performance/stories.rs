//! Changed outcomes: how many weeks pass until they are told.

use plumb_learn::Error;

use super::company::{Company, Story};
use super::watched::{BASE, HISTORY, run};

/// The day of the change, thirty weeks after the watch has begun.
const CHANGE: i32 = HISTORY + 210;
/// Days of the watch: a year after the change is seen.
const DAYS: i32 = 210 + 364;
/// Stands for never.
const NEVER: i32 = 999;

/// Prints the weeks from the change to the first alarm.
pub(crate) fn print(companies: u64) -> Result<(), Error> {
    println!(
        "\n| leads a week | what changes | weeks until told, budget 1 a year: median, nine in ten | budget 0.25 | at the end of the horizon | told within 17 weeks, of {companies} |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for leads_a_week in [50.0, 100.0, 150.0] {
        for (name, story) in [
            ("a third of the leads has 0.3 times the outcomes", Story::Criteria(0.3)),
            ("a third has 0.5 times the outcomes", Story::Criteria(0.5)),
            ("a third has 2 times the outcomes", Story::Criteria(2.0)),
            ("all have 0.6 times the outcomes", Story::AllLeads(0.6)),
            ("all have 1.5 times the outcomes", Story::AllLeads(1.5)),
            ("outcomes take 1.5 times as long", Story::Late(1.5)),
            ("outcomes take 2 times as long", Story::Late(2.0)),
        ] {
            let company = Company { leads_a_week, story: Some((story, CHANGE)), ..BASE };
            let [mut tight, mut wide, mut at_end] = [const { Vec::new() }; 3];
            for seed in 10_000..10_000 + companies {
                let watched = run(&company, DAYS, seed, 1.0)?;
                tight.push(weeks(watched.alarms.iter().map(|alarm| alarm.day)));
                at_end.push(weeks(watched.at_end_of_horizon.into_iter()));
                wide.push(weeks(run(&company, DAYS, seed, 0.25)?.alarms.iter().map(|alarm| alarm.day)));
            }
            let in_time = tight.iter().filter(|weeks| **weeks <= 17).count();
            let [tight, wide, at_end] = [tight, wide, at_end].map(median_and_nine_in_ten);
            println!("| {leads_a_week} | {name} | {tight} | {wide} | {at_end} | {in_time} |");
        }
    }
    Ok(())
}

/// Returns the weeks from the change to the first alarm after it.
fn weeks(days: impl Iterator<Item = i32>) -> i32 {
    days.filter(|day| *day > CHANGE).min().map_or(NEVER, |day| (day - CHANGE) / 7)
}

fn median_and_nine_in_ten(mut weeks: Vec<i32>) -> String {
    weeks.sort_unstable();
    let place = |share: f64| weeks[(share * (weeks.len() - 1) as f64) as usize];
    let text = |weeks: i32| if weeks == NEVER { "never".to_owned() } else { weeks.to_string() };
    format!("{}, {}", text(place(0.5)), text(place(0.9)))
}
