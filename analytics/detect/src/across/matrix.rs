//! Small symmetric matrices.
//!
//! **Invariant:** only the lower triangle is kept, row by row; so a matrix grows at its end.

use serde::{Deserialize, Serialize};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::cholesky::CholeskyDecomposable;

/// A symmetric matrix; what was never set is 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Symmetric(Vec<f32>);

fn place(row: usize, column: usize) -> usize {
    let (high, low) = (row.max(column), row.min(column));
    high * (high + 1) / 2 + low
}

impl Symmetric {
    /// Room for so many rows, and not more; new ones are 0 but for this diagonal.
    pub(super) fn grow(&mut self, rows: usize, diagonal: f32) {
        let had = self.0.len();
        let length = place(rows, 0);
        if had < length {
            self.0.reserve_exact(length - had);
            self.0.resize(length, 0.0);
            (0..rows).filter(|row| place(*row, *row) >= had).for_each(|row| {
                self.set(row, row, diagonal);
            });
        }
    }

    pub(super) fn get(&self, row: usize, column: usize) -> f32 {
        self.0.get(place(row, column)).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, row: usize, column: usize, value: f32) {
        if let Some(entry) = self.0.get_mut(place(row, column)) {
            *entry = value;
        }
    }

    /// Moves an entry towards a value by a share of the way.
    pub(super) fn follow(&mut self, row: usize, column: usize, value: f32, share: f32) {
        let had = self.get(row, column);
        self.set(row, column, had + share * (value - had));
    }

    /// The inverse of the matrix of so many rows with these entries; nothing where there is none.
    #[allow(clippy::cast_possible_truncation, reason = "entries are near 1 and need no more")]
    pub(super) fn inverse_of(rows: usize, entry: impl Fn(usize, usize) -> f64) -> Option<Self> {
        // Vectors would have its methods, too.
        use smartcore::linalg::basic::arrays::Array;
        let square = |of: &dyn Fn(usize, usize) -> f64| {
            let entries = (0..rows).flat_map(|row| (0..rows).map(move |column| (row, column)));
            let values = entries.map(|(row, column)| of(row, column)).collect();
            DenseMatrix::new(rows, rows, values, false).ok()
        };
        let unit = square(&|row, column| if row == column { 1.0 } else { 0.0 })?;
        let inverse = square(&entry)?.cholesky_solve_mut(unit).ok()?;
        let mut found = Self::default();
        found.grow(rows, 0.0);
        for row in 0..rows {
            for column in 0..=row {
                let value = *inverse.get((row, column)) as f32;
                if !value.is_finite() {
                    return None;
                }
                found.set(row, column, value);
            }
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_times_its_matrix_is_one() {
        let entry = |row: usize, column: usize| if row == column { 1.1 } else { 0.9 };
        let inverse = Symmetric::inverse_of(12, entry).unwrap();
        for (row, column) in [(0, 0), (3, 3), (11, 2), (7, 11)] {
            let of = |k: usize| f64::from(inverse.get(row, k)) * entry(k, column);
            let product: f64 = (0..12).map(of).sum();
            let expected = if row == column { 1.0 } else { 0.0 };
            assert!((product - expected).abs() < 1e-5, "{row}, {column}: {product}");
        }
    }

    #[test]
    fn what_has_no_inverse_has_none() {
        assert_eq!(Symmetric::inverse_of(2, |_, _| 1.0), None);
        assert_eq!(Symmetric::inverse_of(2, |_, _| f64::NAN), None);
        assert_eq!(
            Symmetric::inverse_of(2, |row, column| if row == column { -1.0 } else { 0.0 }),
            None
        );
    }

    #[test]
    fn it_grows_at_its_end() {
        let mut matrix = Symmetric::default();
        matrix.grow(2, 1.0);
        matrix.set(1, 0, 0.5);
        matrix.grow(3, 1.0);
        let found = [matrix.get(0, 1), matrix.get(2, 2), matrix.get(2, 0)];
        assert_eq!(found.map(f32::to_bits), [0.5_f32, 1.0, 0.0].map(f32::to_bits));
    }
}
