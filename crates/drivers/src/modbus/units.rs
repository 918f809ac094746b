//! The units behind one connection: which of them speak, and when those that do not are tried again. Enters: what became of
//! requests. Leaves: whom to ask. Absent: what is asked.

use super::config::Config;
use super::source::{connect, read};
use super::wire::Block;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant as Moment;
use tokio_modbus::client::Client;

/// First pause before a silent unit is tried again; it doubles.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// When there is nothing to wake for.
const NEVER: Duration = Duration::from_secs(3_600);

/// What trying a silent unit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    /// It answers.
    Spoke,
    /// It does not.
    Silent,
    /// The device takes no second connection.
    NoConnection,
}

#[derive(Clone, Copy, Debug)]
struct Silence {
    failures: u32,
    again: Moment,
    /// It is being tried now.
    probing: bool,
    /// It is tried among the others, as the device takes no second connection.
    among_others: bool,
}

/// The units of a connection.
pub(super) struct Units {
    /// Every unit that is read; how long it is silent, where it is.
    silent: BTreeMap<u8, Option<Silence>>,
    probes: FuturesUnordered<BoxFuture<'static, (u8, Probe)>>,
}

impl Units {
    /// All units of the blocks, believed to speak.
    pub fn new(blocks: &[Block]) -> Self {
        Self { silent: blocks.iter().map(|block| (block.unit, None)).collect(), probes: FuturesUnordered::new() }
    }
    /// Whether it is one that is read.
    pub fn knows(&self, unit: u8) -> bool {
        self.silent.contains_key(&unit)
    }
    /// Whether a unit is to be asked.
    pub fn speaks(&self, unit: u8, now: Moment) -> bool {
        let silence = self.silent.get(&unit).copied().flatten();
        silence.is_none_or(|s| s.among_others && s.again <= now)
    }
    /// Whether all units but this one are silent: then it is the device that does not answer.
    pub fn are_others_silent(&self, unit: u8) -> bool {
        self.silent.iter().all(|(other, silence)| *other == unit || silence.is_some())
    }
    pub fn spoke(&mut self, unit: u8) {
        self.silent.insert(unit, None);
    }
    pub fn fell_silent(&mut self, unit: u8, now: Moment) {
        let before = self.silent.get(&unit).copied().flatten();
        let failures = before.map_or(0, |s| s.failures + 1);
        let pause = PAUSE_FIRST.saturating_mul(1 << failures.min(16)).min(PAUSE_MAX);
        let among_others = before.is_some_and(|s| s.among_others);
        self.silent.insert(unit, Some(Silence { failures, again: now + pause, probing: false, among_others }));
    }
    /// The unit can only be tried over the connection of the others, when its pause is over.
    pub fn try_among_others(&mut self, unit: u8) {
        if let Some(Some(silence)) = self.silent.get_mut(&unit) {
            (silence.probing, silence.among_others) = (false, true);
        }
    }
    /// When a silent unit is to be tried next.
    pub fn wake(&self, now: Moment) -> Moment {
        let waits = |s: &&Silence| !s.probing && (!s.among_others || s.again > now);
        self.silent.values().flatten().filter(waits).map(|s| s.again).min().unwrap_or(now + NEVER)
    }
    pub fn is_probing(&self) -> bool {
        !self.probes.is_empty()
    }
    /// What the next probe came to.
    pub async fn probed(&mut self) -> Option<(u8, Probe)> {
        self.probes.next().await
    }
    /// Tries the silent units whose pause is over, each over a connection of its own.
    pub fn probe(&mut self, config: &Config, blocks: &[Block], now: Moment) {
        for (unit, silence) in &mut self.silent {
            let Some(silence) = silence.as_mut().filter(|s| !s.probing && !s.among_others && s.again <= now) else { continue };
            let Some(block) = blocks.iter().find(|block| block.unit == *unit) else { continue };
            silence.probing = true;
            self.probes.push(Box::pin(probe(config.clone(), block.clone())));
        }
    }
}

async fn probe(config: Config, block: Block) -> (u8, Probe) {
    let Ok(mut device) = connect(&config).await else { return (block.unit, Probe::NoConnection) };
    let answered = read(&mut device, &block, config.timeout).await;
    // it is of no more use, whatever it says
    let _ = tokio::time::timeout(config.timeout, device.disconnect()).await;
    (block.unit, if answered.is_ok() { Probe::Spoke } else { Probe::Silent })
}

#[cfg(test)]
mod tests {
    use super::super::address::Table;
    use super::*;

    fn block(unit: u8) -> Block {
        Block { unit, table: Table::Input, at: 0, count: 1, every: Duration::from_secs(1), points: Vec::new() }
    }

    #[test]
    fn a_silent_unit_is_left_out_and_tried_ever_more_seldom() {
        let (mut units, now) = (Units::new(&[block(1), block(2), block(2)]), Moment::now());
        assert!(units.speaks(1, now) && units.speaks(2, now) && !units.are_others_silent(2));
        units.fell_silent(2, now);
        assert!(units.speaks(1, now) && !units.speaks(2, now + NEVER), "its probe alone brings it back");
        assert!(units.are_others_silent(1), "when 1 is silent too, it is the device");
        let mut pauses = Vec::new();
        for _ in 0..8 {
            pauses.push((units.wake(now) - now).as_secs());
            units.fell_silent(2, now);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        units.spoke(2);
        assert!(units.speaks(2, now));
    }

    #[test]
    fn where_there_is_one_connection_a_unit_is_tried_among_the_others_after_its_pause() {
        let (mut units, now) = (Units::new(&[block(1), block(2)]), Moment::now());
        units.fell_silent(2, now);
        units.try_among_others(2);
        let later = now + PAUSE_FIRST;
        assert!(!units.speaks(2, now) && units.speaks(2, later));
        assert_eq!((units.wake(now), units.wake(later)), (later, later + NEVER), "it is woken for once");
        units.fell_silent(2, later);
        assert!(!units.speaks(2, later));
    }
}
