//! What each role demands of its channel: kind, dimension, and an example of its unit.

use measure::{Dimension, Unit};
use plant::{ChannelKind, Role};

/// The kind a role demands; `None` where any will do.
pub const fn kind(role: Role) -> Option<ChannelKind> {
    use ChannelKind::{Counter, Event, Gauge, State};
    match role {
        Role::State | Role::Order | Role::Infeed | Role::Product | Role::Worker => Some(State),
        Role::SetState | Role::SetOrder | Role::SetService => Some(State),
        Role::OrderDone | Role::Alarm | Role::Serviced => Some(Event),
        Role::Good | Role::Scrap | Role::Energy | Role::Coolant | Role::Material => Some(Counter),
        Role::Power | Role::CycleTime | Role::Vibration | Role::Load | Role::Deviation | Role::Temperature => Some(Gauge),
        Role::AirFlow | Role::AirPressure | Role::Speed | Role::SetSpeed => Some(Gauge),
        Role::Other => None,
    }
}

/// The UCUM code of a unit fit for a role.
const fn usual_unit(role: Role) -> Option<&'static str> {
    match role {
        Role::Good | Role::Scrap | Role::Deviation => Some("1"),
        Role::Power => Some("W"),
        Role::Energy => Some("kW.h"),
        Role::CycleTime => Some("s"),
        Role::Vibration => Some("mm/s"),
        Role::Load | Role::Speed | Role::SetSpeed => Some("%"),
        Role::Temperature => Some("Cel"),
        Role::AirFlow => Some("m3/h"),
        Role::AirPressure => Some("bar"),
        Role::Coolant => Some("L"),
        _ => None,
    }
}

/// The dimension a role demands; `None` where any will do (vibration is told as velocity, acceleration or a bare number).
pub fn dimension(role: Role) -> Option<Dimension> {
    if role == Role::Vibration {
        return None;
    }
    usual_unit(role)?.parse::<Unit>().ok().map(|u| u.dimension())
}

/// An example of a unit for people.
pub fn unit_example(role: Role) -> String {
    usual_unit(role).map_or_else(|| "`W`, `Cel`, `bar`, `%`, `1`".to_owned(), |code| format!("`{code}`"))
}

/// Whether the role is a set point, which has no sense unless it may be written.
pub const fn is_set_point(role: Role) -> bool {
    matches!(role, Role::SetState | Role::SetOrder | Role::SetSpeed | Role::SetService)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_vibration_material_and_other_are_free_in_their_unit() {
        for (role, word) in Role::ALL {
            let free =
                matches!(role, Role::Vibration | Role::Material | Role::Other) || kind(role).is_some_and(ChannelKind::is_word);
            assert_eq!(dimension(role).is_none(), free, "{word}");
        }
    }
}
