//! Case Western Reserve University's bearings: which part is spoiled, under a load never learned from?
//!
//! Protocol: each load (told by its speed) is judged by a forest that learned from the other loads only, in windows of 2,048 samples that
//! do not overlap; macro-F1 over good order, ball, inner and outer race. Of a run in good order the first half is learned from and the
//! second judged, because not every load has one. The second figure also keeps the judged sizes of faults from the forest. Windows of one
//! load never fall on both sides: that is where figures near 100 % often come from.

use super::classes::{highest, macro_f1};
use super::{Figure, Folder, Trial};
use crate::boost::{Features, Forest, Goal, Settings};
use crate::vibration::{Bearing, Envelope, Orders, Spectrum, loudest_band};
use measure::statistics::Moments;

/// The set.
pub const TRIAL: Trial = Trial { set: "cwru_bearing", run };

/// Samples a second [Hz].
const RATE_HZ: f64 = 12_000.0;
/// Samples of a window, and between two windows that are learned from.
const WINDOW: usize = 2_048;
const STEP: usize = 1_024;
/// Bands of the spectrum whose shares are taken.
const BANDS: usize = 12;
/// The bearing at the drive end, a 6205-2RS JEM SKF, from the set's own pages.
const BEARING: Bearing = Bearing { balls: 9.0, ball_mm: 7.94, pitch_mm: 39.04, contact_rad: 0.0 };
/// Classes as their columns name them.
const CLASSES: [&str; 4] = ["Normal", "B", "IR", "OR"];

/// One recording.
struct Case {
    rpm: u32,
    class: usize,
    /// Width of the fault [inch / 1000]; 0 in good order.
    size: u32,
    /// Features of windows that are learned from, and of those that are judged.
    learned: Features,
    judged: Features,
}

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let mut cases = Vec::new();
    for (_, table) in folder.under("") {
        for name in &table.names {
            if let Some((rpm, class, size)) = named(name) {
                cases.push(case((rpm, class, size), &table.numbers(name)?));
            }
        }
    }
    let mut loads: Vec<u32> = cases.iter().map(|c| c.rpm).collect();
    loads.sort_unstable();
    loads.dedup();
    if loads.len() < 2 {
        return Err(format!("columns `<rpm>_<fault>_<size>_DE12` of {} speeds; at least 2 are needed", loads.len()));
    }
    let (mut of_loads, mut of_sizes) = (Vec::new(), Vec::new());
    for load in &loads {
        let other: Vec<&Case> = cases.iter().filter(|c| c.rpm != *load || c.class == 0).collect();
        of_loads.extend(judge(&other, cases.iter().filter(|c| c.rpm == *load)));
        let mut sizes: Vec<u32> = cases.iter().map(|c| c.size).filter(|s| *s > 0).collect();
        sizes.sort_unstable();
        sizes.dedup();
        for size in sizes {
            let smaller: Vec<&Case> = other.iter().copied().filter(|c| c.size != size).collect();
            of_sizes.extend(judge(&smaller, cases.iter().filter(|c| c.rpm == *load && c.size == size)));
        }
    }
    let context = |pairs: &[(usize, usize)]| format!("{} cases at {} speeds, {} windows", cases.len(), loads.len(), pairs.len());
    Ok(vec![
        Figure::more("macro-F1 of the fault class, load never seen", macro_f1(&of_loads), context(&of_loads)),
        Figure::more("macro-F1 of the faulty part, load and size never seen", macro_f1(&of_sizes), context(&of_sizes)),
    ])
}

/// Speed [1/min], class and size of a column.
fn named(column: &str) -> Option<(u32, usize, u32)> {
    let mut words = column.split('_');
    let rpm = words.next()?.parse().ok()?;
    let fault = words.next()?;
    let class = CLASSES.iter().position(|c| *c == fault.split('@').next().unwrap_or(fault))?;
    Some((rpm, class, if class == 0 { 0 } else { words.next()?.parse().ok()? }))
}

fn case((rpm, class, size): (u32, usize, u32), samples: &[f64]) -> Case {
    let end = samples.iter().rposition(|x| x.is_finite()).map_or(0, |p| p + 1);
    let (samples, orders) = (&samples[..end], BEARING.orders());
    let (first, second) = if class == 0 { samples.split_at(end / 2) } else { (samples, samples) };
    let windows = |part: &[f64], step: usize| {
        let mut features = Features::new(0);
        for window in part.windows(WINDOW).step_by(step) {
            let row = features_of(window, f64::from(rpm) / 60.0, &orders);
            features.width = row.len();
            features.push(&row);
        }
        features
    };
    Case { rpm, class, size, learned: windows(first, STEP), judged: windows(second, WINDOW) }
}

/// Shape of the values, shares of bands, lines of the bearing in two envelopes.
fn features_of(window: &[f64], shaft_hz: f64, orders: &Orders) -> Vec<f32> {
    let mut moments = Moments::default();
    window.iter().for_each(|x| moments.add(*x));
    let (mean, deviation) = (moments.mean(), moments.deviation().max(1e-9));
    let power = |k: i32| window.iter().map(|x| ((x - mean) / deviation).powi(k)).sum::<f64>() / window.len() as f64;
    let peak = window.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max);
    let mut row = vec![deviation.log10(), power(3), power(4).ln(), power(6).ln(), (peak / deviation).ln()];
    let spectrum = Spectrum::of(window, RATE_HZ);
    let width = 0.5 * RATE_HZ / BANDS as f64;
    let share = |i: usize| spectrum.band(width * i as f64, width * (i + 1) as f64) / (deviation * deviation);
    row.extend((0..BANDS).map(|i| share(i).max(1e-9).log10()));
    let band = loudest_band(window, RATE_HZ);
    row.extend([band.0, band.1]);
    for band in [band, (0.0, 0.5 * RATE_HZ)] {
        let envelope = Envelope::of(window, RATE_HZ, band);
        let beat = envelope.spectrum();
        row.push(envelope.kurtosis().max(0.0).ln_1p());
        let lines = orders.lines(&beat, shaft_hz);
        row.extend(lines);
        row.extend([lines[0] - lines[1], lines[0] - lines[2], lines[1] - lines[2]]);
        row.push(beat.prominence(shaft_hz, beat.bin_hz).max(1e-3).log10());
    }
    row.into_iter().map(|x| x as f32).collect()
}

/// True and told classes of the windows of cases, by a forest of other cases.
fn judge<'a>(learned: &[&Case], judged: impl Iterator<Item = &'a Case>) -> Vec<(usize, usize)> {
    let (mut all, mut class) = (Features::new(0), Vec::new());
    for case in learned {
        all.width = all.width.max(case.learned.width);
        all.values.extend_from_slice(&case.learned.values);
        class.extend(std::iter::repeat_n(case.class as f64, case.learned.len()));
    }
    let usual = Settings::usual(Goal::Classes(CLASSES.len()));
    let forest = Forest::learn(&all, &class, &Settings { rounds: 100, leaves: 6, rows_min: 8, features: 0.3, ..usual });
    let told = |row: &[f32]| highest(&forest.classes(row));
    judged.flat_map(|c| (0..c.judged.len()).map(|w| (c.class, told(c.judged.row(w)))).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::Table;
    use measure::Chance;

    #[test]
    fn columns_tell_speed_class_and_size() {
        assert_eq!(named("1772_OR@6_14_DE12"), Some((1_772, 3, 14)));
        assert_eq!(named("1797_Normal"), Some((1_797, 0, 0)));
        assert_eq!((named("time"), named("1797_X_7_DE12"), named("1797_IR")), (None, None, None));
    }

    /// A race that beats at an order, at a speed, in noise.
    fn beating(order: f64, rpm: f64, seed: u64) -> Vec<String> {
        let (mut chance, period) = (Chance::seeded(seed), 60.0 / (order * rpm));
        let ring = |since: f64| (-since * 900.0).exp() * (2.0 * std::f64::consts::PI * 3_000.0 * since).sin();
        let one = |i: usize| if order > 0.0 { 4.0 * ring((i as f64 / RATE_HZ) % period) } else { 0.0 };
        (0..8_192).map(|i| (one(i) + 0.5 * chance.normal()).to_string()).collect()
    }

    #[test]
    fn races_are_told_apart_at_a_speed_never_seen() {
        let orders = BEARING.orders();
        let mut table = Table::default();
        for (place, rpm) in [1_797_u32, 1_750].into_iter().enumerate() {
            for (fault, order) in [("Normal", 0.0), ("IR_7_DE12", orders.inner), ("OR@6_7_DE12", orders.outer)] {
                table.names.push(format!("{rpm}_{fault}"));
                table.columns.push(beating(order, f64::from(rpm), place as u64 + 1));
            }
        }
        let mut folder = Folder::default();
        folder.tables.insert("x".to_owned(), table.clone());
        let figures = run(&folder).expect("two speeds");
        assert!(figures[0].value > 0.9, "{figures:?}");
        table.names.truncate(3);
        table.columns.truncate(3);
        folder.tables.insert("x".to_owned(), table);
        assert!(run(&folder).expect_err("one speed").contains("1 speeds"));
    }
}
