//! Which bucket a magnitude belongs to, and which value stands for a bucket.
//!
//! **Invariant:** the value that stands for a bucket is within [`RELATIVE_ERROR`] of every value in
//! it. Only additions, multiplications and divisions are used, which round alike on every machine:
//! a logarithm of the platform would put a value at a bucket's edge here into one bucket and there
//! into the next, and a restored task would tell something else than the one that died.
//!
//! The logarithm to base 2 is taken as a cubic between the powers of two. Over the natural logarithm
//! its slope is nowhere less than 10/7, where the true one's is 1.443: one per cent more buckets.

/// How far a quantile may be from the true value: a little less than the promised hundredth.
const RELATIVE_ERROR: f64 = 0.0098;
/// Logarithm of the ratio of a bucket's ends, `(1 + error) / (1 - error)`, as its series.
const LN_OF_RATIO: f64 = 2.0
    * (RELATIVE_ERROR
        + RELATIVE_ERROR * RELATIVE_ERROR * RELATIVE_ERROR / 3.0
        + RELATIVE_ERROR * RELATIVE_ERROR * RELATIVE_ERROR * RELATIVE_ERROR * RELATIVE_ERROR / 5.0);
/// Buckets between a number and its double: 35.7.
const BUCKETS_AN_OCTAVE: f64 = 1.0 / (LINEAR * LN_OF_RATIO);

const CUBIC: f64 = 6.0 / 35.0;
const SQUARE: f64 = -3.0 / 5.0;
const LINEAR: f64 = 10.0 / 7.0;

const MANTISSA_BITS: u32 = 52;
const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;
const ONE: u64 = 1023 << MANTISSA_BITS;
/// The first octave of normal numbers, and the first beyond all numbers.
const OCTAVES: (f64, f64) = (1.0, 2047.0);
/// No bucket has an index above this one.
pub(super) const INDEX_MAX: i32 = 73_200;

/// The bucket of a positive normal number.
#[expect(clippy::cast_possible_truncation, reason = "2047 octaves have 73,105 buckets")]
pub(super) fn index_of(magnitude: f64) -> i32 {
    let bits = magnitude.to_bits();
    // The exponent as it is stored is never negative, so that cutting off rounds down.
    let octave = f64::from((bits >> MANTISSA_BITS) as i32);
    let fraction = f64::from_bits((bits & MANTISSA) | ONE) - 1.0;
    ((octave + cubic(fraction)) * BUCKETS_AN_OCTAVE) as i32
}

/// The value that stands for a bucket.
pub(super) fn value_of(index: i32) -> f64 {
    let lower = magnitude_at(f64::from(index) / BUCKETS_AN_OCTAVE);
    let upper = magnitude_at(f64::from(index.saturating_add(1)) / BUCKETS_AN_OCTAVE);
    // The harmonic mean of the ends is as far from one as from the other, relative to each.
    lower * (2.0 / (1.0 + lower / upper))
}

fn cubic(fraction: f64) -> f64 {
    ((CUBIC * fraction + SQUARE) * fraction + LINEAR) * fraction
}

/// The number whose place is `octaves`.
fn magnitude_at(octaves: f64) -> f64 {
    let octaves = octaves.clamp(OCTAVES.0, OCTAVES.1);
    let octave = octaves.floor();
    if octave >= OCTAVES.1 {
        return f64::MAX;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an octave is one of 1 to 2046"
    )]
    let power = f64::from_bits((octave as u64) << MANTISSA_BITS);
    power * (1.0 + fraction_at(octaves - octave))
}

/// Solves the cubic by Newton's method: five steps reach the precision of an `f64`.
fn fraction_at(part: f64) -> f64 {
    (0..5).fold(part, |fraction, _| {
        let slope = (3.0 * CUBIC * fraction + 2.0 * SQUARE) * fraction + LINEAR;
        fraction - (cubic(fraction) - part) / slope
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers over all exponents, with fractions that meet every part of the cubic.
    fn numbers() -> impl Iterator<Item = f64> {
        let fractions = (0..97).map(|step| 1.0 + f64::from(step) / 97.0);
        let power = |exponent: u64| f64::from_bits(exponent << MANTISSA_BITS);
        let scaled = move |exponent| fractions.clone().map(move |one| one * power(exponent));
        (1..=2046).flat_map(scaled).chain([f64::MIN_POSITIVE, f64::MAX])
    }

    #[test]
    fn the_value_of_a_bucket_is_near_every_value_in_it() {
        for number in numbers() {
            let error = (value_of(index_of(number)) / number - 1.0).abs();
            assert!(error <= RELATIVE_ERROR + 1e-12, "{number:e}: {error}");
        }
    }

    #[test]
    fn greater_numbers_never_have_lower_buckets() {
        let indices: Vec<i32> = numbers().map(index_of).collect();
        let ordered = indices.iter().take(indices.len() - 2).is_sorted();
        assert!(ordered, "the two last are the least and the greatest number");
        let (least, greatest) = (index_of(f64::MIN_POSITIVE), index_of(f64::MAX));
        assert_eq!((least, greatest), (35, 73_104));
        assert!(greatest <= INDEX_MAX);
    }
}
