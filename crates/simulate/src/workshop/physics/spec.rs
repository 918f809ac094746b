//! The figures of each kind of machine, as its type plate and a week with a meter would give them.
//!
//! Sources of the power levels: Dahmus and Gutowski, ASME IMECE 2004 (constant share of machining power); Zein,
//! Transition Towards Energy Efficient Machine Tools, Springer 2012 (ready power 30–60 % of producing); ISO 14955-1 (modes).

use super::heat::Furnace;
use measure::Span;
use plant::MachineState;

/// Service words and their codes in registers, from 1.
pub const SERVICES: [&str; 3] = ["tool", "bearing", "leak"];
/// Planned tool change [min].
pub const TOOL_MIN: i64 = 10;
/// Planned bearing replacement [min].
pub const BEARING_MIN: i64 = 50;
/// Planned search and repair of leaks [min].
pub const LEAK_MIN: i64 = 40;

/// The figures of one kind of machine.
#[derive(Debug, PartialEq)]
pub struct Spec {
    /// The plant's word for the kind.
    pub kind: &'static str,
    /// Electrical power by mode [W].
    pub power: Power,
    /// Warm-up from standby to ready as the maker states it [min].
    pub warm_up_min: i64,
    /// Compressed air while producing [m3/min].
    pub air: f64,
    /// Whether it cuts with a tool that wears.
    pub cuts: bool,
    /// Whether it has a bearing that wears.
    pub bears: bool,
    /// Coolant or detergent taken while producing [L/h].
    pub coolant: f64,
    /// Material taken while producing [kg/s of planned cycle]; bar and plate are bought near their final form.
    pub material: f64,
    /// Share of pieces spoilt by a machine in good order at nominal speed [1].
    pub scrap: f64,
    /// Lots that fit before it.
    pub infeed: usize,
    /// Lots worked on together, and how, for furnaces.
    pub furnace: Option<Furnace>,
    /// Whether it makes compressed air rather than pieces.
    pub compresses: bool,
}

/// Electrical power by mode [W].
#[derive(Debug, PartialEq)]
pub struct Power {
    /// Producing at nominal speed with a sharp tool.
    pub producing: f64,
    /// Ready, nothing moves.
    pub idle: f64,
    /// Standby.
    pub standby: f64,
    /// Warming up.
    pub warm_up: f64,
}

/// Infeed of machines at the head of a route: the yard, without a limit.
pub const YARD: usize = usize::MAX;

const fn power(producing: f64, idle: f64, standby: f64, warm_up: f64) -> Power {
    Power { producing, idle, standby, warm_up }
}

const PLAIN: Spec = Spec {
    kind: "",
    power: power(0.0, 0.0, 0.0, 0.0),
    warm_up_min: 3,
    air: 0.0,
    cuts: false,
    bears: false,
    coolant: 0.0,
    material: 0.0,
    scrap: 0.0,
    infeed: 5,
    furnace: None,
    compresses: false,
};

/// All kinds of machine that the workshop knows how to run.
pub const ALL: &[Spec] = &[
    Spec {
        kind: "compressor",
        power: power(2_000.0, 2_000.0, 150.0, 6_000.0),
        warm_up_min: 2,
        bears: true,
        compresses: true,
        ..PLAIN
    },
    Spec {
        kind: "furnace",
        power: power(27_000.0, 11_000.0, 2_000.0, 36_000.0),
        warm_up_min: 60,
        air: 0.1,
        scrap: 0.004,
        infeed: 8,
        furnace: Some(Furnace::CHAMBER),
        ..PLAIN
    },
    Spec { kind: "inspection", power: power(1_900.0, 800.0, 120.0, 900.0), warm_up_min: 4, air: 0.15, scrap: 0.002, ..PLAIN },
    Spec {
        kind: "milling",
        power: power(9_200.0, 3_300.0, 560.0, 4_600.0),
        warm_up_min: 10,
        air: 0.55,
        cuts: true,
        bears: true,
        coolant: 6.0,
        material: 0.008,
        scrap: 0.010,
        infeed: YARD,
        ..PLAIN
    },
    Spec {
        kind: "packing",
        power: power(2_600.0, 900.0, 160.0, 1_100.0),
        warm_up_min: 3,
        air: 0.4,
        bears: true,
        scrap: 0.001,
        ..PLAIN
    },
    Spec {
        kind: "turning",
        power: power(7_000.0, 2_600.0, 450.0, 3_600.0),
        warm_up_min: 8,
        air: 0.4,
        cuts: true,
        bears: true,
        coolant: 4.5,
        material: 0.006,
        scrap: 0.008,
        infeed: YARD,
        ..PLAIN
    },
    Spec {
        kind: "washing",
        power: power(12_000.0, 4_800.0, 800.0, 13_000.0),
        warm_up_min: 15,
        air: 0.3,
        bears: true,
        coolant: 9.0,
        scrap: 0.001,
        infeed: 6,
        ..PLAIN
    },
];

impl Spec {
    /// The figures of a kind.
    pub fn of(kind: &str) -> Option<&'static Self> {
        ALL.iter().find(|s| s.kind == kind)
    }
    /// The services it takes, with their planned length.
    pub fn services(&self) -> Vec<(&'static str, Span)> {
        let lengths = [TOOL_MIN, BEARING_MIN, LEAK_MIN];
        let has = [self.cuts, self.bears, self.compresses];
        let all = SERVICES.into_iter().zip(lengths).zip(has);
        all.filter(|(_, has)| *has).map(|((word, minutes), _)| (word, Span::from_minutes(minutes))).collect()
    }
    /// Lots worked on together, and how long it takes.
    pub fn load(&self) -> Option<plant::Load> {
        let furnace = self.furnace.as_ref()?;
        Some(plant::Load { lots: furnace.lots as u32, length: Span::from_seconds_f64(furnace.batch_s) })
    }
    /// Electrical power in a state that makes no pieces [W].
    pub fn power_in(&self, state: MachineState) -> f64 {
        match state {
            MachineState::Standby => self.power.standby,
            MachineState::WarmingUp => self.power.warm_up,
            MachineState::Producing => self.power.producing,
            MachineState::SetUp => 1.1 * self.power.idle,
            MachineState::Blocked | MachineState::Starved => self.power.idle,
            MachineState::Service => 0.25 * self.power.idle,
            MachineState::Down => 0.2 * self.power.idle,
            MachineState::Off | MachineState::Unknown => 0.0,
        }
    }
    /// Electrical power while producing [W]: the constant share, and a share that follows the removal rate (speed) and the
    /// cutting force (load relative to a sharp tool). Gutowski, Dahmus and Thiriez, CIRP LCE 2006: P = P0 + k·v.
    pub fn power_producing(&self, speed: f64, force: f64) -> f64 {
        self.power.idle + (self.power.producing - self.power.idle) * speed * force
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_sorted_and_their_powers_plausible() {
        assert!(ALL.is_sorted_by_key(|s| s.kind));
        for spec in ALL.iter().filter(|s| !s.compresses) {
            let (idle, standby) = (spec.power.idle / spec.power.producing, spec.power.standby / spec.power.producing);
            assert!((0.30..=0.45).contains(&idle), "{} ready at {idle}", spec.kind);
            assert!((0.05..=0.08).contains(&standby), "{} standby at {standby}", spec.kind);
            assert!(spec.power.warm_up > spec.power.idle, "{}", spec.kind);
        }
    }

    #[test]
    fn power_rises_with_speed_and_force() {
        let spec = Spec::of("milling").expect("known");
        assert!((spec.power_producing(1.0, 1.0) - spec.power.producing).abs() < 1e-9);
        assert!(spec.power_producing(1.2, 1.0) > spec.power.producing);
        assert!(spec.power_producing(1.0, 1.3) > spec.power.producing);
        assert_eq!(spec.services().len(), 2);
    }
}
