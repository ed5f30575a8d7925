//! The observations of a scoring run, in the two orders that it needs.

use plumb_lead::Observation;
use uuid::Uuid;

/// The observations to score.
pub(super) struct Batch {
    /// In the order in which they are listed: earlier observations, then the leads that are open now.
    pub(super) observations: Vec<Observation>,
    pub(super) first_open: usize,
    /// The places of the observations that are left, in the order of their leads, which is that of the ground.
    pub(super) lead_order: Vec<u32>,
    /// The ids of their predictions, which sort them in the order of the list.
    pub(super) ids: Vec<Uuid>,
}

impl Batch {
    /// Returns the batch of what follows the last observation that is done.
    pub(super) fn new(observations: Vec<Observation>, first_open: usize, done: Option<&Observation>) -> Batch {
        let mut lead_order: Vec<u32> = (0..observations.len() as u32).collect();
        lead_order.retain(|place| done.is_none_or(|done| observations[*place as usize] > *done));
        lead_order.sort_by_key(|place| &observations[*place as usize]);
        let ids = observations.iter().map(|_| Uuid::now_v7()).collect();
        Batch { observations, first_open, lead_order, ids }
    }

    pub(super) fn open_leads_left(&self) -> usize {
        self.lead_order.iter().filter(|place| **place as usize >= self.first_open).count()
    }

    /// Returns the observations in the order of their leads.
    pub(super) fn by_lead(&self) -> impl Iterator<Item = Observation> {
        self.lead_order.iter().map(|place| self.observations[*place as usize].clone())
    }
}
