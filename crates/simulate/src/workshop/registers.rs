//! Words as numbers, for machines that speak Modbus only: registers hold numbers, so every word has a code.
//!
//! | channel | code |
//! | --- | --- |
//! | state | [`MachineState::index`](plant::MachineState::index): 1 off … 9 down |
//! | order, order done, set order | place of the order in the plant plus 1; 0 is no order |
//! | serviced, set service | 1 tool, 2 bearing, 3 leak; 0 is none |
//! | set state | 1 standby, 2 ready |
//! | alarm | 1 tool broken, 2 bearing failed; 0 is none |
//!
//! An event channel takes two registers: a count that rises with every event (and wraps), then the code of the last one, so
//! that a poller sees each event once. The infeed is a list, which no register holds: these machines do not tell it.

use super::physics::spec::SERVICES;
use plant::{Channel, MachineState, Plant, Role};

const ALARMS: [&str; 2] = ["tool_broken", "bearing_failed"];
const REQUESTS: [&str; 2] = ["standby", "ready"];

/// The code of a word on a channel; `None` where it has none.
pub fn code(plant: &Plant, channel: &Channel, word: &str) -> Option<u16> {
    if word.is_empty() {
        return Some(0);
    }
    let place = match channel.role {
        Role::State => return MachineState::from_word(word).and_then(|s| u16::try_from(s.index()).ok()),
        Role::Order | Role::OrderDone | Role::SetOrder => plant.order_named(word).map(|o| o.id.index()),
        role => table(role).iter().position(|w| *w == word),
    };
    place.and_then(|p| u16::try_from(p + 1).ok())
}

/// The word of a code on a channel; `None` where it means nothing.
pub fn word<'a>(plant: &'a Plant, channel: &Channel, code: u16) -> Option<&'a str> {
    if channel.role == Role::State {
        return MachineState::ALL.get(usize::from(code)).map(|(_, word)| *word);
    }
    let Some(place) = usize::from(code).checked_sub(1) else { return Some("") };
    match channel.role {
        Role::Order | Role::OrderDone | Role::SetOrder => plant.orders.get(place).map(|o| o.name.as_str()),
        role => table(role).get(place).copied(),
    }
}

const fn table(role: Role) -> &'static [&'static str] {
    match role {
        Role::Serviced | Role::SetService => &SERVICES,
        Role::SetState => &REQUESTS,
        Role::Alarm => &ALARMS,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Instant;

    #[test]
    fn every_word_of_a_modbus_machine_comes_back_from_its_code() {
        let plant = crate::workshop::plant(Instant::from_seconds(1_772_380_800), 2, 1);
        let washer = plant.machine_named("washer-1").expect("there").id;
        let cases = [
            (Role::State, "blocked", 6),
            (Role::Order, "WO-1001", 1),
            (Role::Order, "", 0),
            (Role::OrderDone, "WO-1003", 3),
            (Role::Serviced, "bearing", 2),
            (Role::SetState, "ready", 2),
            (Role::Alarm, "bearing_failed", 2),
        ];
        for (role, text, number) in cases {
            let channel = plant.role(washer, role).expect("a channel");
            assert_eq!(code(&plant, channel, text), Some(number), "{text}");
            assert_eq!(word(&plant, channel, number), Some(text), "{text}");
        }
        let order = plant.role(washer, Role::Order).expect("a channel");
        assert_eq!(code(&plant, order, "WO-9"), None);
        assert_eq!(word(&plant, order, u16::MAX), None);
    }
}
