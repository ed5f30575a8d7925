//! A company whose leads, scores and outcomes are drawn day by day.

use plumb_learn::performance::AwaitedLead;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How a company's leads are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Company {
    /// Leads a week.
    pub(crate) leads_a_week: f64,
    /// The log-odds of the average lead.
    pub(crate) log_odds: f64,
    /// The days after which an outcome no longer counts.
    pub(crate) horizon: u32,
    /// How far all scores are from the true log-odds.
    pub(crate) offset: f64,
    /// How far each score is from the true log-odds, as a standard deviation.
    pub(crate) noise: f64,
    /// The standard deviation of what moves the log-odds of all leads of a month together.
    pub(crate) wander: f64,
    /// How much quicker outcomes of good leads come.
    pub(crate) quick: f64,
    /// What changes, and when.
    pub(crate) story: Option<(Story, i32)>,
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Story {
    /// Outcomes of the leads of one segment in three come so many times as often, from a day on, whenever the lead came.
    Criteria(f64),
    /// The same for all leads.
    AllLeads(f64),
    /// Outcomes come so many times as late, of leads that come from that day on.
    Late(f64),
}

/// Leads with the segment of each.
pub(crate) struct Drawn {
    pub(crate) leads: Vec<AwaitedLead>,
    pub(crate) segments: Vec<u32>,
}

/// The segments, a third of the leads each.
pub(crate) const SEGMENTS: u32 = 3;

impl Company {
    /// Draws the leads of the days from 0 on.
    pub(crate) fn draw(&self, days: i32, seed: u64) -> Drawn {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut drawn = Drawn { leads: Vec::new(), segments: Vec::new() };
        let mut of_month = 0.0;
        for day in 0..days {
            if day % 30 == 0 {
                of_month = self.wander * normal(&mut random);
            }
            let mean = self.leads_a_week / if day % 7 < 5 { 5.9 } else { 15.5 };
            for _ in 0..poisson(mean, &mut random) {
                let segment = random.random_range(0..SEGMENTS);
                let log_odds = self.log_odds + normal(&mut random) + 0.3 * (f64::from(segment) - 1.0);
                let score = sigmoid(log_odds + self.offset + self.noise * normal(&mut random));
                let positive_on = self.outcome(log_odds + of_month, segment, day, &mut random);
                drawn.leads.push(AwaitedLead { score, day, watched_from: 0, positive_on });
                drawn.segments.push(segment);
            }
        }
        drawn
    }

    fn outcome(&self, log_odds: f64, segment: u32, day: i32, random: &mut ChaCha8Rng) -> Option<u32> {
        let late = match self.story {
            Some((Story::Late(times), since)) if day >= since => times,
            _ => 1.0,
        };
        // The delay is log-normal about a third of the horizon.
        let spread = 0.6 * normal(random) - self.quick * (log_odds - self.log_odds);
        let wait = late * f64::from(self.horizon) * 0.3 * spread.exp();
        let mut rate = sigmoid(log_odds);
        if let Some((Story::Criteria(times) | Story::AllLeads(times), since)) = self.story
            && f64::from(day) + wait >= f64::from(since)
            && (segment == 1 || matches!(self.story, Some((Story::AllLeads(_), _))))
        {
            rate = (rate * times).min(0.95);
        }
        // Outcomes become known on working days.
        let mut age = wait as u32;
        while (day as u32 + age) % 7 >= 5 {
            age += 1;
        }
        (random.random::<f64>() < rate && wait < f64::from(self.horizon)).then_some(age)
    }
}

fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    // Box and Muller (1958); 1 minus a number under 1 is over 0.
    let (radius, angle): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

fn poisson(mean: f64, random: &mut ChaCha8Rng) -> usize {
    // Knuth's product of uniform numbers; means are small here.
    let (limit, mut product, mut count) = ((-mean).exp(), random.random::<f64>(), 0);
    while product > limit {
        product *= random.random::<f64>();
        count += 1;
    }
    count
}
