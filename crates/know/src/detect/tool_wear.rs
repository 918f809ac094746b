//! A tool is worn: the drive has to push harder for the same cut.
//!
//! ```text
//! operating hours since tool change   0.5   6     12    18    22    24
//! load [%], product A                 54    56    59    64    66    68
//! relative load                       1.00  1.04  1.10  1.18  1.23  1.26
//!                                                        finding ^  relative_load 1.23 (normal 1.00)
//! serviced `tool`                                                       ^ ended
//! ```
//!
//! Needs: drive load while producing; service events; state, product and speed where there are (see `memory::wear` for what
//! the load is compared with). Cutting force grows by 20 to 50 % over a tool's life (Choudhury and Kishore, Int. J. Mach.
//! Tools Manuf. 40, 2000; Byrne et al., CIRP Annals 44(2), 1995): the finding opens at 20 % and ends when the tool is
//! changed, or below 12 %.

use super::{Detector, Look, Sight, Sign, evidence};
use measure::statistics::Moments;
use measure::{Estimate, Span};
use plant::{Because, Cause, Role};

/// The detector.
pub const DETECTOR: Detector =
    Detector { name: "tool_wear", cause: Cause::ToolWear, cadence: Span::from_minutes(10), on_change: false, look };

/// Relative load at which a tool counts as worn [1].
const WORN: f64 = 1.20;
/// Below this an open finding ends [1].
const END: f64 = 1.12;
/// Operating time over which the newest relative load is taken [h].
const NEWEST_H: f64 = 1.0;

fn look(sight: &Sight<'_>) -> Look {
    let machine = sight.memory_of();
    if let (Some(open), Some(changed)) = (sight.open, machine.wear.changed())
        && changed > open.since
    {
        return Look::Normal;
    }
    let (Some(first), Some(last)) = (machine.wear.first(), machine.wear.last()) else {
        return Look::Unsure;
    };
    let newest: Moments = machine.wear.relative(&sight.memory.levels, last.operated_h - NEWEST_H).iter().map(|p| p.1).collect();
    if newest.count() < 3 {
        return Look::Unsure;
    }
    // A level that was not learned from fresh tools may be off by some percent.
    let off = if machine.wear.is_sure(&sight.memory.levels) { 0.02 } else { 0.06 };
    let reach = 1.645 * (newest.variance() / newest.count() as f64 + off * off).sqrt();
    let relative = Estimate::between(newest.mean() - reach, newest.mean(), newest.mean() + reach);
    let holds = if sight.open.is_some() { relative.value > END } else { relative.value > WORN && relative.low > 1.05 };
    if !holds {
        return Look::Normal;
    }
    let because: Vec<Because> = [Role::Load, Role::State].into_iter().filter_map(|r| sight.readings(r, first.from)).collect();
    let cut_h = last.operated_h - first.operated_h;
    Look::Found(Sign {
        since: sight.open.map_or(last.from, |f| f.since),
        channel: sight.channel(Role::Load),
        probability: measure::statistics::normal_probability((relative.value - 1.0) / (reach / 1.645).max(0.01) / 2.0)
            .clamp(0.5, 0.97),
        evidence: vec![
            evidence("relative_load", relative, "1", Some(1.0)),
            evidence("cut_since_change", Estimate::exact(cut_h), "h", None),
        ],
        loss: None,
        because,
    })
}
