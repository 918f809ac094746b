//! What a Modbus device has, as far as it can tell: devices that carry a SunSpec map (SunSpec Device Information Model
//! Specification 1.1; meters, inverters) name themselves and their points. Enters: a configuration, an [`Ask`]. Leaves: pages of
//! [`Found`] points. Absent: devices without a map, for which a register says nothing of itself: a list from the manual is needed.
//!
//! The map begins with `SunS` at holding register 40000, 50000 or 0; then models follow one another: number, length, points. Unit ids
//! are tried from 1 on, then those that stand-alone devices have.

use super::Table;
use super::config::Config;
use super::source::{connect, read};
use super::sunspec::{self, Model};
use super::wire::Block;
use crate::browse::{Ask, BrowseError, Page, Pages, Trouble};
use std::time::Duration;
use survey::Found;
use tokio_modbus::client::Context;

/// Unit ids tried: those of devices behind a gateway, then those of devices that stand alone.
const UNITS: [u8; 34] = units();
/// Where a map may begin.
const BASES: [u16; 3] = [40_000, 50_000, 0];
/// Longest wait for an answer of a unit that may not be there.
const WAIT_MAX: Duration = Duration::from_millis(700);
/// Models read of one device.
const MODELS_MAX: usize = 40;
/// Registers read at once.
const REGISTERS_MAX: u16 = 120;

const fn units() -> [u8; 34] {
    let mut units = [0; 34];
    let mut place = 0;
    while place < 32 {
        units[place] = place as u8 + 1;
        place += 1;
    }
    units[32] = 247;
    units[33] = 255;
    units
}

/// One connection, made anew after a loss: some devices close it on a unit id that they do not know.
struct Device<'c> {
    config: &'c Config,
    context: Option<Context>,
    wait: Duration,
}

/// Looks at one unit id after the other.
///
/// # Errors
/// Nobody answers at the address; a cursor that is none; no device there carries a map.
pub async fn browse(config: Config, ask: Ask, pages: Pages) -> Result<(), BrowseError> {
    let place = format!("{}:{}", config.host, config.port);
    let first = match &ask.from {
        None => 0,
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|n| *n < UNITS.len())
            .ok_or_else(|| BrowseError::new(Trouble::Cursor, format!("{place}: `{text}` is no cursor of a Modbus device")))?,
    };
    let budget = ask.budget();
    let context = connect(&config).await.map_err(|e| BrowseError::new(Trouble::Unreachable, e))?;
    let mut device = Device { config: &config, context: Some(context), wait: config.timeout.min(WAIT_MAX) };
    let (mut told, mut answered) = (0, false);
    for (visited, at) in (first..UNITS.len()).enumerate() {
        if !budget.allows(visited, told) {
            break;
        }
        let looked = tokio::select! {
            () = pages.closed() => return Ok(()),
            looked = device.unit(UNITS[at]) => looked?,
        };
        answered |= looked.answered;
        told += looked.found.len();
        let cursor = (at + 1 < UNITS.len()).then(|| (at + 1).to_string());
        let page = Page { found: looked.found, visited: visited + 1, waiting: Some(UNITS.len() - at - 1), cursor };
        if !pages.tell(page).await {
            return Ok(());
        }
    }
    match (told, first) {
        (0, 0) if answered => {
            let said =
                format!("{place}: it speaks Modbus and carries no SunSpec map, so its registers do not say what they hold");
            Err(BrowseError::new(Trouble::NotOffered, said))
        }
        (0, 0) => Err(BrowseError::new(Trouble::WrongProtocol, format!("{place}: no unit id answers to Modbus"))),
        _ => Ok(()),
    }
}

/// What one unit id gave.
#[derive(Default)]
struct Looked {
    answered: bool,
    found: Vec<Found>,
}

impl Device<'_> {
    async fn unit(&mut self, unit: u8) -> Result<Looked, BrowseError> {
        let mut looked = Looked::default();
        for base in BASES {
            let Some(answer) = self.registers(unit, base, 2).await? else { return Ok(looked) };
            looked.answered = true;
            if answer.is_ok_and(|words| words == sunspec::MARK) {
                looked.found = self.map(unit, base + 2).await?;
                return Ok(looked);
            }
        }
        Ok(looked)
    }

    /// The models from a register on.
    async fn map(&mut self, unit: u8, mut at: u16) -> Result<Vec<Found>, BrowseError> {
        let mut models = Vec::new();
        for _ in 0..MODELS_MAX {
            let Some(Ok(head)) = self.registers(unit, at, 2).await? else { break };
            let [number, length] = head[..] else { break };
            if number == sunspec::END {
                break;
            }
            let mut words = head;
            while words.len() < usize::from(length) + 2 {
                let got = words.len() as u16;
                let count = (length + 2 - got).min(REGISTERS_MAX);
                let Some(Ok(more)) = self.registers(unit, at.saturating_add(got), count).await? else { break };
                words.extend(more);
            }
            models.push(Model { number, at, words });
            let Some(next) = at.checked_add(length).and_then(|n| n.checked_add(2)) else { break };
            at = next;
        }
        Ok(sunspec::found(unit, &models))
    }

    /// Some holding registers: `None` when the unit does not answer, `Some(Err)` when it refuses.
    async fn registers(&mut self, unit: u8, at: u16, count: u16) -> Result<Option<Result<Vec<u16>, String>>, BrowseError> {
        let mut context = match self.context.take() {
            Some(context) => context,
            None => connect(self.config).await.map_err(|e| BrowseError::new(Trouble::Unreachable, e))?,
        };
        let block = Block { unit, table: Table::Holding, at, count, every: Duration::ZERO, points: Vec::new() };
        match read(&mut context, &block, self.wait).await {
            Ok(answer) => {
                self.context = Some(context);
                Ok(Some(answer))
            }
            // the connection is of no more use after an answer that did not come
            Err(_) => Ok(None),
        }
    }
}
