//! Demand of one product, step by step (a day or a week each): regular or now and then, by methods weighed by what they were worth on the unit's own
//! past (combined by inverse squared errors: J. M. Bates and C. W. J. Granger, Operational Research Quarterly 20, 1969).
//!
//! ```text
//! history   |------------------------------|---- origins, older ----|-- newer --|
//!            every method learns up to an origin and foretells the horizon; errors:
//!                                            methods are weighed      together they replace the baseline only if they are better here too
//! ```
//!
//! Enters: a history of demand in equal steps, the length of the season, the steps ahead. Leaves: a [`Demand`], its [`Foretold`]. Absent:
//! products, orders, clock. At most [`HISTORY_MAX`] newest steps count. Errors are squared: absolute ones would favour the forecast "nothing"
//! wherever demand comes in less than half of the steps. Methods are weighed and not chosen, because the best of nine on a short past is often the
//! luckiest: on 1,174 series of parts the one chosen was 12 % further off than all weighed.

use super::intermittent::{Intermittent, Kind};
use super::score::Score;
use super::smooth::{Shape, Smoothing};
use super::spread::Spread;
use super::{ForecastError, Foretold, floor, mean, squares};
use crate::champion::Comparison;

/// Newest steps that count.
pub const HISTORY_MAX: usize = 2_048;
/// Longest season and most steps ahead.
const STEPS_MAX: usize = 400;
/// Fewest steps before the first origin, and fewest seasons of a method that has one.
const STEPS_MIN: usize = 8;
/// Most origins.
const ORIGINS_MAX: usize = 24;
/// Fewest origins.
const ORIGINS_MIN: usize = 4;
/// Share of the origins that methods are weighed on before they are compared with the baseline on the newer ones [1].
const CHOOSING: f64 = 0.6;

/// How demand is foretold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// What was a season before: the baseline.
    SeasonalNaive,
    /// Mean of all.
    Mean,
    /// Level smoothed.
    Level,
    /// Level and damped trend smoothed.
    Trend,
    /// Level and season smoothed.
    Season,
    /// Level, damped trend and season smoothed.
    TrendSeason,
    /// Sizes and gaps apart (Croston).
    Croston,
    /// The same without bias (Syntetos and Boylan).
    Sba,
    /// Sizes and probabilities apart (Teunter, Syntetos and Babai).
    Tsb,
}

impl Method {
    /// All methods; the baseline first.
    pub const ALL: [Self; 9] = [
        Self::SeasonalNaive,
        Self::Mean,
        Self::Level,
        Self::Trend,
        Self::Season,
        Self::TrendSeason,
        Self::Croston,
        Self::Sba,
        Self::Tsb,
    ];

    /// Means of the steps ahead of a history; what is below what can come is taken as that. Without any number that is 0.
    pub fn foretell(self, history: &[f64], season: usize, horizon: usize) -> Vec<f64> {
        let smoothed = |trend: bool, with: bool| {
            let model = Smoothing::fit(history, if with { season } else { 1 }, Shape { trend, season: with });
            (0..horizon).map(|h| model.as_ref().map_or(0.0, |m| m.at(h))).collect()
        };
        let rate = |kind| vec![Intermittent::fit(kind, history).rate(); horizon];
        let mut told: Vec<f64> = match self {
            Self::SeasonalNaive => (0..horizon).map(|h| season_before(history, season, h)).collect(),
            Self::Mean => vec![mean(history.iter().copied()); horizon],
            Self::Level => smoothed(false, false),
            Self::Trend => smoothed(true, false),
            Self::Season => smoothed(false, true),
            Self::TrendSeason => smoothed(true, true),
            Self::Croston => rate(Kind::Croston),
            Self::Sba => rate(Kind::Sba),
            Self::Tsb => rate(Kind::Tsb),
        };
        let least = floor(history);
        told.iter_mut().for_each(|x| *x = if x.is_finite() { x.max(least) } else { 0.0 });
        told
    }
    /// Whether a history allows it: demand without a gap needs no method for gaps, a season must have come round twice.
    fn fits(self, history: &[f64], season: usize) -> bool {
        match self {
            Self::Season | Self::TrendSeason => season > 1 && history.len() >= 2 * season + 2,
            Self::Croston | Self::Sba | Self::Tsb => history.contains(&0.0) && !history.iter().any(|x| *x < 0.0),
            _ => true,
        }
    }
}

/// The newest value known that is whole seasons before the step `ahead`.
fn season_before(history: &[f64], season: usize, ahead: usize) -> f64 {
    let place = |back: usize| (history.len() + ahead).checked_sub(back * season);
    let known = (1..).map_while(place).filter_map(|p| history.get(p).copied());
    known.into_iter().find(|x| x.is_finite()).unwrap_or(f64::NAN)
}

/// What a method was off on the unit's own past.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    /// The method.
    pub method: Method,
    /// Root of its mean squared error over all origins, in the unit of the history.
    pub rmse: f64,
    /// Its weight among the methods [1]; 0 for the baseline, which stands beside them.
    pub weight: f64,
}

/// Methods weighed, and how far off they were.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    /// All that were tried, best first.
    pub tried: Vec<Tried>,
    /// Whether the methods are in use; else the baseline is.
    pub beats_baseline: bool,
    /// The methods against the baseline on the newer origins, in mean squared errors; `None` where nothing can be compared.
    pub against_baseline: Option<Comparison>,
    season: usize,
    horizon: usize,
    spread: Spread,
}

impl Demand {
    /// Weighs the methods for a history, with a season of so many steps (1 for none) and so many steps ahead.
    ///
    /// # Errors
    /// The history is too short, or season or horizon are not from 1 to 400.
    pub fn learn(history: &[f64], season: usize, horizon: usize) -> Result<Self, ForecastError> {
        for (what, found) in [("season", season), ("horizon", horizon)] {
            if !(1..=STEPS_MAX).contains(&found) {
                return Err(ForecastError::Outside { what, found, least: 1, most: STEPS_MAX });
            }
        }
        let history = newest(history);
        let origins = origins(history.len(), season, horizon)?;
        let methods: Vec<Method> = Method::ALL.into_iter().filter(|m| m.fits(&history[..origins[0]], season)).collect();
        let said: Vec<Vec<Vec<f64>>> =
            origins.iter().map(|o| methods.iter().map(|m| m.foretell(&history[..*o], season, horizon)).collect()).collect();
        let off = |place: usize, told: &[f64]| squares(&history[origins[place]..], told);
        let losses: Vec<Vec<f64>> =
            (0..methods.len()).map(|m| said.iter().enumerate().map(|(place, told)| off(place, &told[m])).collect()).collect();
        let choosing = ((origins.len() as f64 * CHOOSING).round() as usize).clamp(1, origins.len() - 1);
        let before = weights(losses.iter().map(|l| mean(l[..choosing].iter().copied())));
        let together: Vec<f64> = (choosing..origins.len()).map(|place| off(place, &combined(&said[place], &before))).collect();
        let against_baseline = Comparison::of(&losses[0][choosing..], &together).ok();
        let beats_baseline = against_baseline.is_some_and(|c| c.is_lower());
        let whole: Vec<f64> = losses.iter().map(|l| mean(l.iter().copied())).collect();
        let weights = weights(whole.iter().copied());
        let pairs = origins.iter().zip(&said).flat_map(|(origin, said)| {
            let told = if beats_baseline { combined(said, &weights) } else { said[0].clone() };
            let came = history[*origin..].iter().copied();
            told.into_iter().zip(came).enumerate().map(|(step, (told, came))| (step, told, came)).collect::<Vec<_>>()
        });
        // Origins lie nearer than the horizon, so that a value counts several times.
        let stride = origins.get(1).map_or(horizon, |second| second - origins[0]);
        let spread = Spread::learn(pairs, floor(history)).overlapping(horizon.div_ceil(stride));
        let of = |place: usize| Tried { method: methods[place], rmse: whole[place].sqrt(), weight: weights[place] };
        let mut tried: Vec<Tried> = (0..methods.len()).map(of).collect();
        tried.sort_by(|a, b| a.rmse.total_cmp(&b.rmse));
        Ok(Self { tried, beats_baseline, against_baseline, season, horizon, spread })
    }
    /// The steps ahead of a history: the one learned from, or the same with what came since.
    pub fn foretell(&self, history: &[f64]) -> Vec<Foretold> {
        let told = if self.beats_baseline { self.methods(newest(history)) } else { self.baseline(history) };
        told.iter().enumerate().map(|(step, told)| self.spread.around(step, *told)).collect()
    }
    /// What the baseline says beside it.
    pub fn baseline(&self, history: &[f64]) -> Vec<f64> {
        Method::SeasonalNaive.foretell(newest(history), self.season, self.horizon)
    }
    /// Mean pinball loss of the steps ahead of each origin from the `from`th step on, a horizon apart, foretold from all that came before it; NaN where
    /// nothing of them is known. What a [`crate::champion::Champion`] compares on later data.
    pub fn losses(&self, history: &[f64], from: usize) -> Vec<f64> {
        let of = |origin: usize| {
            let mut score = Score::default();
            self.foretell(&history[..origin]).iter().zip(&history[origin..]).for_each(|(told, came)| score.add(told, *came));
            score.pinball()
        };
        (from..(history.len() + 1).saturating_sub(self.horizon)).step_by(self.horizon).map(of).collect()
    }
    fn methods(&self, history: &[f64]) -> Vec<f64> {
        let used: Vec<&Tried> = self.tried.iter().filter(|t| t.weight > 0.0).collect();
        let said: Vec<Vec<f64>> = used.iter().map(|t| t.method.foretell(history, self.season, self.horizon)).collect();
        combined(&said, &used.iter().map(|t| t.weight).collect::<Vec<_>>())
    }
}

/// Weights of methods by their mean squared errors, the first (the baseline) without any: the square of the inverse, summing to one; what has no
/// error has no weight.
fn weights(losses: impl Iterator<Item = f64>) -> Vec<f64> {
    let losses: Vec<f64> = losses.collect();
    let least = losses.iter().skip(1).copied().fold(f64::INFINITY, f64::min);
    let of = |(place, loss): (usize, &f64)| match *loss {
        loss if place == 0 || !loss.is_finite() => 0.0,
        loss if loss <= least => 1.0,
        loss => (least / loss).powi(2),
    };
    let raw: Vec<f64> = losses.iter().enumerate().map(of).collect();
    let whole: f64 = raw.iter().sum();
    raw.into_iter().map(|w| if whole > 0.0 { w / whole } else { 0.0 }).collect()
}

/// What methods say together, step by step.
fn combined(said: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let steps = said.first().map_or(0, Vec::len);
    (0..steps).map(|step| said.iter().zip(weights).map(|(told, weight)| weight * told[step]).sum()).collect()
}

fn newest(history: &[f64]) -> &[f64] {
    &history[history.len().saturating_sub(HISTORY_MAX)..]
}

/// Where forecasts start, oldest first: as far apart as the horizon, or nearer where the history is short.
fn origins(length: usize, season: usize, horizon: usize) -> Result<Vec<usize>, ForecastError> {
    let first = STEPS_MIN.max(if season > 1 { 2 * season + 2 } else { 0 });
    let first = if length < first + horizon + ORIGINS_MIN - 1 { STEPS_MIN.max(season) } else { first };
    let needed = first + horizon + ORIGINS_MIN - 1;
    if length < needed {
        return Err(ForecastError::Short { what: "steps of demand", found: length, needed });
    }
    let last = length - horizon;
    let stride = ((last - first) / (ORIGINS_MAX - 1)).clamp(1, horizon);
    let mut origins: Vec<usize> = (0..ORIGINS_MAX).map_while(|k| last.checked_sub(k * stride)).filter(|o| *o >= first).collect();
    origins.reverse();
    Ok(origins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;
    use proptest::prelude::*;

    /// Weeks of five busy days and two slack ones, with noise.
    fn weekly(days: usize, chance: &mut Chance) -> Vec<f64> {
        (0..days).map(|d| (if d % 7 < 5 { 60.0 } else { 15.0 } + 5.0 * chance.normal()).max(0.0)).collect()
    }
    /// Demand of about 6 in every fourth step, by chance.
    fn rare(steps: usize, chance: &mut Chance) -> Vec<f64> {
        (0..steps).map(|_| if chance.happens(0.25) { (1.0 + chance.exponential(5.0)).round() } else { 0.0 }).collect()
    }

    fn weight(demand: &Demand, methods: &[Method]) -> f64 {
        demand.tried.iter().filter(|t| methods.contains(&t.method)).map(|t| t.weight).sum()
    }

    #[test]
    fn each_kind_of_demand_gives_its_weight_to_methods_of_its_kind() {
        let seasons = [Method::Season, Method::TrendSeason];
        let mut chance = Chance::seeded(11);
        let regular = Demand::learn(&weekly(140, &mut chance), 7, 14).expect("long enough");
        assert!(regular.beats_baseline && weight(&regular, &seasons) > 0.9, "{:?}", regular.tried);
        let intermittent = Demand::learn(&rare(140, &mut chance), 7, 14).expect("long enough");
        assert!(intermittent.beats_baseline && intermittent.tried.len() == 9, "{:?}", intermittent.tried);
        assert!((weight(&intermittent, &Method::ALL) - 1.0).abs() < 1e-12 && weight(&intermittent, &seasons) < 0.3);
        // A season without noise: nothing is better than the season before.
        let same: Vec<f64> = (0..140).map(|d| f64::from(d % 7)).collect();
        let naive = Demand::learn(&same, 7, 14).expect("long enough");
        let told = naive.foretell(&same)[3];
        assert_eq!((naive.beats_baseline, told.mean, told.quantiles[6]), (false, 3.0, 3.0));
    }

    #[test]
    fn losses_are_of_whole_horizons_after_what_was_seen() {
        let same: Vec<f64> = (0..100).map(|d| f64::from(d % 7)).collect();
        let demand = Demand::learn(&same[..70], 7, 7).expect("long enough");
        assert_eq!(demand.losses(&same, 70), [0.0; 4]);
        assert_eq!(demand.losses(&same[..76], 70), []);
        let mut later = same;
        later[80] += 14.0;
        // One step of the second horizon is 14 too high for every quantile: 14 times the mean level, over 7 steps.
        assert!((demand.losses(&later, 70)[1] - 14.0 * 0.5 / 7.0).abs() < 1e-12);
    }

    #[test]
    fn weights_by_hand() {
        assert_eq!(weights([1.0, 2.0, 4.0, f64::NAN].into_iter()), [0.0, 0.8, 0.2, 0.0]);
        assert_eq!(weights([1.0, 0.0, 4.0].into_iter()), [0.0, 1.0, 0.0]);
        assert_eq!(weights([1.0, f64::NAN].into_iter()), [0.0, 0.0]);
        assert_eq!(combined(&[vec![1.0, 2.0], vec![3.0, 6.0]], &[0.75, 0.25]), [1.5, 3.0]);
    }

    #[test]
    fn coverage_holds_on_later_data() {
        let mut chance = Chance::seeded(12);
        for rarely in [false, true] {
            let mut score = Score::default();
            for _ in 0..30 {
                let whole = if rarely { rare(204, &mut chance) } else { weekly(204, &mut chance) };
                let demand = Demand::learn(&whole[..190], 7, 14).expect("long enough");
                demand.foretell(&whole[..190]).iter().zip(&whole[190..]).for_each(|(told, came)| score.add(told, *came));
            }
            assert!((0.86..0.97).contains(&score.coverage()), "{} where rarely is {rarely}", score.coverage());
        }
    }

    #[test]
    fn what_is_too_short_or_too_long_is_refused_with_what_is_allowed() {
        let refused = |n, season, horizon| Demand::learn(&vec![1.0; n], season, horizon).expect_err("refused").to_string();
        assert_eq!(refused(14, 1, 4), "14 steps of demand; at least 15 are needed");
        assert_eq!(refused(99, 0, 4), "season is 0; allowed are 1 to 400");
        assert_eq!(refused(99, 1, 401), "horizon is 401; allowed are 1 to 400");
        assert!(Demand::learn(&[f64::NAN; 99], 7, 4).is_ok_and(|d| d.foretell(&[]).iter().all(|f| f.mean == 0.0)));
    }

    #[test]
    fn the_baseline_looks_back_whole_seasons_over_what_is_not_known() {
        let history = [1.0, 2.0, 3.0, 4.0, f64::NAN, 6.0];
        assert_eq!(Method::SeasonalNaive.foretell(&history, 3, 5), [4.0, 2.0, 6.0, 4.0, 2.0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn never_uses_the_future_and_quantiles_rise(seed in 0_u64..999, other in 0_u64..999, season in 1_usize..9, rarely: bool) {
            let mut chance = Chance::seeded(seed);
            let past = if rarely { rare(70, &mut chance) } else { weekly(70, &mut chance) };
            let demand = Demand::learn(&past, season, 9).expect("long enough");
            let told = demand.foretell(&past);
            for f in &told {
                prop_assert!(f.quantiles.windows(2).all(|w| w[0] <= w[1]) && f.quantiles[0] >= 0.0 && f.mean.is_finite());
            }
            // Whatever comes afterwards, a forecast up to here is the same.
            let mut whole = past.clone();
            whole.extend(rare(20, &mut Chance::seeded(other)));
            prop_assert_eq!(&told, &Demand::learn(&whole[..70], season, 9).expect("long enough").foretell(&whole[..70]));
            // Nor does any method look beyond the origin while the methods are compared.
            for method in Method::ALL {
                let mut changed = past.clone();
                changed[50..].iter_mut().for_each(|x| *x = 7.0 - *x);
                prop_assert_eq!(method.foretell(&past[..50], season, 9), method.foretell(&changed[..50], season, 9));
            }
        }
    }
}
