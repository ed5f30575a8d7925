//! Years of outcomes: how often an alarm has no cause, and how soon it has one.

use plumb_learn::Error;
use plumb_learn::performance::{AwaitedLead, Change, Dimension, Usual, UsualParams, WatchParams, watch};

use super::company::{Company, Drawn, SEGMENTS, Story};

/// Days whose leads are the training data's newest: what is usual is measured on them.
const HISTORY: i32 = 420;
/// Days that are watched.
const YEARS: i32 = 5;
/// The day of the change after the watch has begun.
const CHANGE: i32 = HISTORY + 210;

const BASE: Company = Company {
    leads_a_week: 100.0,
    log_odds: -2.1,
    horizon: 120,
    offset: 0.0,
    noise: 0.2,
    wander: 0.0,
    quick: 0.0,
    story: None,
};

struct Run {
    years: f64,
    alarms: Vec<(Change, bool, i32)>,
    old: Vec<i32>,
}

fn run(company: &Company, days: i32, seed: u64, budget: f64) -> Result<Run, Error> {
    let Drawn { leads, segments } = company.draw(HISTORY + days, seed);
    let history: Vec<AwaitedLead> = leads.iter().filter(|lead| lead.day < HISTORY).copied().collect();
    let age_max = company.horizon + 3;
    let levels: Vec<String> = (0..SEGMENTS).map(|segment| segment.to_string()).collect();
    let dimension = Dimension { name: "segment", levels: &levels, codes: &segments[..history.len()] };
    let usual = Usual::measured(&history, &[dimension], HISTORY, UsualParams { age_max, tolerance_min: 0.1 })?;
    let watched: Vec<AwaitedLead> =
        leads.iter().map(|lead| AwaitedLead { watched_from: (HISTORY - lead.day).max(0) as u32, ..*lead }).collect();
    let dimension = Dimension { name: "segment", levels: &levels, codes: &segments };
    let params = WatchParams { from: HISTORY, until: HISTORY + days, budget };
    let watched = watch(&watched, &[dimension], &usual, params)?;
    if std::env::var("SHOW").is_ok() {
        println!(
            "low {:.2} high {:.2} late {:.2} dispersion {:.2} positives {}",
            usual.all.low,
            usual.all.high,
            usual.late,
            usual.dispersion,
            usual.delay.positives()
        );
    }
    let alarms = watched.alarms.iter().map(|alarm| (alarm.change, alarm.segment.is_some(), alarm.day)).collect();
    Ok(Run { years: f64::from(days) / 365.25, alarms, old: end_of_horizon(&leads, days, age_max) })
}

/// The test that waits for the end of the horizon: four standard errors over eight weeks.
fn end_of_horizon(leads: &[AwaitedLead], days: i32, age_max: u32) -> Vec<i32> {
    let weeks = (days / 7) as usize;
    let mut sums = vec![(0.0, 0.0, 0.0); weeks];
    for lead in leads {
        let end = lead.day + age_max as i32 - HISTORY;
        // Leads of after the training alone.
        if lead.day >= HISTORY && end >= 0 && (end / 7) < weeks as i32 {
            let sum = &mut sums[(end / 7) as usize];
            sum.0 += f64::from(u8::from(lead.positive_on.is_some()));
            sum.1 += lead.score;
            sum.2 += lead.score * (1.0 - lead.score);
        }
    }
    let is_alarm = |week: usize| {
        let pooled = sums[week - 7..=week]
            .iter()
            .fold((0.0, 0.0, 0.0), |sum, week| (sum.0 + week.0, sum.1 + week.1, sum.2 + week.2));
        pooled.2 > 0.0 && ((pooled.0 - pooled.1) / f64::sqrt(pooled.2)).abs() > 4.0
    };
    (7..weeks).filter(|week| is_alarm(*week)).map(|week| HISTORY + 7 * (week as i32 + 1)).collect()
}

pub(crate) fn print() -> Result<(), Error> {
    let runs: u64 = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(200);
    println!("| stationary | years | alarms a year, budget 1 | by kind fewer/more/later/earlier, of segments | old |");
    let offset = Company { offset: 0.25, ..BASE };
    let cases = [
        ("as drawn", BASE),
        ("scores too high by 0.25", offset),
        ("quick good leads", Company { quick: 0.3, ..BASE }),
        ("wander 0.1", Company { wander: 0.1, ..BASE }),
        ("wander 0.2", Company { wander: 0.2, ..BASE }),
        ("noise 0.5", Company { noise: 0.5, ..BASE }),
        ("300 a week", Company { leads_a_week: 300.0, ..BASE }),
        ("30 a week", Company { leads_a_week: 30.0, ..BASE }),
    ];
    for (name, company) in cases {
        let (mut years, mut alarms, mut old) = (0.0, Vec::new(), 0);
        for seed in 0..runs {
            let run = run(&company, 365 * YEARS, seed, 1.0)?;
            years += run.years;
            alarms.extend(run.alarms);
            old += run.old.len();
        }
        let kind = |change| alarms.iter().filter(|alarm| alarm.0 == change).count();
        let kinds = Change::ALL.map(kind);
        let segments = alarms.iter().filter(|alarm| alarm.1).count();
        println!("{name} | {years:.0} | {:.4} | {kinds:?}, {segments} | {old}", alarms.len() as f64 / years);
    }
    println!("| story | caught in 26 weeks | median, 90 % weeks | old: median | before |");
    for leads_a_week in [50.0, 100.0, 150.0] {
        for story in [
            Story::Criteria(0.3),
            Story::Criteria(0.5),
            Story::Criteria(2.0),
            Story::AllLeads(0.6),
            Story::AllLeads(1.5),
            Story::Late(1.5),
            Story::Late(2.0),
        ] {
            for budget in [1.0, 0.25] {
                let company = Company { leads_a_week, story: Some((story, CHANGE)), ..BASE };
                let (mut delays, mut old, mut before) = (Vec::new(), Vec::new(), 0);
                for seed in 0..runs {
                    let run = run(&company, 210 + 52 * 7, 10_000 + seed, budget)?;
                    before += run.alarms.iter().filter(|alarm| alarm.2 <= CHANGE).count();
                    let first = |days: &mut dyn Iterator<Item = i32>| {
                        days.filter(|day| *day > CHANGE).min().map_or(99, |day| (day - CHANGE + 6) / 7)
                    };
                    delays.push(first(&mut run.alarms.iter().map(|alarm| alarm.2)));
                    old.push(first(&mut run.old.iter().copied()));
                }
                delays.sort_unstable();
                old.sort_unstable();
                let place = |of: &[i32], share: f64| of[(share * (of.len() - 1) as f64) as usize];
                println!(
                    "{leads_a_week} {story:?} budget {budget} | {} | {} {} | {} {} | {before}",
                    delays.iter().filter(|delay| **delay <= 26).count(),
                    place(&delays, 0.5),
                    place(&delays, 0.9),
                    place(&old, 0.5),
                    place(&old, 0.9),
                );
            }
        }
    }
    Ok(())
}
