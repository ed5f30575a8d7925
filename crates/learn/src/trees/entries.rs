//! What tables hold: for each pattern of a unit, the contributions of its features; and where that lies in memory.

use super::quadrature::Rule;
use super::units::{Leaf, Unit};

/// The most features of a unit: a pattern has no more bits.
pub(super) const WIDTH_MAX: usize = 8;

/// The contributions of a unit's features for one pattern: no more than fit, and in the same place of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Entry(pub(super) [f64; WIDTH_MAX]);

/// Returns the contributions of a unit's features for each of its patterns.
pub(super) fn table(unit: &Unit) -> Vec<Entry> {
    let mut entries = vec![Entry([0.0; WIDTH_MAX]); 1 << unit.bits];
    for leaf in &unit.leaves {
        let contributions = of_leaf(leaf);
        for (pattern, entry) in entries.iter_mut().enumerate() {
            let mut met = 0;
            for (at, part) in leaf.parts.iter().enumerate() {
                met |= usize::from(pattern as u8 & part.mask == part.wanted) << at;
            }
            for (part, contribution) in leaf.parts.iter().zip(&contributions[met * leaf.parts.len()..]) {
                entry.0[part.feature] += contribution;
            }
        }
    }
    entries
}

/// Returns the contributions of a leaf's parts for each set of those that a row meets.
fn of_leaf(leaf: &Leaf) -> Vec<f64> {
    let count = leaf.parts.len();
    let rule = Rule::for_features(count);
    let mut contributions = vec![0.0; count << count];
    for (met, entry) in contributions.chunks_exact_mut(count).enumerate() {
        let is_met = |at: usize| f64::from((met >> at & 1) as u8);
        for (t, weight) in rule.points.iter().zip(&rule.weights) {
            // What each part lets through if its feature has joined with probability t.
            let passes = |at: usize| leaf.parts[at].share * (1.0 - t) + is_met(at) * t;
            let mut before = [weight * leaf.value; WIDTH_MAX];
            for at in 1..count {
                before[at] = before[at - 1] * passes(at - 1);
            }
            let mut after = 1.0;
            for (at, contribution) in entry.iter_mut().enumerate().rev() {
                *contribution += before[at] * after * (is_met(at) - leaf.parts[at].share);
                after *= passes(at);
            }
        }
    }
    contributions
}

/// Returns the entries in memory of large pages, where the system has them: a row meets some thousand tables, each in
/// another place, and with small pages the processor spends much of its time on finding out where those are.
pub(super) fn in_large_pages(entries: Vec<Entry>) -> Vec<Entry> {
    let mut moved = Vec::with_capacity(entries.len());
    #[cfg(target_os = "linux")]
    {
        use std::ffi::{c_int, c_void};
        unsafe extern "C" {
            fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int;
        }
        const PAGE: usize = 4096;
        const HUGEPAGE: c_int = 14;
        let begin = moved.as_mut_ptr() as usize;
        let (first, end) = (begin.next_multiple_of(PAGE), begin + entries.len() * size_of::<Entry>());
        if end > first + PAGE {
            // SAFETY: the pages lie within memory that was just allocated, and advice changes nothing of what is in it.
            // Whether it is followed does not matter.
            unsafe { madvise(first as *mut c_void, (end - first) / PAGE * PAGE, HUGEPAGE) };
        }
    }
    moved.extend_from_slice(&entries);
    moved
}

/// Asks the memory for an entry.
#[inline(always)]
pub(super) fn fetch(entry: &Entry) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every processor of this architecture has the instruction, and it changes nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(entry).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = entry;
}
