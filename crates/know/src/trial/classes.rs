//! Classes told against classes true.
//!
//! Enters: pairs of classes, or of probability and truth. Leaves: macro-F1, the threshold that is best for F1. Absent: models.

use super::Counts;

/// Mean of the F1 of each class that truth or claim has (macro-F1) [1].
pub fn macro_f1(pairs: &[(usize, usize)]) -> f64 {
    let most = pairs.iter().map(|(t, c)| *t.max(c)).max().unwrap_or(0);
    let there: Vec<usize> = (0..=most).filter(|k| pairs.iter().any(|(t, c)| t == k || c == k)).collect();
    let of = |k: &usize| f1(pairs.iter().map(|(t, c)| (t == k, c == k)));
    there.iter().map(of).sum::<f64>() / there.len().max(1) as f64
}

/// Place of the highest score; 0 where there is none.
pub fn highest(scores: &[f64]) -> usize {
    (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or(0)
}

/// F1 of pairs of truth and claim [1].
pub fn f1(pairs: impl Iterator<Item = (bool, bool)>) -> f64 {
    let mut counts = Counts::default();
    pairs.for_each(|(truth, claim)| counts.add(truth, claim));
    counts.f1()
}

/// The threshold at which F1 is highest for pairs of probability and truth.
pub fn best_threshold(pairs: &[(f64, bool)]) -> f64 {
    let mut sorted: Vec<(f64, bool)> = pairs.iter().copied().filter(|(p, _)| p.is_finite()).collect();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = sorted.iter().filter(|(_, t)| *t).count() as f64;
    let (mut hits, mut best, mut at) = (0.0, -1.0, 0.5);
    for (place, (p, truth)) in sorted.iter().enumerate() {
        hits += f64::from(u8::from(*truth));
        let f1 = 2.0 * hits / (place as f64 + 1.0 + positives);
        if f1 > best && sorted.get(place + 1).is_none_or(|n| n.0 < *p) {
            (best, at) = (f1, 0.5 * (p + sorted.get(place + 1).map_or(*p, |n| n.0)));
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_by_hand() {
        // Class 0: 2 hits, 1 false, 0 missed; class 1: 1 hit, 0 false, 1 missed.
        assert!((macro_f1(&[(0, 0), (0, 0), (1, 1), (1, 0)]) - 0.5 * (0.8 + 2.0 / 3.0)).abs() < 1e-12);
        let at = best_threshold(&[(0.9, true), (0.8, true), (0.4, false), (0.3, true), (0.1, false)]);
        assert!((0.1..0.3).contains(&at), "three hits and one false alarm: 6 / 7");
    }
}
