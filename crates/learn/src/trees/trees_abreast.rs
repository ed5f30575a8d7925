//! Contributions of one row, eight trees abreast.
//!
//! One row has nothing that could be done side by side within a tree, but trees of about the same shape do the same
//! things: each is filled up to a full tree of one depth, whose forks then have places, the root's 0 and those below
//! the fork at p at 2p + 1 and 2p + 2. What is done at a fork (see [`super::forks`]) is done for the eight of one place
//! at a time, level by level, and gives the same bits as for rows abreast.

use super::codes::Ask;
use super::forks::{Fork, Side, inverse};
use super::lanes::{Eight, LANES, Lanes};
use super::quadrature::Points;

/// Trees abreast.
pub(super) const TREES: usize = LANES;

/// Trees that are deeper have too many places: the number of one is a byte.
const DEPTH_MAX: usize = 8;
const PLACES_MAX: usize = 1 << DEPTH_MAX;

/// So many places to a fork are too many: the trees are not nearly full.
const PLACES_PER_FORK_MAX: usize = 3;

/// Up to eight trees.
#[derive(Debug)]
pub(super) struct Octet<const Q: usize> {
    /// For each place, the share of training rows that went left.
    shares: Vec<Eight>,
    /// What the leaves below the last places are worth, from left to right.
    leaves: Vec<[f32; TREES]>,
    /// Where features are asked of again, by places.
    again: Vec<Again<Q>>,
    /// The same by trees: which answers tell whether a row was stopped above.
    earlier: Vec<Earlier>,
    /// Which feature each fork belongs to, tree by tree, in the order in which rows abreast leave them.
    parts: Vec<Part>,
}

/// A place where the feature of some trees is asked of again.
#[derive(Debug)]
struct Again<const Q: usize> {
    place: usize,
    /// A bit for each tree.
    trees: u8,
    /// The share that the feature has let through above.
    above: Eight,
    /// One over what it has let through.
    inverses: [Eight; Q],
}

/// A fork whose feature was asked of further up.
#[derive(Clone, Copy, Debug)]
struct Earlier {
    place: u8,
    /// Where the feature was asked of last.
    above: u8,
    /// The bit of the tree.
    tree: u8,
    /// All bits, if the way goes left there.
    left: u8,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    feature: u32,
    place: u8,
    tree: u8,
}

/// Room for what is found on the way through an octet. Its lists have a length that every byte is under, so that nothing
/// has to be checked where a fork is looked up.
#[derive(Debug)]
pub(super) struct Room<const Q: usize> {
    answers: [u8; PLACES_MAX],
    stopped: [u8; PLACES_MAX],
    weights: Box<[[Eight; Q]; PLACES_MAX]>,
    means: Box<[[Eight; Q]; PLACES_MAX]>,
    gained: Box<[Eight; PLACES_MAX]>,
}

/// A tree that is being filled up.
struct Filled<'a, const Q: usize> {
    octet: &'a mut Octet<Q>,
    forks: &'a [Fork],
    tree: usize,
    next: usize,
    /// The places of the forks above.
    way: Vec<usize>,
    levels: usize,
}

/// Returns how many places these trees take, unless they are too deep, or too far from full.
pub(super) fn places(trees: &[&[Fork]]) -> Option<usize> {
    let depth = trees.iter().flat_map(|forks| forks.iter()).map(|fork| usize::from(fork.depth) + 1).max()?;
    let forks: usize = trees.iter().map(|forks| forks.len()).sum();
    let places = (1 << depth.min(DEPTH_MAX)) - 1;
    (depth <= DEPTH_MAX && places * TREES <= PLACES_PER_FORK_MAX * forks).then_some(places)
}

impl<const Q: usize> Octet<Q> {
    /// Returns trees filled up to so many places.
    pub(super) fn new(trees: &[&[Fork]], places: usize, points: &Points<Q>) -> Octet<Q> {
        let mut octet = Octet {
            shares: vec![Eight([0.5; TREES]); places],
            leaves: vec![[0.0; TREES]; places + 1],
            again: Vec::new(),
            earlier: Vec::new(),
            parts: Vec::new(),
        };
        let levels = (places + 1).ilog2() as usize;
        let mut again: Vec<(usize, usize, f64)> = Vec::new();
        for (tree, forks) in trees.iter().enumerate().filter(|(_, forks)| !forks.is_empty()) {
            let (octet, next, way) = (&mut octet, 0, Vec::new());
            let mut filled = Filled { octet, forks, tree, next, way, levels };
            filled.fork(0, &mut again);
        }
        again.sort_by_key(|(place, tree, _)| (*place, *tree));
        for (place, tree, above) in again {
            if octet.again.last().is_none_or(|last| last.place != place) {
                octet.again.push(Again {
                    place,
                    trees: 0,
                    above: Eight([1.0; TREES]),
                    inverses: [Eight([1.0; TREES]); Q],
                });
            }
            let Some(last) = octet.again.last_mut() else { continue };
            last.trees |= 1 << tree;
            last.above.0[tree] = above;
            for at in 0..Q {
                last.inverses[at].0[tree] = inverse(above, points.joined[at], points.rest[at]);
            }
        }
        octet
    }

    /// Returns how many bytes the answers take: one for each place, with a bit for each tree.
    pub(super) fn answers(&self) -> usize {
        self.shares.len()
    }

    /// Adds the contributions of the trees to the sums of a row with these answers. A bit is set where it goes left.
    #[inline(always)]
    pub(super) fn add<L: Lanes>(&self, answers: &[u8], points: &Points<Q>, room: &mut Room<Q>, sums: &mut [f64]) {
        let places = self.shares.len();
        room.answers[..places].copy_from_slice(answers);
        room.stopped[..places].fill(0);
        for Earlier { place, above, tree, left } in &self.earlier {
            let above = usize::from(*above);
            let elsewhere = room.answers[above] ^ left | room.stopped[above];
            room.stopped[usize::from(*place)] |= elsewhere & tree;
        }
        let mut again = self.again.iter().peekable();
        for place in 0..places / 2 {
            let again = again.next_if(|again| again.place == place);
            let turns = self.turns::<L>(place, room.answers[place], room.stopped[place], again, points);
            for (at, (factor, _)) in turns.into_iter().enumerate() {
                let all = L::of(&room.weights[place][at]);
                let left = all.times(factor);
                left.put(&mut room.weights[2 * place + 1][at]);
                all.minus(left).put(&mut room.weights[2 * place + 2][at]);
            }
        }
        let mut again = self.again.iter().rev().peekable();
        for place in (0..places).rev() {
            let again = again.next_if(|again| again.place == place);
            let turns = self.turns::<L>(place, room.answers[place], room.stopped[place], again, points);
            let mut gained = L::all(0.0);
            for (at, (factor, gain)) in turns.into_iter().enumerate() {
                let (left, right) = (self.mean::<L>(2 * place + 1, at, room), self.mean::<L>(2 * place + 2, at, room));
                let apart = left.minus(right);
                right.plus(factor.times(apart)).put(&mut room.means[place][at]);
                gained = gained.plus(gain.times(apart).times(L::of(&room.weights[place][at])));
            }
            gained.put(&mut room.gained[place]);
        }
        for part in &self.parts {
            sums[part.feature as usize] += room.gained[usize::from(part.place)].0[usize::from(part.tree) % TREES];
        }
    }

    /// Returns the means of what is at a place, at a point.
    #[inline(always)]
    fn mean<L: Lanes>(&self, place: usize, at: usize, room: &Room<Q>) -> L {
        match place.checked_sub(self.shares.len()) {
            Some(leaf) => L::of_small(&self.leaves[leaf]),
            None => L::of(&room.means[place][at]),
        }
    }

    /// Returns factors and gains of the eight forks of a place, step by step as [`super::forks`] has them.
    #[inline(always)]
    fn turns<L: Lanes>(
        &self,
        place: usize,
        answers: u8,
        stopped: u8,
        again: Option<&Again<Q>>,
        points: &Points<Q>,
    ) -> [(L, L); Q] {
        let (zero, one) = (L::all(0.0), L::all(1.0));
        let share = L::of(&self.shares[place]);
        let goes_left = zero.or(one, answers);
        // A feature that stopped the row is as good as unknown.
        let gain = goes_left.minus(share).or(zero, stopped);
        let mut turns = [(zero, gain); Q];
        for (at, (factor, _)) in turns.iter_mut().enumerate() {
            *factor = share.plus(gain.times(L::all(points.joined[at])));
        }
        let Some(again) = again else { return turns };
        let met = again.trees & !stopped;
        let above = L::of(&again.above);
        let both = above.times(share);
        for (at, (factor, gain)) in turns.iter_mut().enumerate() {
            let (t, rest, inverse) = (L::all(points.joined[at]), L::all(points.rest[at]), L::of(&again.inverses[at]));
            let turned = both.times(rest).plus(goes_left.times(t)).times(inverse);
            let gained = goes_left.minus(both).minus(one.minus(above).times(turned)).times(inverse);
            *factor = factor.or(turned, met);
            *gain = gain.or(gained, met);
        }
        turns
    }
}

impl<const Q: usize> Room<Q> {
    pub(super) fn new(points: &Points<Q>) -> Room<Q> {
        let nothing = Eight([0.0; TREES]);
        let mut weights = Box::new([[nothing; Q]; PLACES_MAX]);
        // What comes to the root is the weight of each point.
        weights[0] = points.weights.map(|weight| Eight([weight; TREES]));
        Room {
            answers: [0; PLACES_MAX],
            stopped: [0; PLACES_MAX],
            weights,
            means: Box::new([[nothing; Q]; PLACES_MAX]),
            gained: Box::new([nothing; PLACES_MAX]),
        }
    }
}

impl<const Q: usize> Filled<'_, Q> {
    /// Puts the next fork of the tree, and what is below it, at a place.
    fn fork(&mut self, place: usize, again: &mut Vec<(usize, usize, f64)>) {
        let fork = &self.forks[self.next];
        self.next += 1;
        self.octet.shares[place].0[self.tree] = fork.share;
        if let Some(earlier) = fork.earlier {
            let above = self.way[usize::from(earlier.depth)] as u8;
            let left = if earlier.left { u8::MAX } else { 0 };
            self.octet.earlier.push(Earlier { place: place as u8, above, tree: 1 << self.tree, left });
            again.push((place, self.tree, earlier.share));
        }
        self.way.push(place);
        for (side, below) in fork.sides.iter().zip([2 * place + 1, 2 * place + 2]) {
            match side {
                Side::Leaf(value) => self.leaf(*value, below),
                Side::Fork => self.fork(below, again),
            }
        }
        self.way.pop();
        self.octet.parts.push(Part { feature: fork.feature, place: place as u8, tree: self.tree as u8 });
    }

    /// Makes all that is below a place worth the same.
    fn leaf(&mut self, value: f32, place: usize) {
        let levels_below = self.levels - (place + 1).ilog2() as usize;
        let first = ((place + 1) << levels_below) - 1 - self.octet.shares.len();
        for leaf in &mut self.octet.leaves[first..first + (1 << levels_below)] {
            leaf[self.tree] = value;
        }
    }
}

/// Returns the questions of some trees, each with the number of its answer: eight times its place, and its tree.
pub(super) fn questions<'a>(trees: &[&'a [Fork]]) -> Vec<(usize, &'a Ask)> {
    let mut questions = Vec::new();
    for (tree, forks) in trees.iter().enumerate() {
        // The places of the forks whose right side is still to come.
        let mut open = vec![0];
        for fork in *forks {
            let Some(place) = open.pop() else { break };
            questions.push((place * TREES + tree, &fork.ask));
            for (side, below) in fork.sides.iter().zip([2 * place + 1, 2 * place + 2]).rev() {
                if matches!(side, Side::Fork) {
                    open.push(below);
                }
            }
        }
    }
    questions
}
