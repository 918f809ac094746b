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
use measure::statistics::{Moments, quantile};
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
    let points: Vec<f64> = machine.wear.relative(&sight.memory.levels, last.operated_h - NEWEST_H).iter().map(|p| p.1).collect();
    let newest: Moments = points.iter().copied().collect();
    let Some(middle) = quantile(&points, 0.5).filter(|_| newest.count() >= 3) else {
        return Look::Unsure;
    };
    // A level that was not learned from fresh tools may be off by some percent.
    let off = if machine.wear.is_sure(&sight.memory.levels) { 0.02 } else { 0.06 };
    let reach = 1.645 * (newest.variance() / newest.count() as f64 + off * off).sqrt();
    let relative = Estimate::between(newest.mean() - reach, newest.mean(), newest.mean() + reach);
    let holds =
        if sight.open.is_some() { relative.value > END } else { middle.min(relative.value) > WORN && relative.low > 1.05 };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{START, Scene, findings, hold};
    use measure::Chance;
    use plant::MachineId;

    const ROLES: &[(Role, &str)] =
        &[(Role::State, "1"), (Role::Order, "1"), (Role::Load, "%"), (Role::Speed, "%"), (Role::Serviced, "1")];

    /// Four days of producing from 6 to 22 h; the force on the tool grows to `1 + growth` over 28 h and the tool is changed
    /// after `life` hours of cutting; load follows the speed too, which falls to 90 % every third hour.
    fn four_days(growth: f64, life: f64) -> Scene {
        let mut scene = Scene::new(&[("mill", "milling", &[], ROLES)]).expect("a plant");
        let mut chance = Chance::seeded(2);
        let mut cut_h = 0.0;
        scene.word(0, Role::State, 0, "starved");
        scene.word(0, Role::Order, 0, "o1");
        for day in 0..4 {
            scene.word(0, Role::Serviced, day, "lubrication");
            scene.word(0, Role::State, day * 86_400 + 6 * 3_600, "producing");
            for minute in 360..1_320 {
                let s = day * 86_400 + minute * 60;
                if cut_h == 0.0 {
                    scene.word(0, Role::Serviced, s, "tool");
                }
                let speed: f64 = if minute / 60 % 3 == 0 { 0.9 } else { 1.0 };
                scene.number(0, Role::Speed, s, 100.0 * speed);
                let force = 1.0 + growth * (cut_h / 28.0_f64).powf(1.5);
                scene.number(0, Role::Load, s + 1, 54.0 * speed.powf(0.8) * force * (1.0 + 0.03 * chance.normal()));
                cut_h = if cut_h + 1.0 / 60.0 >= life { 0.0 } else { cut_h + 1.0 / 60.0 };
            }
            scene.word(0, Role::State, day * 86_400 + 22 * 3_600, "starved");
        }
        scene
    }

    #[test]
    fn a_blunt_tool_is_found_before_its_end_and_ends_with_the_change() {
        let scene = four_days(0.42, 28.0);
        hold(&scene, Cause::ToolWear, MachineId(0)).expect("the suite");
        let records = scene.play().1;
        let found = findings(&records, Cause::ToolWear);
        assert_eq!(found.len(), 2, "two tools wore out in 64 h of cutting");
        // Worn by a fifth at 28 · (0.2 / 0.42)^(2/3) = 17.1 h of cutting: 16 h on Monday, 1.1 h on Tuesday.
        let at = (found[0].at - START).hours();
        assert!((30.5..34.0).contains(&at), "{at}");
        let relative = &found[0].evidence[0];
        assert!(relative.value.covers(1.21) && relative.normal == Some(1.0), "{relative:?}");
        let ended =
            records.iter().filter(|r| matches!(r, plant::Record::Finding(f) if f.cause == Cause::ToolWear && f.ended.is_some()));
        assert_eq!(ended.count(), 2);
    }

    #[test]
    fn tools_changed_in_time_raise_no_alarm() {
        assert!(findings(&four_days(0.42, 12.0).play().1, Cause::ToolWear).is_empty());
    }
}
