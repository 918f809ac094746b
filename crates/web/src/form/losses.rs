//! The six big losses: where the gap between OEE and 100 % went, and the stops by cause.

use super::common::{When, machine_name};
use super::words::Loss;
use plant::Plant;
use serde::Serialize;
use unit::desk;
use utoipa::ToSchema;

/// Most stops told of a scope.
const STOPS_MAX: usize = 100;

/// Time lost in one way.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LossShare {
    /// In which way.
    pub loss: Loss,
    /// How much; below zero where pieces took less than planned [s].
    pub seconds: f64,
    /// The same as a share of planned busy time: points of OEE [1].
    pub points: f64,
}

/// Stops of one machine with one cause.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Stop {
    /// The machine.
    pub machine: String,
    /// The loss they belong to.
    pub loss: Loss,
    /// Why: the alarm or the service that went with a failure, `minor_stop`, else the state of the machine.
    pub cause: String,
    /// How many began in the window.
    pub count: f64,
    /// Planned busy time lost [s].
    pub seconds: f64,
    /// The same as points of OEE of the scope [1].
    pub points: f64,
}

/// Where the OEE of a thing went since the start of the current or last worked shift. `oee` and the points of the six losses sum to 1.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Losses {
    /// `unit`, `line` or `machine`.
    pub scope: &'static str,
    /// Name of the thing.
    pub name: String,
    /// Start of the window.
    pub from: When,
    /// End of the window.
    pub to: When,
    /// Planned busy time PBT [s].
    pub planned_busy_s: f64,
    /// OEE, with a factor that is not defined taken as 1 [1].
    pub oee: f64,
    /// Whether OEE is no more than a bound from above, as pieces or their planned time are not known.
    pub is_bound: bool,
    /// The six losses, in the order of the formula of OEE.
    pub losses: Vec<LossShare>,
    /// The stops that took longest, at most 100, the longest first.
    pub stops: Vec<Stop>,
}

impl Losses {
    /// The losses of a thing by name.
    pub fn of(plant: &Plant, scope: &'static str, name: String, losses: &desk::Losses) -> Self {
        let planned = losses.planned_busy.seconds();
        let share = |loss: &desk::Loss| {
            let seconds = losses.of_loss(*loss);
            LossShare { loss: (*loss).into(), seconds, points: losses.points(*loss) }
        };
        let stop = |stop: &desk::Stop| Stop {
            machine: machine_name(plant, stop.machine),
            loss: stop.loss.into(),
            cause: stop.cause.to_string(),
            count: stop.count,
            seconds: stop.seconds,
            points: stop.points,
        };
        Self {
            scope,
            name,
            from: When(losses.window.from),
            to: When(losses.window.to),
            planned_busy_s: planned,
            oee: losses.oee,
            is_bound: losses.is_bound,
            losses: desk::Loss::ALL.iter().map(share).collect(),
            stops: losses.stops.iter().take(STOPS_MAX).map(stop).collect(),
        }
    }
}
