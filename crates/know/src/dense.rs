//! Small dense linear algebra: symmetric matrices only, a few hundred rows at most.
//!
//! Enters: matrices as rows in one slice. Leaves: eigenpairs, solutions. Absent: general matrices, sparse ones, blocking;
//! `decisions/0130` says why no library is used.

/// Eigenpairs of a symmetric matrix, largest eigenvalue first.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigen {
    /// Eigenvalues, falling.
    pub values: Vec<f64>,
    /// Eigenvectors of length one, one after the other in the order of `values`.
    pub vectors: Vec<f64>,
}

impl Eigen {
    /// The eigenpairs of a symmetric matrix of `n` rows: Householder reduction to three diagonals, then QL with implicit
    /// shifts (J. H. Wilkinson and C. Reinsch, Handbook for Automatic Computation II, 1971, contributions 2 and 3).
    ///
    /// Entries that are not finite count as 0; an eigenvalue that has not settled after 60 sweeps is left as it is.
    pub fn of(matrix: &[f64], n: usize) -> Self {
        let mut v: Vec<f64> = matrix.iter().map(|x| if x.is_finite() { *x } else { 0.0 }).collect();
        v.resize(n * n, 0.0);
        let (mut d, mut e) = (vec![0.0; n], vec![0.0; n]);
        if n > 0 {
            reduce(&mut v, &mut d, &mut e, n);
            // From here on the vectors are rows, so that a rotation walks along memory.
            transpose(&mut v, n);
            settle(&mut v, &mut d, &mut e, n);
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| d[*b].total_cmp(&d[*a]));
        let vectors = order.iter().flat_map(|i| v[i * n..(i + 1) * n].iter().copied()).collect();
        Self { values: order.iter().map(|i| d[*i]).collect(), vectors }
    }
}

fn transpose(v: &mut [f64], n: usize) {
    for i in 0..n {
        for j in 0..i {
            v.swap(i * n + j, j * n + i);
        }
    }
}

/// Householder's reduction: `d` becomes the diagonal, `e[1..]` the one beside it, `v` the columns of the transformation.
fn reduce(v: &mut [f64], d: &mut [f64], e: &mut [f64], n: usize) {
    d.copy_from_slice(&v[(n - 1) * n..]);
    for i in (1..n).rev() {
        let scale: f64 = d[..i].iter().map(|x| x.abs()).sum();
        let mut h = 0.0;
        if scale == 0.0 {
            e[i] = d[i - 1];
            for j in 0..i {
                d[j] = v[(i - 1) * n + j];
                v[i * n + j] = 0.0;
                v[j * n + i] = 0.0;
            }
        } else {
            h = mirror(v, d, e, (i, n), scale);
        }
        d[i] = h;
    }
    gather(v, d, n);
    e[0] = 0.0;
}

/// One reflection of the reduction; returns half its squared length.
fn mirror(v: &mut [f64], d: &mut [f64], e: &mut [f64], (i, n): (usize, usize), scale: f64) -> f64 {
    let mut h = 0.0;
    for x in &mut d[..i] {
        *x /= scale;
        h += *x * *x;
    }
    let f = d[i - 1];
    let g = if f > 0.0 { -h.sqrt() } else { h.sqrt() };
    e[i] = scale * g;
    h -= f * g;
    d[i - 1] = f - g;
    e[..i].fill(0.0);
    for j in 0..i {
        let f = d[j];
        v[j * n + i] = f;
        let mut g = e[j] + v[j * n + j] * f;
        for k in j + 1..i {
            g += v[k * n + j] * d[k];
            e[k] += v[k * n + j] * f;
        }
        e[j] = g;
    }
    let mut f = 0.0;
    for j in 0..i {
        e[j] /= h;
        f += e[j] * d[j];
    }
    let half = f / (h + h);
    for j in 0..i {
        e[j] -= half * d[j];
    }
    for j in 0..i {
        let (f, g) = (d[j], e[j]);
        for k in j..i {
            v[k * n + j] -= f * e[k] + g * d[k];
        }
        d[j] = v[(i - 1) * n + j];
        v[i * n + j] = 0.0;
    }
    h
}

/// Multiplies the reflections together.
fn gather(v: &mut [f64], d: &mut [f64], n: usize) {
    for i in 0..n - 1 {
        v[(n - 1) * n + i] = v[i * n + i];
        v[i * n + i] = 1.0;
        let h = d[i + 1];
        if h != 0.0 {
            for k in 0..=i {
                d[k] = v[k * n + i + 1] / h;
            }
            for j in 0..=i {
                let g: f64 = (0..=i).map(|k| v[k * n + i + 1] * v[k * n + j]).sum();
                for k in 0..=i {
                    v[k * n + j] -= g * d[k];
                }
            }
        }
        for k in 0..=i {
            v[k * n + i + 1] = 0.0;
        }
    }
    for j in 0..n {
        d[j] = v[(n - 1) * n + j];
        v[(n - 1) * n + j] = 0.0;
    }
    v[n * n - 1] = 1.0;
}

/// QL with implicit shifts on three diagonals; `v` holds the vectors as rows.
fn settle(v: &mut [f64], d: &mut [f64], e: &mut [f64], n: usize) {
    e.rotate_left(1);
    e[n - 1] = 0.0;
    for l in 0..n {
        for _ in 0..60 {
            let small = |m: usize| e[m].abs() <= f64::EPSILON * (d[m].abs() + d[m + 1].abs());
            let m = (l..n - 1).find(|m| small(*m)).unwrap_or(n - 1);
            if m == l {
                break;
            }
            sweep(v, d, e, (l, m, n));
        }
    }
}

fn sweep(v: &mut [f64], d: &mut [f64], e: &mut [f64], (l, m, n): (usize, usize, usize)) {
    let mut g = (d[l + 1] - d[l]) / (2.0 * e[l]);
    let r = g.hypot(1.0);
    g = d[m] - d[l] + e[l] / (g + if g >= 0.0 { r } else { -r });
    let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
    for i in (l..m).rev() {
        let (f, b) = (s * e[i], c * e[i]);
        let r = f.hypot(g);
        e[i + 1] = r;
        if r == 0.0 {
            d[i + 1] -= p;
            e[m] = 0.0;
            return;
        }
        (s, c) = (f / r, g / r);
        g = d[i + 1] - p;
        let r = (d[i] - g) * s + 2.0 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        let (low, high) = v.split_at_mut((i + 1) * n);
        for (x, y) in low[i * n..].iter_mut().zip(&mut high[..n]) {
            (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
        }
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0.0;
}

/// Solves A·X = B for a symmetric positive definite A of `n` rows and B of `n` rows and `m` columns (Cholesky); `None`
/// where A is not positive definite.
pub fn solve(a: &[f64], b: &[f64], n: usize, m: usize) -> Option<Vec<f64>> {
    let mut l = a.to_vec();
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = l[i * n + j] - (0..j).map(|k| l[i * n + k] * l[j * n + k]).sum::<f64>();
            if i != j {
                l[i * n + j] = sum / l[j * n + j];
            } else if sum > 0.0 && sum.is_finite() {
                l[i * n + i] = sum.sqrt();
            } else {
                return None;
            }
        }
    }
    let mut x = b.to_vec();
    for i in 0..n {
        for k in 0..i {
            let f = l[i * n + k];
            (0..m).for_each(|c| x[i * m + c] -= f * x[k * m + c]);
        }
        (0..m).for_each(|c| x[i * m + c] /= l[i * n + i]);
    }
    for i in (0..n).rev() {
        for k in i + 1..n {
            let f = l[k * n + i];
            (0..m).for_each(|c| x[i * m + c] -= f * x[k * m + c]);
        }
        (0..m).for_each(|c| x[i * m + c] /= l[i * n + i]);
    }
    Some(x)
}

/// Sum of products in eight lanes, which compilers turn into vector instructions.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (ca, cb) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = ca.remainder().iter().zip(cb.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in ca.zip(cb) {
        for i in 0..8 {
            lanes[i] += x[i] * y[i];
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eigenpairs_make_up_the_matrix(n in 1_usize..14, seed in prop::collection::vec(-3.0_f64..3.0, 196)) {
            let a: Vec<f64> = (0..n * n).map(|i| seed[(i / n).max(i % n) * 14 + (i / n).min(i % n)]).collect();
            let Eigen { values, vectors } = Eigen::of(&a, n);
            for i in 0..n {
                for j in 0..n {
                    let sum: f64 = (0..n).map(|k| values[k] * vectors[k * n + i] * vectors[k * n + j]).sum();
                    prop_assert!((sum - a[i * n + j]).abs() < 1e-8, "{sum} for {}", a[i * n + j]);
                }
            }
            prop_assert!(values.windows(2).all(|w| w[0] >= w[1]));
        }
        #[test]
        fn a_solution_solves(n in 1_usize..9, seed in prop::collection::vec(-3.0_f64..3.0, 81), b in prop::collection::vec(-3.0_f64..3.0, 18)) {
            let a: Vec<f64> = (0..n * n)
                .map(|p| (0..n).map(|k| seed[(p / n) * 9 + k] * seed[(p % n) * 9 + k]).sum::<f64>() + f64::from(u8::from(p / n == p % n)))
                .collect();
            let x = solve(&a, &b[..2 * n], n, 2).expect("A is positive definite");
            for i in 0..n {
                for c in 0..2 {
                    let got: f64 = (0..n).map(|k| a[i * n + k] * x[k * 2 + c]).sum();
                    prop_assert!((got - b[i * 2 + c]).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_not_solved() {
        assert_eq!(solve(&[1.0, 2.0, 2.0, 1.0], &[1.0, 1.0], 2, 1), None);
    }
}
