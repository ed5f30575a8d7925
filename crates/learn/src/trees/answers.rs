//! One row's answers to the questions of all trees, a bit each.
//!
//! A row has one code in each column (see [`super::codes`]), and it is known beforehand to which questions that code is
//! a no: to those with a smaller rank, or to those that list the category. So all bits are set, and those of the row's
//! codes are cleared; no question is asked, and a question of many categories costs no more than one of a number.

use super::codes::Ask;

/// Codes of a column.
const CODES: usize = 256;

/// To which questions each code is a no.
#[derive(Debug)]
pub(super) struct Answers {
    /// Bytes that the answers take.
    bytes: usize,
    /// For each code of each column, where its refusals begin and end.
    ranges: Vec<[(u32, u32); CODES]>,
    /// Numbers of questions.
    refusals: Vec<u32>,
}

impl Answers {
    /// Takes questions, each with its number, which is under eight times so many bytes. There are so many columns.
    pub(super) fn new<'a>(questions: impl Iterator<Item = (usize, &'a Ask)>, bytes: usize, columns: usize) -> Answers {
        let mut ranks: Vec<Vec<(u8, u32)>> = vec![Vec::new(); columns];
        let mut listed: Vec<Vec<(u8, u32)>> = vec![Vec::new(); columns];
        for (number, ask) in questions {
            let number = number as u32;
            match ask {
                Ask::Rank { column, at } => ranks[*column as usize].push((*at, number)),
                Ask::NoneOf(lists) => {
                    lists.iter().for_each(|list| listed[list.column()].extend(list.codes().map(|code| (code, number))));
                }
            }
        }
        let mut answers = Answers { bytes, ranges: Vec::with_capacity(columns), refusals: Vec::new() };
        for (mut ranks, mut listed) in ranks.into_iter().zip(listed) {
            ranks.sort_unstable();
            listed.sort_unstable();
            let begin = answers.refusals.len();
            let (from_ranks, from_listed) = (begin, begin + ranks.len());
            answers.refusals.extend(ranks.iter().chain(&listed).map(|(_, number)| *number));
            let range = |code: usize| {
                // A column is of ranks or of categories, so that one of the two is empty.
                if listed.is_empty() {
                    return (from_ranks, from_ranks + ranks.partition_point(|(at, _)| usize::from(*at) < code));
                }
                let up_to = |end: usize| from_listed + listed.partition_point(|(at, _)| usize::from(*at) < end);
                (up_to(code), up_to(code + 1))
            };
            answers.ranges.push(std::array::from_fn(|code| {
                let (begin, end) = range(code);
                (begin as u32, end as u32)
            }));
        }
        answers
    }

    /// Returns the answers of a row by its codes: a bit is set where the row goes left.
    pub(super) fn of(&self, codes: &[[u8; 1]]) -> Vec<u8> {
        let mut bytes = vec![u8::MAX; self.bytes];
        for ([code], ranges) in codes.iter().zip(&self.ranges) {
            let (begin, end) = ranges[usize::from(*code)];
            for number in &self.refusals[begin as usize..end as usize] {
                bytes[*number as usize / 8] &= !(1 << (*number % 8));
            }
        }
        bytes
    }
}
