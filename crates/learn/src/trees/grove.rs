//! Eight trees at a time, ready to be explained: for many rows each tree by itself, for one row all eight abreast.

use super::answers::Answers;
use super::codes::{Ask, Codes};
use super::forks::{Fork, Turns, forks};
use super::lanes::{Eight, LANES, Lanes};
use super::quadrature::Points;
use super::rows_abreast::{self, Step};
use super::tree::Tree;
use super::trees_abreast::{self, Octet, Room, TREES};

/// A model's trees by eights.
#[derive(Debug)]
pub(super) struct Groves {
    groves: Vec<AnyGrove>,
    /// One row's answers to the questions of the trees that can go abreast.
    answers: Answers,
}

/// A grove, by the number of its quadrature points: as many as the compiler is told, and at least half as many as there
/// are features on the longest way.
#[derive(Debug)]
enum AnyGrove {
    Two(Grove<2>),
    Three(Grove<3>),
    Four(Grove<4>),
    Eight(Grove<8>),
    Sixteen(Grove<16>),
}

#[derive(Debug)]
struct Grove<const Q: usize> {
    points: Points<Q>,
    depth: usize,
    trees: Vec<Planted>,
    abreast: Option<Abreast<Q>>,
}

#[derive(Debug)]
struct Planted {
    forks: Vec<Fork>,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Abreast<const Q: usize> {
    octet: Octet<Q>,
    /// The first byte of its answers.
    first: usize,
}

impl Groves {
    pub(super) fn new(trees: &[Tree], codes: &Codes) -> Groves {
        let (mut groves, mut bytes) = (Vec::new(), 0);
        for trees in trees.chunks(TREES) {
            let (planted, features): (Vec<Vec<Fork>>, Vec<usize>) = trees.iter().map(|tree| forks(tree, codes)).unzip();
            let depth = trees.iter().map(|tree| tree.depth).max().unwrap_or(0);
            groves.push(match features.into_iter().max().unwrap_or(0).div_ceil(2) {
                0..=2 => AnyGrove::Two(Grove::new(planted, depth, &mut bytes)),
                3 => AnyGrove::Three(Grove::new(planted, depth, &mut bytes)),
                4 => AnyGrove::Four(Grove::new(planted, depth, &mut bytes)),
                5..=8 => AnyGrove::Eight(Grove::new(planted, depth, &mut bytes)),
                _ => AnyGrove::Sixteen(Grove::new(planted, depth, &mut bytes)),
            });
        }
        let answers = Answers::new(groves.iter().flat_map(AnyGrove::questions), bytes, codes.columns());
        Groves { groves, answers }
    }

    /// Adds the contributions to rows of some blocks of codes: for each block a list of eights a feature.
    #[inline(always)]
    pub(super) fn add<L: Lanes, const ROWS: usize>(&self, blocks: &[Vec<[u8; ROWS]>], sums: &mut [Vec<Eight>]) {
        for grove in &self.groves {
            match grove {
                AnyGrove::Two(grove) => grove.add::<L, ROWS>(blocks, sums),
                AnyGrove::Three(grove) => grove.add::<L, ROWS>(blocks, sums),
                AnyGrove::Four(grove) => grove.add::<L, ROWS>(blocks, sums),
                AnyGrove::Eight(grove) => grove.add::<L, ROWS>(blocks, sums),
                AnyGrove::Sixteen(grove) => grove.add::<L, ROWS>(blocks, sums),
            }
        }
    }

    /// Adds the contributions to those of one row.
    #[inline(always)]
    pub(super) fn add_to_one<L: Lanes>(&self, codes: &[[u8; 1]], sums: &mut [f64]) {
        let answers = self.answers.of(codes);
        let (mut two, mut three, mut four) = (None, None, None);
        for grove in &self.groves {
            match grove {
                AnyGrove::Two(grove) => grove.add_to_one::<L>(&answers, codes, &mut two, sums),
                AnyGrove::Three(grove) => grove.add_to_one::<L>(&answers, codes, &mut three, sums),
                AnyGrove::Four(grove) => grove.add_to_one::<L>(&answers, codes, &mut four, sums),
                AnyGrove::Eight(grove) => grove.add_one_by_one::<L>(codes, sums),
                AnyGrove::Sixteen(grove) => grove.add_one_by_one::<L>(codes, sums),
            }
        }
    }
}

impl AnyGrove {
    /// Returns the questions that are answered for trees abreast, with their numbers.
    fn questions(&self) -> Vec<(usize, &Ask)> {
        match self {
            AnyGrove::Two(grove) => grove.questions(),
            AnyGrove::Three(grove) => grove.questions(),
            AnyGrove::Four(grove) => grove.questions(),
            AnyGrove::Eight(_) | AnyGrove::Sixteen(_) => Vec::new(),
        }
    }
}

impl<const Q: usize> Grove<Q> {
    fn new(trees: Vec<Vec<Fork>>, depth: usize, bytes: &mut usize) -> Grove<Q> {
        let points = Points::new();
        let all: Vec<&[Fork]> = trees.iter().map(Vec::as_slice).collect();
        // More points are for ways of more features than the depth of an octet allows.
        let places = trees_abreast::places(&all).filter(|_| Q <= 4);
        let abreast = places.map(|places| {
            let (octet, first) = (Octet::new(&all, places, &points), *bytes);
            *bytes += places;
            Abreast { octet, first }
        });
        let planted = trees.into_iter().map(|forks| Planted { steps: rows_abreast::steps(&forks), forks });
        Grove { points, depth, trees: planted.collect(), abreast }
    }

    fn questions(&self) -> Vec<(usize, &Ask)> {
        let Some(Abreast { first, .. }) = &self.abreast else { return Vec::new() };
        let all: Vec<&[Fork]> = self.trees.iter().map(|tree| tree.forks.as_slice()).collect();
        let mut questions = trees_abreast::questions(&all);
        questions.iter_mut().for_each(|(number, _)| *number += first * TREES);
        questions
    }

    #[inline(always)]
    fn add<L: Lanes, const ROWS: usize>(&self, blocks: &[Vec<[u8; ROWS]>], sums: &mut [Vec<Eight>]) {
        let mut frames = rows_abreast::frames(self.depth, &self.points);
        for Planted { forks, steps } in &self.trees {
            let turns: Vec<Turns<Q>> = forks.iter().map(|fork| fork.turns(&self.points)).collect();
            for (codes, sums) in blocks.iter().zip(sums.iter_mut()) {
                rows_abreast::add::<L, Q, ROWS>((forks, steps), &turns, codes, &mut frames, sums);
            }
        }
    }

    #[inline(always)]
    fn add_to_one<L: Lanes>(&self, answers: &[u8], codes: &[[u8; 1]], room: &mut Option<Room<Q>>, sums: &mut [f64]) {
        match &self.abreast {
            Some(Abreast { octet, first }) => {
                let room = room.get_or_insert_with(|| Room::new(&self.points));
                octet.add::<L>(&answers[*first..first + octet.answers()], &self.points, room, sums);
            }
            None => self.add_one_by_one::<L>(codes, sums),
        }
    }

    #[inline(always)]
    fn add_one_by_one<L: Lanes>(&self, codes: &[[u8; 1]], sums: &mut [f64]) {
        let codes: Vec<[u8; LANES]> = codes.iter().map(|[code]| [*code; LANES]).collect();
        // What the trees add has to be added to what is there in the same order as for a block.
        let mut eights: Vec<Eight> = sums.iter().map(|sum| Eight([*sum; LANES])).collect();
        let mut frames = rows_abreast::frames(self.depth, &self.points);
        for Planted { forks, steps } in &self.trees {
            let turns: Vec<Turns<Q>> = forks.iter().map(|fork| fork.turns(&self.points)).collect();
            rows_abreast::add::<L, Q, LANES>((forks, steps), &turns, &codes, &mut frames, &mut eights);
        }
        for (sum, eight) in sums.iter_mut().zip(eights) {
            *sum = eight.0[0];
        }
    }
}
