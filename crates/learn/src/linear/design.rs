//! The design matrix of a linear model.

use plumb_lead::Matrix;

use super::encoding::Encoding;

/// Encoded rows. Numbers are stored in full, one-hot columns only where they are set. Inside, the columns have an order of
/// their own: the numbers, the intercept, and then the one-hot columns.
pub(crate) struct Design {
    /// The number of columns, without the intercept.
    pub(crate) width: usize,
    /// The number of rows.
    pub(crate) rows: usize,
    /// The column of each inner place; `width` is the intercept.
    pub(crate) order: Vec<usize>,
    /// The columns that each row stores in full: the numbers, and 1 for the intercept.
    pub(crate) full: usize,
    numbers: Vec<f64>,
    /// Where each row begins in `set`, and the end of the last.
    starts: Vec<usize>,
    /// Inner places of the one-hot columns that are set.
    set: Vec<u32>,
}

impl Design {
    /// Returns the rows by these encodings; `more` is a last column, of numbers.
    pub(crate) fn new(encodings: &[Encoding], matrix: &Matrix, more: Option<&[f64]>) -> Design {
        let number = |encoding: &Encoding| match encoding {
            Encoding::Number { column, .. } => Some(*column),
            Encoding::Category { .. } | Encoding::Constant => None,
        };
        let columns: usize = encodings.iter().map(|encoding| encoding.columns().count()).sum();
        let width = columns + usize::from(more.is_some());
        let numbers: Vec<usize> = encodings.iter().filter_map(number).chain(more.map(|_| columns)).collect();
        let mut order: Vec<usize> = numbers.iter().copied().chain([width]).collect();
        let full = order.len();
        order.extend((0..columns).filter(|column| !numbers.contains(column)));
        let mut place_of = vec![0; width + 1];
        order.iter().enumerate().for_each(|(place, column)| place_of[*column] = place);
        let mut design = Design {
            width,
            rows: matrix.rows,
            order,
            full,
            numbers: vec![0.0; matrix.rows * full],
            starts: vec![0],
            set: Vec::new(),
        };
        for row in 0..matrix.rows {
            let numbers = &mut design.numbers[row * full..][..full];
            for (encoding, value) in encodings.iter().zip(matrix.row(row)) {
                encoding.encode(*value, |column, value| match place_of[column] {
                    place if place < full => numbers[place] = value,
                    place => design.set.push(place as u32),
                });
            }
            if let Some(more) = more {
                numbers[full - 2] = more[row];
            }
            numbers[full - 1] = 1.0;
            design.starts.push(design.set.len());
        }
        design
    }

    /// Returns a design of rows in which every column is a number.
    pub(crate) fn dense<const WIDTH: usize>(rows: impl Iterator<Item = [f64; WIDTH]>) -> Design {
        let numbers: Vec<f64> = rows.flat_map(|row| row.into_iter().chain([1.0])).collect();
        let rows = numbers.len() / (WIDTH + 1);
        let (order, starts) = ((0..=WIDTH).collect(), vec![0; rows + 1]);
        Design { width: WIDTH, rows, order, full: WIDTH + 1, numbers, starts, set: Vec::new() }
    }

    /// Returns the numbers of a row, the last of them the 1 of the intercept, and the places of its one-hot columns.
    pub(crate) fn row(&self, row: usize) -> (&[f64], &[u32]) {
        (&self.numbers[row * self.full..][..self.full], &self.set[self.starts[row]..self.starts[row + 1]])
    }

    /// Returns the weighted mean of each column.
    pub(crate) fn means(&self, weights: &[f32]) -> Vec<f64> {
        let mut sums = vec![0.0; self.order.len()];
        let total: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
        for (row, weight) in weights.iter().enumerate() {
            let (numbers, set) = self.row(row);
            let share = f64::from(*weight) / total;
            numbers.iter().zip(&mut sums).for_each(|(number, sum)| *sum += share * number);
            set.iter().for_each(|place| sums[*place as usize] += share);
        }
        let mut means = vec![0.0; self.width];
        for (column, sum) in self.order.iter().zip(sums).filter(|(column, _)| **column < self.width) {
            means[*column] = sum;
        }
        means
    }
}
