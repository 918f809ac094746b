//! What may be told to a machine, and the machine's own answer. This is the device, not the unit's safety envelope: it
//! refuses what it cannot do, in its own words.

use super::machine::Part;
use super::run::Workshop;
use super::site::SPEED;
use measure::Instant;
use plant::{ChannelId, CommandValue, MachineState, Plant, Role};
use thiserror::Error;

/// Why a machine did not take a value.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WriteRefused {
    /// The channel can only be read.
    #[error("`{0}` can only be read")]
    ReadOnly(String),
    /// A word where a number is wanted, or the other way round.
    #[error("`{channel}` takes {wanted}")]
    WrongType {
        /// Name of the channel.
        channel: String,
        /// What it takes.
        wanted: &'static str,
    },
    /// Not a value the machine knows.
    #[error("`{found}` is not possible; allowed is {allowed}")]
    NotAllowed {
        /// The value.
        found: String,
        /// What is allowed.
        allowed: String,
    },
    /// Not now.
    #[error("not while {state}: {reason}")]
    NotNow {
        /// Word of the machine's state.
        state: &'static str,
        /// Why.
        reason: &'static str,
    },
}

impl Workshop {
    /// Writes a value to a channel at `now`; the workshop goes on to `now` first, and what it tells on the way comes with
    /// the next [`advance`](Self::advance).
    ///
    /// # Errors
    /// The machine's refusal; nothing has changed then.
    pub fn write(&mut self, plant: &Plant, channel: ChannelId, value: &CommandValue, now: Instant) -> Result<(), WriteRefused> {
        self.run(plant, now);
        let Some(channel) = plant.channels.get(channel.index()) else {
            return Err(WriteRefused::ReadOnly(format!("channel {}", channel.0)));
        };
        let machine = channel.machine.index();
        let read_only = || WriteRefused::ReadOnly(channel.name.clone());
        if channel.writable.is_none() || self.layout.machines[machine].spec.is_none() {
            return Err(read_only());
        }
        let wrong = |wanted| WriteRefused::WrongType { channel: channel.name.clone(), wanted };
        match (channel.role, value) {
            (Role::SetState, CommandValue::Word(word)) => self.set_state(machine, word),
            (Role::SetOrder, CommandValue::Word(name)) => self.set_order(machine, name),
            (Role::SetService, CommandValue::Word(word)) => self.set_service(machine, word),
            (Role::SetSpeed, CommandValue::Number(percent)) => self.set_speed(machine, *percent),
            (Role::SetSpeed, CommandValue::Word(_)) => Err(wrong("a number of %")),
            (Role::SetState | Role::SetOrder | Role::SetService, CommandValue::Number(_)) => Err(wrong("a word")),
            _ => Err(read_only()),
        }?;
        self.stirred.push_back(machine);
        self.machines[machine].dirty = true;
        self.flush();
        Ok(())
    }

    fn not_now(&self, machine: usize, reason: &'static str) -> WriteRefused {
        WriteRefused::NotNow { state: self.machines[machine].state.word(), reason }
    }

    fn set_state(&mut self, machine: usize, word: &str) -> Result<(), WriteRefused> {
        let state = self.machines[machine].state;
        match word {
            "standby" if state == MachineState::Standby => Ok(()),
            "standby" if !state.is_idle() || self.machines[machine].activity.is_some() => {
                Err(self.not_now(machine, "standby is possible from blocked or starved"))
            }
            "standby" if self.has_work(machine) => Err(self.not_now(machine, "work is waiting")),
            "standby" => {
                self.enter(machine, MachineState::Standby);
                Ok(())
            }
            "ready" if matches!(state, MachineState::Standby | MachineState::Off) => {
                self.warm_up(machine);
                Ok(())
            }
            "ready" if state == MachineState::Down => Err(self.not_now(machine, "it has to be repaired first")),
            "ready" => Ok(()),
            _ => Err(WriteRefused::NotAllowed { found: word.to_owned(), allowed: "standby, ready".to_owned() }),
        }
    }

    fn set_order(&mut self, machine: usize, name: &str) -> Result<(), WriteRefused> {
        if name.is_empty() {
            self.machines[machine].chosen = None;
            return Ok(());
        }
        let jobs = &self.layout.jobs;
        let waits = |order: &plant::OrderId| &*jobs[order.index()].name == name;
        let found = self.machines[machine].infeed.iter().map(|l| l.order).find(waits);
        let Some(order) = found else {
            let waiting: Vec<&str> = self.machines[machine].infeed.iter().map(|l| &*jobs[l.order.index()].name).collect();
            let allowed = if waiting.is_empty() { "nothing, no order waits".to_owned() } else { waiting.join(" ") };
            return Err(WriteRefused::NotAllowed { found: name.to_owned(), allowed });
        };
        self.machines[machine].chosen = Some(order);
        Ok(())
    }

    fn set_service(&mut self, machine: usize, word: &str) -> Result<(), WriteRefused> {
        let services = &self.layout.machines[machine].services;
        let part = Part::from_word(word).filter(|p| services.iter().any(|(s, _)| s == p.word()));
        let Some(part) = part else {
            let known: Vec<&str> = services.iter().map(|(s, _)| s.as_str()).collect();
            return Err(WriteRefused::NotAllowed { found: word.to_owned(), allowed: known.join(", ") });
        };
        if matches!(self.machines[machine].state, MachineState::Down | MachineState::Service) {
            return Err(self.not_now(machine, "somebody is working on it"));
        }
        self.machines[machine].service = Some(part);
        Ok(())
    }

    fn set_speed(&mut self, machine: usize, percent: f64) -> Result<(), WriteRefused> {
        if !(SPEED.0..=SPEED.1).contains(&percent) {
            let allowed = format!("{} to {} %", SPEED.0, SPEED.1);
            return Err(WriteRefused::NotAllowed { found: percent.to_string(), allowed });
        }
        if self.machines[machine].state == MachineState::Down {
            return Err(self.not_now(machine, "it has to be repaired first"));
        }
        self.machines[machine].speed = percent / 100.0;
        Ok(())
    }
}
