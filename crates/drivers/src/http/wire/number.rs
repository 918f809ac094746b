//! Numbers as devices write them: short decimals are read with one multiplication, all others by the standard library.

/// Powers of ten that a double holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
    1e22,
];
/// Largest whole number below which every one is a double.
const EXACT_MAX: u64 = 1 << 53;

/// The number of a decimal text, rounded to the nearest double; `None` where it is none.
///
/// A decimal of at most 19 digits whose digits, as a whole number, are below 2^53 and whose exponent is within 22 is exact in both
/// parts, so one division rounds once (Clinger 1990, "How to read floating point numbers accurately").
#[inline]
pub fn number(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let mut mantissa = 0_u64;
    let mut decimals = None;
    if digits.is_empty() || digits.len() > 20 {
        return slow(text);
    }
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0')),
            b'.' if decimals.is_none() => decimals = Some(digits.len() - place - 1),
            _ => return slow(text),
        }
    }
    let decimals = match decimals {
        Some(_) if digits.len() == 1 => return None,
        decimals => decimals.unwrap_or(0),
    };
    // 20 digits may have wrapped; 19 cannot
    if mantissa >= EXACT_MAX || digits.len() > 19 {
        return slow(text);
    }
    let value = mantissa as f64 / TENS[decimals];
    Some(if negative { -value } else { value })
}

#[cold]
fn slow(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    // the library also takes names such as `infinity`, which are no decimals
    let is_decimal = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    if is_decimal { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_decimal_is_read_as_the_library_reads_it(text in "[-+]?[0-9]{0,22}(\\.[0-9]{0,22})?([eE][-+]?[0-9]{1,3})?") {
            prop_assert_eq!(number(text.as_bytes()).map(f64::to_bits), text.parse::<f64>().ok().map(f64::to_bits), "{}", text);
        }

        #[test]
        fn doubles_come_back(value: f64) {
            let text = value.to_string();
            let wanted = value.is_finite().then_some(value.to_bits());
            prop_assert_eq!(number(text.as_bytes()).map(f64::to_bits), wanted);
        }

        #[test]
        fn any_bytes_are_a_number_or_none(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
            let _ = number(&bytes);
        }
    }
}
