//! Which directed links are cut, and by which fault.
//!
//! One bit matrix per fault, and their union for the question that every message asks.

use super::ENDPOINT_MAX;

/// The cuts of all faults that are on.
///
/// * The union has a bit if and only if some layer has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cuts {
    /// By fault, the oldest first.
    layers: Vec<(u32, Matrix)>,
    union: Matrix,
}

impl Cuts {
    /// The oldest fault that cuts the link.
    #[inline]
    pub(super) fn find(&self, from: u64, to: u64) -> Option<u32> {
        if !self.union.get(from, to) {
            return None;
        }
        let layer = self.layers.iter().find(|(_, matrix)| matrix.get(from, to));
        Some(layer.expect("a bit of the union stands in a layer").0)
    }

    /// Whether this fault, among others perhaps, has the link.
    pub(super) fn holds(&self, fault: u32, from: u64, to: u64) -> bool {
        self.layers.iter().any(|(other, matrix)| *other == fault && matrix.get(from, to))
    }

    pub(super) fn add(&mut self, fault: u32, pairs: impl IntoIterator<Item = (u64, u64)>) {
        let position = self.layers.iter().position(|&(other, _)| other == fault);
        let position = position.unwrap_or_else(|| {
            self.layers.push((fault, Matrix::default()));
            self.layers.len() - 1
        });
        for (from, to) in pairs {
            self.layers[position].1.set(from, to);
            self.union.set(from, to);
        }
    }

    pub(super) fn remove(&mut self, fault: u32) {
        self.layers.retain(|&(other, _)| other != fault);
        self.union = Matrix::default();
        for (_, layer) in &self.layers {
            self.union.merge(layer);
        }
    }
}

/// A bit for every directed link; what is beyond its rows and words is zero.
#[derive(Clone, Debug, Default)]
struct Matrix {
    rows: Vec<Vec<u64>>,
}

impl Matrix {
    #[inline]
    fn get(&self, from: u64, to: u64) -> bool {
        let word = self.rows.get(from as usize).and_then(|row| row.get(to as usize / 64));
        word.is_some_and(|word| word >> (to % 64) & 1 == 1)
    }

    fn set(&mut self, from: u64, to: u64) {
        assert!(from.max(to) <= ENDPOINT_MAX, "endpoint {} is out of range", from.max(to));
        *self.word(from as usize, to as usize / 64) |= 1 << (to % 64);
    }

    fn merge(&mut self, other: &Matrix) {
        for (row, words) in other.rows.iter().enumerate() {
            for (column, &bits) in words.iter().enumerate() {
                *self.word(row, column) |= bits;
            }
        }
    }

    fn word(&mut self, row: usize, column: usize) -> &mut u64 {
        if self.rows.len() <= row {
            self.rows.resize_with(row + 1, Vec::new);
        }
        if self.rows[row].len() <= column {
            self.rows[row].resize(column + 1, 0);
        }
        &mut self.rows[row][column]
    }
}
