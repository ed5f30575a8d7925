//! Partitions: leads that follow each other, whose rows are derived and stored together.
//!
//! Where a partition begins is decided by the id of its first lead alone. So a new lead changes one partition and leaves
//! the bounds of all others, and whoever derives the same leads gets the same files.

use super::identity::Identities;

/// A lead in so many begins a partition: with its events, of which there may be hundreds each, it fits into memory.
const LEADS_PER_PARTITION: u64 = 2_048;

/// The bounds of the partitions.
pub(super) struct Partitions {
    /// The first lead of each.
    begins: Vec<u32>,
}

impl Partitions {
    /// Returns the partitions of leads; there is at least one.
    pub(super) fn of(identities: &Identities) -> Partitions {
        let leads = identities.len() as u32;
        let later = (1..leads).filter(|lead| begins_partition(identities.lead_id(*lead)));
        Partitions { begins: std::iter::once(0).chain(later).collect() }
    }

    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.begins.len()
    }

    /// Returns the id of the first lead of a partition and that of the first after it; `None` after the last. There may be
    /// no lead at all.
    pub(super) fn bounds<'a>(&self, partition: u32, identities: &'a Identities) -> (&'a str, Option<&'a str>) {
        let partition = partition as usize;
        // The first partition begins with whatever comes first.
        let first = if partition == 0 { "" } else { identities.lead_id(self.begins[partition]) };
        (first, self.begins.get(partition + 1).map(|lead| identities.lead_id(*lead)))
    }

    /// Returns the partition of a lead.
    pub(super) fn partition_of(&self, lead: u32) -> u32 {
        self.begins.partition_point(|begin| *begin <= lead) as u32 - 1
    }
}

fn begins_partition(lead_id: &str) -> bool {
    hash_of(lead_id.as_bytes()).is_multiple_of(LEADS_PER_PARTITION)
}

/// Returns the FNV-1a hash with its bits mixed, the same on every machine.
pub(super) fn hash_of(bytes: &[u8]) -> u64 {
    let fnv = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::super::identity::FoundKeys;
    use super::*;

    fn partitions(leads: impl Iterator<Item = u32>) -> (Identities, Partitions) {
        let mut found = FoundKeys::default();
        leads.for_each(|lead| found.add_lead(&format!("crm:{lead}"), Some(0), false));
        let identities = found.unite();
        let partitions = Partitions::of(&identities);
        (identities, partitions)
    }

    #[test]
    fn a_lead_more_leaves_the_bounds_of_all_partitions() {
        let first_ids = |(identities, partitions): &(Identities, Partitions)| -> Vec<String> {
            partitions.begins[1..].iter().map(|lead| identities.lead_id(*lead).to_owned()).collect()
        };
        let all = partitions(0..50_000);
        assert!((12..50).contains(&all.1.len()), "{}", all.1.len());
        let without_one = partitions((0..50_000).filter(|lead| *lead != 17));
        assert_eq!(first_ids(&all), first_ids(&without_one));
        let of_leads: Vec<u32> = (0..50_000).map(|lead| all.1.partition_of(lead)).collect();
        assert!(of_leads.is_sorted() && of_leads[0] == 0 && of_leads[49_999] as usize == all.1.len() - 1);
        assert_eq!(partitions(0..0).1.len(), 1);
    }
}
