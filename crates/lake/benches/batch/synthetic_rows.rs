//! Synthetic rows of leads, events and outcomes.

use std::sync::Arc;

use datafusion::arrow::array::TimestampMicrosecondArray;
use datafusion::arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};

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

/// Rows that become a batch.
pub(crate) trait Rows: Default {
    /// How many there are.
    fn len(&self) -> usize;
    /// Returns them, and keeps none.
    fn take(&mut self) -> RecordBatch;
}

/// The fields of a lead that its events need.
pub(crate) struct Lead {
    pub(crate) lead_id: String,
    pub(crate) created_at: i64,
}

/// Random numbers, the same for the same seed (SplitMix64).
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x2545_f491_4f6c_dd1d)
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
    pub(crate) fn add(&mut self, lead: &Lead, rng: &mut Rng) {
        let changed_at = (rng.below(7) == 0).then(|| lead.created_at + (10 + rng.below(50) as i64) * DAY);
        let outreach = (rng.below(10) > 0).then(|| lead.created_at + rng.below(100) as i64 * HOUR);
        let domain = ["freemail.example", "webmail.example", "company.example"][rng.below(3) as usize];
        for (from, to) in [(Some(lead.created_at), changed_at), (changed_at, None)] {
            let Some(from) = from else { continue };
            self.lead_ids.push(lead.lead_id.clone());
            self.created_at.push(lead.created_at);
            self.known_from.push(from);
            self.known_to.push(to);
            for ((name, levels), values) in CATEGORIES.iter().zip(&mut self.categories) {
                values.push(format!("{name} {}", rng.below(*levels)));
            }
            self.employees.push((rng.below(5) > 0).then(|| 1 + rng.below(3_000) as i64));
            self.budget.push((rng.below(4) > 0).then(|| rng.below(10_000_000) as f64 / 100.0));
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
            ("created_at", timestamps(rows.created_at.into_iter().map(Some)), false),
            ("known_from", timestamps(rows.known_from.into_iter().map(Some)), false),
            ("known_to", timestamps(rows.known_to), true),
        ];
        for ((name, _), values) in CATEGORIES.iter().zip(rows.categories) {
            columns.push((name, Arc::new(StringArray::from(values)), true));
        }
        columns.push(("employees", Arc::new(Int64Array::from(rows.employees)), true));
        columns.push(("budget", Arc::new(Float64Array::from(rows.budget)), true));
        columns.push(("email", Arc::new(StringArray::from(rows.email)), true));
        columns.push(("first_outreach_at", timestamps(rows.first_outreach_at), true));
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
    pub(crate) fn add(&mut self, lead: &Lead, at: i64, rng: &mut Rng) {
        let kind = match rng.below(100) {
            0..40 => "touch",
            40..60 => "email_opened",
            60..70 => "email_clicked",
            70..80 => "ad_click",
            80..92 => "interaction",
            _ => "reply",
        };
        let detail = match kind {
            "touch" if rng.below(12) == 0 => Some("/pricing".to_owned()),
            "touch" => Some(format!("/page/{}", rng.below(60))),
            "interaction" => Some(["call", "meeting", "demo"][rng.below(3) as usize].to_owned()),
            "reply" => None,
            _ => Some(format!("campaign {}", rng.below(50))),
        };
        let late = if rng.below(4) == 0 { rng.below(72) as i64 * HOUR } else { 0 };
        self.lead_ids.push(lead.lead_id.clone());
        self.known_at.push(at + late);
        self.kinds.push(kind);
        self.details.push(detail);
        self.at.push(at);
        self.minutes.push((kind == "interaction").then(|| rng.below(9_000) as f64 / 100.0));
        self.pages.push((kind == "touch").then(|| 1 + rng.below(20) as i64));
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
            ("known_at", timestamps(rows.known_at.into_iter().map(Some)), false),
            ("kind", Arc::new(StringArray::from(rows.kinds)), true),
            ("detail", Arc::new(StringArray::from(rows.details)), true),
            ("at", timestamps(rows.at.into_iter().map(Some)), true),
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
    /// Adds the outcomes of a lead: one in five converts, one in ten is approved.
    pub(crate) fn add(&mut self, lead: &Lead, rng: &mut Rng) {
        for (target, one_in) in [("converted", 5), ("approved", 10)] {
            if rng.below(one_in) == 0 {
                let at = lead.created_at + rng.below(80 * 24) as i64 * HOUR;
                self.lead_ids.push(lead.lead_id.clone());
                self.known_at.push(at + rng.below(48) as i64 * HOUR);
                self.targets.push(target);
                self.positive.push(rng.below(8) > 0);
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
            ("known_at", timestamps(rows.known_at.into_iter().map(Some)), false),
            ("target", Arc::new(StringArray::from(rows.targets)), true),
            ("positive", Arc::new(BooleanArray::from(rows.positive)), true),
            ("at", timestamps(rows.at.into_iter().map(Some)), true),
        ])
    }
}

fn timestamps(micros: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(micros.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn batch(columns: Vec<(&str, ArrayRef, bool)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of as many rows")
}
