//! The discrete Fourier transform of so many values as a power of two (J. W. Cooley and J. W. Tukey, Mathematics of Computation 19(90), 1965).
//!
//! Enters: real and imaginary parts. Leaves: the transform in their place. Absent: other lengths, windows; `decisions/0140` says why no
//! library is used.

use std::f64::consts::PI;

/// Direction of a transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From values to their spectrum.
    Forth,
    /// From a spectrum to its values, over their number.
    Back,
}

/// Transforms values in place: `X[k] = Σ x[n] e^(∓2πikn/N)`, over `N` on the way back. Both parts have one length, a power of two; others
/// are left as they are.
pub fn transform(re: &mut [f64], im: &mut [f64], way: Way) {
    let n = re.len();
    if n < 2 || !n.is_power_of_two() || im.len() != n {
        return;
    }
    reorder(re, im);
    let sign = if way == Way::Forth { -1.0 } else { 1.0 };
    // Factors of the last stage; earlier stages take every so manieth.
    let factors: Vec<(f64, f64)> = (0..n / 2).map(|k| (2.0 * PI * k as f64 / n as f64).sin_cos()).collect();
    let mut half = 1;
    while half < n {
        let stride = n / (2 * half);
        for start in (0..n).step_by(2 * half) {
            for k in 0..half {
                let (sine, cosine) = factors[k * stride];
                let (a, b) = (start + k, start + k + half);
                let (wr, wi) = (cosine, sign * sine);
                let (tr, ti) = (re[b] * wr - im[b] * wi, re[b] * wi + im[b] * wr);
                (re[b], im[b]) = (re[a] - tr, im[a] - ti);
                (re[a], im[a]) = (re[a] + tr, im[a] + ti);
            }
        }
        half *= 2;
    }
    if way == Way::Back {
        re.iter_mut().chain(im).for_each(|x| *x /= n as f64);
    }
}

/// Places whose bits are mirrored change places.
fn reorder(re: &mut [f64], im: &mut [f64]) {
    let shift = usize::BITS - re.len().trailing_zeros();
    for i in 0..re.len() {
        let j = i.reverse_bits() >> shift;
        if i < j {
            re.swap(i, j);
            im.swap(i, j);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn it_is_the_sum_by_definition_and_comes_back(values in prop::collection::vec((-9.0_f64..9.0, -9.0_f64..9.0), 64), bits in 0_u32..7) {
            let n = 1_usize << bits;
            let (mut re, mut im): (Vec<f64>, Vec<f64>) = values[..n].iter().copied().unzip();
            transform(&mut re, &mut im, Way::Forth);
            for k in 0..n {
                let turn = |i: usize| -2.0 * PI * (i * k) as f64 / n as f64;
                let sum = values[..n].iter().enumerate().fold((0.0, 0.0), |(r, s), (i, (x, y))| {
                    let (sine, cosine) = turn(i).sin_cos();
                    (r + x * cosine - y * sine, s + x * sine + y * cosine)
                });
                prop_assert!((re[k] - sum.0).abs() < 1e-9 && (im[k] - sum.1).abs() < 1e-9);
            }
            transform(&mut re, &mut im, Way::Back);
            prop_assert!((0..n).all(|i| (re[i] - values[i].0).abs() < 1e-9 && (im[i] - values[i].1).abs() < 1e-9));
        }
    }

    #[test]
    fn a_length_that_is_no_power_of_two_is_left_as_it_is() {
        let (mut re, mut im) = (vec![1.0, 2.0, 3.0], vec![0.0; 3]);
        transform(&mut re, &mut im, Way::Forth);
        assert_eq!(re, [1.0, 2.0, 3.0]);
    }
}
