//! What each role demands of its channel: kind, dimension, and a usual unit.

use crate::{ChannelKind, Role};
use measure::{Dimension, Unit};

impl Role {
    /// The kind it demands; `None` where any will do.
    pub const fn kind(self) -> Option<ChannelKind> {
        use ChannelKind::{Counter, Event, Gauge, State};
        match self {
            Self::State | Self::Order | Self::Infeed | Self::Product | Self::Worker => Some(State),
            Self::SetState | Self::SetOrder | Self::SetService => Some(State),
            Self::OrderDone | Self::Alarm | Self::Serviced => Some(Event),
            Self::Good | Self::Scrap | Self::Energy | Self::Generated | Self::Coolant | Self::Material => Some(Counter),
            Self::Power | Self::CycleTime | Self::Vibration | Self::Load | Self::Deviation | Self::Temperature => Some(Gauge),
            Self::AirFlow | Self::AirPressure | Self::Speed | Self::SetSpeed => Some(Gauge),
            Self::Other => None,
        }
    }
    /// The UCUM code of a unit fit for it; `None` where none is usual.
    pub const fn usual_unit(self) -> Option<&'static str> {
        match self {
            Self::Good | Self::Scrap | Self::Deviation => Some("1"),
            Self::Power => Some("W"),
            Self::Energy | Self::Generated => Some("kW.h"),
            Self::CycleTime => Some("s"),
            Self::Vibration => Some("mm/s"),
            Self::Load | Self::Speed | Self::SetSpeed => Some("%"),
            Self::Temperature => Some("Cel"),
            Self::AirFlow => Some("m3/h"),
            Self::AirPressure => Some("bar"),
            Self::Coolant => Some("L"),
            _ => None,
        }
    }
    /// The dimension it demands; `None` where any will do (vibration is told as velocity, acceleration or a bare number).
    pub fn dimension(self) -> Option<Dimension> {
        if self == Self::Vibration {
            return None;
        }
        self.usual_unit()?.parse::<Unit>().ok().map(|u| u.dimension())
    }
    /// Whether it is a set point, which has no sense unless it may be written.
    pub const fn is_set_point(self) -> bool {
        matches!(self, Self::SetState | Self::SetOrder | Self::SetSpeed | Self::SetService)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_vibration_material_and_other_are_free_in_their_unit() {
        for (role, word) in Role::ALL {
            let free =
                matches!(role, Role::Vibration | Role::Material | Role::Other) || role.kind().is_some_and(ChannelKind::is_word);
            assert_eq!(role.dimension().is_none(), free, "{word}");
        }
    }
}
