//! The rows of the made-up company: what a lead is, what happens to it and what becomes of it.

use std::sync::Arc;

use datafusion::arrow::array::TimestampMicrosecondArray;
use datafusion::arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};

use crate::ground::Rows;

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = DAY / 24;

/// The lead's columns of categories, and how many categories each has.
pub(crate) const CATEGORIES: [(&str, u64); 10] = [
    ("channel", 8),
    ("industry", 20),
    ("country", 30),
    ("role", 15),
    ("owner", 40),
    ("region", 120),
    ("city", 2_000),
    ("language", 25),
    ("campaign", 500),
    ("product", 12),
];

/// A lead, as far as its events need it.
pub(crate) struct Lead {
    pub(crate) lead_id: String,
    pub(crate) created_at: i64,
}

/// Numbers by chance, the same for the same seed (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x2545_f491_4f6c_dd1d)
    }

    /// Returns a number below this one.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Rows of `lead`.
#[derive(Default)]
pub(crate) struct LeadRows {
    lead_ids: Vec<String>,
    created_at: Vec<i64>,
    known_from: Vec<i64>,
    known_to: Vec<Option<i64>>,
    categories: [Vec<String>; CATEGORIES.len()],
    employees: Vec<Option<i64>>,
    budget: Vec<Option<f64>>,
    email: Vec<String>,
    first_outreach_at: Vec<Option<i64>>,
}

impl LeadRows {
    /// Adds the versions of a lead: one in seven was changed once.
    pub(crate) fn add(&mut self, lead: &Lead, dice: &mut Dice) {
        let changed_at = (dice.below(7) == 0).then(|| lead.created_at + (10 + dice.below(50) as i64) * DAY);
        let outreach = (dice.below(10) > 0).then(|| lead.created_at + dice.below(100) as i64 * HOUR);
        let domain = ["freemail.example", "webmail.example", "company.example"][dice.below(3) as usize];
        for (from, to) in [(Some(lead.created_at), changed_at), (changed_at, None)] {
            let Some(from) = from else { continue };
            self.lead_ids.push(lead.lead_id.clone());
            self.created_at.push(lead.created_at);
            self.known_from.push(from);
            self.known_to.push(to);
            for ((name, levels), values) in CATEGORIES.iter().zip(&mut self.categories) {
                values.push(format!("{name} {}", dice.below(*levels)));
            }
            self.employees.push((dice.below(5) > 0).then(|| 1 + dice.below(3_000) as i64));
            self.budget.push((dice.below(4) > 0).then(|| dice.below(10_000_000) as f64 / 100.0));
            self.email.push(format!("{}@{domain}", lead.lead_id));
            self.first_outreach_at.push(outreach.filter(|outreach| to.is_none() || *outreach <= from));
        }
    }
}

impl Rows for LeadRows {
    fn len(&self) -> usize {
        self.lead_ids.len()
    }

    fn take(&mut self) -> RecordBatch {
        let rows = std::mem::take(self);
        let mut columns: Vec<(&str, ArrayRef, bool)> = vec![
            ("lead_id", Arc::new(StringArray::from(rows.lead_ids)), false),
            ("created_at", moments(rows.created_at.into_iter().map(Some)), false),
            ("known_from", moments(rows.known_from.into_iter().map(Some)), false),
            ("known_to", moments(rows.known_to), true),
        ];
        for ((name, _), values) in CATEGORIES.iter().zip(rows.categories) {
            columns.push((name, Arc::new(StringArray::from(values)), true));
        }
        columns.push(("employees", Arc::new(Int64Array::from(rows.employees)), true));
        columns.push(("budget", Arc::new(Float64Array::from(rows.budget)), true));
        columns.push(("email", Arc::new(StringArray::from(rows.email)), true));
        columns.push(("first_outreach_at", moments(rows.first_outreach_at), true));
        batch(columns)
    }
}

/// Rows of `event`.
#[derive(Default)]
pub(crate) struct EventRows {
    lead_ids: Vec<String>,
    known_at: Vec<i64>,
    kinds: Vec<&'static str>,
    details: Vec<Option<String>>,
    at: Vec<i64>,
    minutes: Vec<Option<f64>>,
    pages: Vec<Option<i64>>,
}

impl EventRows {
    /// Adds an event. One in four is learned later than it happened, by up to three days.
    pub(crate) fn add(&mut self, lead: &Lead, at: i64, dice: &mut Dice) {
        let kind = match dice.below(100) {
            0..40 => "touch",
            40..60 => "email_opened",
            60..70 => "email_clicked",
            70..80 => "ad_click",
            80..92 => "interaction",
            _ => "reply",
        };
        let detail = match kind {
            "touch" if dice.below(12) == 0 => Some("/pricing".to_owned()),
            "touch" => Some(format!("/page/{}", dice.below(60))),
            "interaction" => Some(["call", "meeting", "demo"][dice.below(3) as usize].to_owned()),
            "reply" => None,
            _ => Some(format!("campaign {}", dice.below(50))),
        };
        let late = if dice.below(4) == 0 { dice.below(72) as i64 * HOUR } else { 0 };
        self.lead_ids.push(lead.lead_id.clone());
        self.known_at.push(at + late);
        self.kinds.push(kind);
        self.details.push(detail);
        self.at.push(at);
        self.minutes.push((kind == "interaction").then(|| dice.below(9_000) as f64 / 100.0));
        self.pages.push((kind == "touch").then(|| 1 + dice.below(20) as i64));
    }
}

impl Rows for EventRows {
    fn len(&self) -> usize {
        self.lead_ids.len()
    }

    fn take(&mut self) -> RecordBatch {
        let rows = std::mem::take(self);
        batch(vec![
            ("lead_id", Arc::new(StringArray::from(rows.lead_ids)), false),
            ("known_at", moments(rows.known_at.into_iter().map(Some)), false),
            ("kind", Arc::new(StringArray::from(rows.kinds)), true),
            ("detail", Arc::new(StringArray::from(rows.details)), true),
            ("at", moments(rows.at.into_iter().map(Some)), true),
            ("minutes", Arc::new(Float64Array::from(rows.minutes)), true),
            ("pages", Arc::new(Int64Array::from(rows.pages)), true),
        ])
    }
}

/// Rows of `outcome`.
#[derive(Default)]
pub(crate) struct OutcomeRows {
    lead_ids: Vec<String>,
    known_at: Vec<i64>,
    targets: Vec<&'static str>,
    positive: Vec<bool>,
    at: Vec<i64>,
}

impl OutcomeRows {
    /// Adds what became of a lead: one in five converts, one in ten of all is approved.
    pub(crate) fn add(&mut self, lead: &Lead, dice: &mut Dice) {
        for (target, one_in) in [("converted", 5), ("approved", 10)] {
            if dice.below(one_in) == 0 {
                let at = lead.created_at + dice.below(80 * 24) as i64 * HOUR;
                self.lead_ids.push(lead.lead_id.clone());
                self.known_at.push(at + dice.below(48) as i64 * HOUR);
                self.targets.push(target);
                self.positive.push(dice.below(8) > 0);
                self.at.push(at);
            }
        }
    }
}

impl Rows for OutcomeRows {
    fn len(&self) -> usize {
        self.lead_ids.len()
    }

    fn take(&mut self) -> RecordBatch {
        let rows = std::mem::take(self);
        batch(vec![
            ("lead_id", Arc::new(StringArray::from(rows.lead_ids)), false),
            ("known_at", moments(rows.known_at.into_iter().map(Some)), false),
            ("target", Arc::new(StringArray::from(rows.targets)), true),
            ("positive", Arc::new(BooleanArray::from(rows.positive)), true),
            ("at", moments(rows.at.into_iter().map(Some)), true),
        ])
    }
}

fn moments(micros: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(micros.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn batch(columns: Vec<(&str, ArrayRef, bool)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of as many rows")
}
