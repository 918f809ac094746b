//! Classes told apart while other things differ too: a linear discriminant whose nuisance is what the other factors do.
//!
//! ```text
//! mean of a combination = effect of the rest + effect of the class + what is left over
//! effect of the rest    = effects of its parts (other faults, level by level) + what is its own, which is drawn towards none
//! discriminant: effects of the class against (spread of the effects of the rest + spread of what is left over)
//! ```
//!
//! Enters: rows with their class, and what else was the case (`rest`). Leaves: scores of each class. Absent: what rows mean. A model that may
//! learn each rest by itself learns with it which classes it never had, and so tells just the wrong one of a combination never seen; here the
//! effect of a class is taken within equal rests, and the rest counts as chance with a known spread.

use super::classes::highest;
use crate::dense::solve;
use std::collections::BTreeMap;

/// Ridges of the additive fit: what is a rest's own weighs as one combination; parts and classes are only kept solvable.
const OWN: f64 = 1.0;
const OF_PARTS: f64 = 1e-3;
const TINY: f64 = 1e-6;

/// Effects and spreads, from which discriminants are made.
pub struct Spread {
    middle: Vec<f64>,
    /// Effect of each class on each number, against class 0.
    effects: Vec<Vec<f64>>,
    /// Spread of nuisance and noise.
    scatter: Vec<f64>,
}

/// A discriminant.
pub struct Additive {
    middle: Vec<f64>,
    weights: Vec<Vec<f64>>,
    offsets: Vec<f64>,
}

impl Spread {
    /// From rows of one length, their classes (from 0) and rests, each the levels (from 0) of its parts; `None` without two classes and two
    /// rests. Every combination counts alike, however many rows it has.
    pub fn learn<const N: usize>(rows: &[&[f64]], class: &[usize], rest: &[[usize; N]]) -> Option<Self> {
        let width = rows.first()?.len();
        let mut combinations: BTreeMap<([usize; N], usize), Vec<usize>> = BTreeMap::new();
        (0..rows.len()).for_each(|r| combinations.entry((rest[r], class[r])).or_default().push(r));
        let mut rests = rest.to_vec();
        rests.sort_unstable();
        rests.dedup();
        let classes = class.iter().max()? + 1;
        if rests.len() < 2 || classes < 2 {
            return None;
        }
        let mean = |of: &Vec<usize>| -> Vec<f64> {
            (0..width).map(|i| of.iter().map(|r| rows[*r][i]).sum::<f64>() / of.len() as f64).collect()
        };
        let place = |rest: &[usize; N]| rests.partition_point(|r| r < rest);
        let known: Vec<(usize, usize, Vec<f64>)> = combinations.iter().map(|((r, c), of)| (place(r), *c, mean(of))).collect();
        let Fit { of_rests, of_classes, freedom } = fit(&known, &rests, classes, width)?;
        let middle: Vec<f64> =
            (0..width).map(|i| of_rests.iter().skip(i).step_by(width).sum::<f64>() / rests.len() as f64).collect();
        let mut effects = vec![vec![0.0; width]];
        effects.extend(of_classes.chunks_exact(width).map(<[f64]>::to_vec));
        let mut scatter = vec![0.0; width * width];
        let count = combinations.len() as f64;
        // What is left over of combinations that the fit has seen is smaller than of those it has not.
        let unseen = count / (count - freedom).max(1.0) - 1.0;
        for (((r, c), of), (_, _, mean)) in combinations.iter().zip(&known) {
            let told: Vec<f64> = (0..width).map(|i| of_rests[place(r) * width + i] + effects[*c][i]).collect();
            let share = 1.0 / (of.len() * combinations.len()) as f64;
            of.iter().for_each(|row| add(&mut scatter, rows[*row], &told, share));
            add(&mut scatter, mean, &told, unseen / count);
        }
        let share = 1.0 / (rests.len() - 1) as f64;
        of_rests.chunks_exact(width).for_each(|effect| add(&mut scatter, effect, &middle, share));
        (0..width).for_each(|i| (0..i).for_each(|j| scatter[j * width + i] = scatter[i * width + j]));
        Some(Self { middle, effects, scatter })
    }
    /// The discriminant with a ridge in mean variances.
    pub fn discriminant(&self, ridge: f64) -> Additive {
        let (width, classes) = (self.middle.len(), self.effects.len());
        let mut scatter = self.scatter.clone();
        let trace = (0..width).map(|i| scatter[i * width + i]).sum::<f64>() / width as f64;
        (0..width).for_each(|i| scatter[i * width + i] += ridge * trace + 1e-12);
        let target: Vec<f64> = (0..width).flat_map(|i| self.effects.iter().map(move |e| e[i])).collect();
        let told = solve(&scatter, &target, width, classes).unwrap_or_else(|| vec![0.0; width * classes]);
        let weights: Vec<Vec<f64>> = (0..classes).map(|k| told.iter().skip(k).step_by(classes).copied().collect()).collect();
        let offsets = self.effects.iter().zip(&weights).map(|(e, w)| -0.5 * product(e, w)).collect();
        Additive { middle: self.middle.clone(), weights, offsets }
    }
}

impl Additive {
    /// Logarithm of the likelihood of each class, but for what is common to all.
    pub fn scores(&self, row: &[f64]) -> Vec<f64> {
        let off: Vec<f64> = row.iter().zip(&self.middle).map(|(x, m)| x - m).collect();
        self.weights.iter().zip(&self.offsets).map(|(w, o)| product(w, &off) + o).collect()
    }
    /// The class with the highest score.
    pub fn likeliest(&self, row: &[f64]) -> usize {
        highest(&self.scores(row))
    }
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Adds the square of a difference to the lower half of a scatter.
fn add(scatter: &mut [f64], row: &[f64], from: &[f64], share: f64) {
    let width = row.len();
    let off: Vec<f64> = row.iter().zip(from).map(|(x, m)| x - m).collect();
    for (i, f) in off.iter().enumerate() {
        let weight = share * f;
        scatter[i * width..=i * width + i].iter_mut().zip(&off).for_each(|(s, x)| *s += weight * x);
    }
}

/// Effects of all rests, of all classes but the first, and how many free numbers the fit has (trace of the matrix that makes told means of
/// given ones).
struct Fit {
    of_rests: Vec<f64>,
    of_classes: Vec<f64>,
    freedom: f64,
}

/// Least squares of combination means on rests, their parts and classes.
fn fit<const N: usize>(known: &[(usize, usize, Vec<f64>)], rests: &[[usize; N]], classes: usize, width: usize) -> Option<Fit> {
    let levels: [usize; N] = std::array::from_fn(|p| rests.iter().map(|r| r[p] + 1).max().unwrap_or(0));
    let of_part = |p: usize| rests.len() + levels[..p].iter().sum::<usize>();
    let of_class = of_part(N);
    let n = of_class + classes - 1;
    let of_rest = |rest: usize| std::iter::once(rest).chain((0..N).map(move |p| of_part(p) + rests[rest][p]));
    let (mut gram, mut cross) = (vec![0.0; n * n], vec![0.0; n * width]);
    for (rest, class, mean) in known {
        let places: Vec<usize> = of_rest(*rest).chain(class.checked_sub(1).map(|c| of_class + c)).collect();
        for i in &places {
            places.iter().for_each(|j| gram[i * n + j] += 1.0);
            cross[i * width..(i + 1) * width].iter_mut().zip(mean).for_each(|(s, x)| *s += x);
        }
    }
    let ridge = |i: usize| {
        if i < rests.len() {
            OWN
        } else if i < of_class {
            OF_PARTS
        } else {
            TINY
        }
    };
    let given = gram.clone();
    (0..n).for_each(|i| gram[i * n + i] += ridge(i));
    let told = solve(&gram, &cross, n, width)?;
    let sum = |rest: usize, i: usize| of_rest(rest).map(|place| told[place * width + i]).sum::<f64>();
    let of_rests = (0..rests.len()).flat_map(|rest| (0..width).map(move |i| (rest, i))).map(|(rest, i)| sum(rest, i)).collect();
    let hat = solve(&gram, &given, n, n)?;
    let freedom = (0..n).map(|i| hat[i * n + i]).sum();
    Some(Fit { of_rests, of_classes: told[of_class * width..].to_vec(), freedom })
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    /// A row of 6 numbers: rests move all of them far, the class a little along its own way.
    fn row(rest: usize, class: usize, chance: &mut Chance) -> Vec<f64> {
        let shared = Chance::seeded(rest as u64 + 1).normal() * 5.0;
        let own = [1.0, -1.0, 0.5, 0.0, 0.0, 0.0].map(|x| x * class as f64);
        own.iter().enumerate().map(|(i, o)| shared * (1.0 + 0.3 * i as f64) + o + 0.1 * chance.normal()).collect()
    }

    #[test]
    fn a_class_is_told_in_a_combination_never_seen() {
        let mut chance = Chance::seeded(9);
        let seen = |rest: usize, class: usize| !(rest + class).is_multiple_of(3);
        let (mut rows, mut class, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for (r, c) in (0..12).flat_map(|r| (0..3).map(move |c| (r, c))).filter(|(r, c)| seen(*r, *c)) {
            for _ in 0..6 {
                rows.push(row(r, c, &mut chance));
                class.push(c);
                rest.push([r / 4, r % 4]);
            }
        }
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let model = Spread::learn(&rows, &class, &rest).expect("three classes").discriminant(1e-4);
        let unseen: Vec<(usize, usize)> =
            (0..12).flat_map(|r| (0..3).map(move |c| (r, c))).filter(|(r, c)| !seen(*r, *c)).collect();
        let right = unseen.iter().filter(|(r, c)| model.likeliest(&row(*r, *c, &mut chance)) == *c).count();
        assert_eq!(right, unseen.len());
    }

    #[test]
    fn one_class_or_one_rest_teaches_nothing() {
        let rows: [&[f64]; 3] = [&[1.0], &[2.0], &[3.0]];
        assert!(Spread::learn(&rows, &[0, 0, 0], &[[0], [1], [2]]).is_none());
        assert!(Spread::learn(&rows, &[0, 1, 2], &[[4], [4], [4]]).is_none());
        assert!(Spread::learn::<1>(&[], &[], &[]).is_none());
    }
}
