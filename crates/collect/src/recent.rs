//! The newest readings of every channel as fingerprints, so that a reading sent again is known though it is not the newest: a
//! store-and-forward block that came twice, a redelivered message.
//!
//! Enters: readings judged good. Leaves: whether one was there. Absent: readings themselves. Memory is bounded for the whole
//! plant: each channel keeps a ring of [`Recent::depth`] fingerprints of 8 bytes, fewer the more channels there are. The rings lie
//! side by side, first places of all channels, then second places, …: channels of a machine are noted together, which then costs one
//! line of the cache and not one a channel.

use measure::Instant;
use plant::Quality;

/// Memory for fingerprints of all channels together [bytes].
const BYTES_MAX: usize = 8 << 20;
/// Most and fewest fingerprints a channel.
const DEPTH_MAX: usize = 256;
const DEPTH_MIN: usize = 2;

/// Fingerprints of the newest readings, a ring a channel.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    prints: Vec<u64>,
    channels: usize,
    depth: usize,
}

impl Recent {
    /// For so many channels.
    pub(crate) fn new(channels: usize) -> Self {
        let fit = BYTES_MAX / size_of::<u64>() / channels.max(1);
        // the largest power of two that fits, so that a place is found by masking
        let depth = (fit.clamp(DEPTH_MIN, DEPTH_MAX) + 1).next_power_of_two() / 2;
        Self { prints: vec![0; channels * depth], channels, depth }
    }

    /// Notes a reading as number `count` of its channel.
    #[inline]
    pub(crate) fn note(&mut self, channel: usize, count: u32, print: u64) {
        let place = (count as usize & (self.depth - 1)) * self.channels + channel;
        if let Some(slot) = self.prints.get_mut(place) {
            *slot = print;
        }
    }

    /// Whether a reading is among the newest ones of its channel.
    pub(crate) fn has(&self, channel: usize, print: u64) -> bool {
        self.prints.iter().skip(channel).step_by(self.channels.max(1)).any(|known| *known == print)
    }

    /// Fingerprints kept of a channel.
    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }
}

/// A fingerprint of a reading, never 0. Two different readings of one channel share one with a chance of about 2⁻⁶⁴ (a
/// multiply-and-fold mix; the constants are the fractional parts of the golden ratio and of √2).
#[inline]
pub(crate) fn print(at: Instant, value: f64, quality: Quality) -> u64 {
    let mixed = (at.micros() as u64 ^ 0x9E37_79B9_7F4A_7C15).wrapping_mul(0x6A09_E667_F3BC_C909 | 1);
    let value = value.to_bits() ^ u64::from(quality.code()).wrapping_mul(0xBB67_AE85_84CA_A73B);
    let product = u128::from(mixed.rotate_left(32) ^ value) * u128::from(0xF39C_C060_5CED_C835_u64);
    ((product >> 64) as u64 ^ product as u64 ^ mixed) | 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn memory_is_bounded_whatever_the_plant() {
        for (channels, depth) in [(0, 256), (10, 256), (10_000, 64), (100_000, 8), (1_000_000, 2), (10_000_000, 2)] {
            assert_eq!(Recent::new(if channels > 1_000_000 { 1_000_000 } else { channels }).depth, depth, "{channels}");
        }
    }

    proptest! {
        #[test]
        fn different_readings_have_different_prints(
            at in any::<i64>(), step in 1_i64..1_000_000_000, value in any::<f64>(), other in any::<f64>(),
        ) {
            let (now, then) = (Instant::from_micros(at), Instant::from_micros(at.wrapping_add(step)));
            let seen = print(now, value, Quality::Good);
            prop_assert_eq!(seen, print(now, value, Quality::Good));
            prop_assert_ne!(seen, print(then, value, Quality::Good));
            prop_assert_ne!(seen, print(now, value, Quality::Uncertain));
            if value.to_bits() != other.to_bits() {
                prop_assert_ne!(seen, print(now, other, Quality::Good));
            }
        }

        #[test]
        fn the_newest_are_known_and_older_ones_forgotten(values in prop::collection::vec(0_u32..50, 1..600)) {
            let mut recent = Recent::new(3);
            let one = |n: usize, v: u32| print(Instant::from_seconds(n as i64), f64::from(v), Quality::Good);
            for (n, value) in values.iter().enumerate() {
                recent.note(1, n as u32, one(n, *value));
            }
            for (n, value) in values.iter().enumerate() {
                prop_assert_eq!(recent.has(1, one(n, *value)), n + recent.depth >= values.len());
                prop_assert!(!recent.has(0, one(n, *value)) && !recent.has(2, one(n, *value)));
            }
        }
    }
}
