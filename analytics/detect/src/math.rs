//! Logarithm and exponential to the base of two.
//!
//! **Invariant:** only additions, multiplications and the bits of a float: the same answer on every
//! machine, whatever its mathematical library says.

/// The binary logarithm of a positive number, within 0.0002.
pub(crate) fn log2(value: f32) -> f32 {
    let bits = value.max(f32::MIN_POSITIVE).to_bits();
    let exponent = i16::try_from(bits >> 23).unwrap_or_default() - 127;
    let mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000) - 1.0;
    let mut fraction = 0.0;
    for coefficient in [0.044_004_8, -0.190_319_3, 0.412_344_4, -0.707_770_2, 1.441_740_3] {
        fraction = (fraction + coefficient) * mantissa;
    }
    f32::from(exponent) + fraction
}

/// Two to this power, within 0.1 %; at most 2^60 either way.
pub(crate) fn exp2(power: f32) -> f32 {
    let power = power.clamp(-60.0, 60.0);
    let whole = power.floor();
    let rest = power - whole;
    let fraction = 1.0 + rest * (0.695_928_4 + rest * (0.224_946_6 + rest * 0.079_125));
    let mut scaled = fraction;
    let step = if whole < 0.0 { 0.5 } else { 2.0 };
    let mut left = whole.abs();
    while left >= 1.0 {
        scaled *= step;
        left -= 1.0;
    }
    scaled
}

/// `-log10` of two to the power of minus this.
pub(crate) fn digits(octaves: f32) -> f32 {
    octaves * std::f32::consts::LOG10_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_near_the_library() {
        for step in -400_i16..400 {
            let power = f32::from(step) / 10.0;
            let value = power.exp2();
            assert!((log2(value) - power).abs() < 0.001, "log2 of {value}");
            assert!((exp2(power) / value - 1.0).abs() < 0.001, "2 to {power}");
        }
    }

    #[test]
    fn nothing_and_the_extremes_stay_finite() {
        assert!(log2(0.0).is_finite() && log2(f32::MAX) > 127.0);
        assert!(exp2(-1e9) > 0.0 && exp2(1e9).is_finite());
    }
}
