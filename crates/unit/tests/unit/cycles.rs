//! The loop as a table of cycles: until when, what the mill does from then on, what the unit did until then.
//!
//! Power in readiness is learned half an hour after it was first seen, so the first decision of a night falls at 22:32.

use crate::stage::{Device, Stage};
use plant::{MachineState, Mode, Record, Role};

/// Until, what the mill turns to then, what the unit did.
type Cycle = (&'static str, Option<MachineState>, &'static [&'static str]);

fn play(stage: &mut Stage, cycles: &[Cycle]) {
    for (until, next, expected) in cycles {
        assert_eq!(stage.until(until), *expected, "until {until}");
        if let Some(state) = next {
            stage.put(*state);
        }
    }
}

const WORK_ENDS: Cycle = ("22:00", Some(MachineState::Starved), &[]);

#[test]
fn a_night_from_readings_to_outcomes() {
    let mut stage = Stage::new(Mode::Automatic);
    stage.say(Role::Infeed, "WO-1");
    play(
        &mut stage,
        &[
            WORK_ENDS,
            ("22:30", None, &["22:01 finding-1 idle_energy"]),
            (
                "23:00",
                None,
                &[
                    "22:32 decision-1 standby approved",
                    "22:32 decision-1 standby running",
                    "22:32 command-1 sent",
                    "22:32 write command-1 standby",
                    "22:33 command-1 acknowledged",
                    "22:33 finding-1 idle_energy ended",
                ],
            ),
            ("29:50", None, &[]),
            (
                "29:59",
                Some(MachineState::Producing),
                &[
                    "05:52 decision-2 wake approved",
                    "05:52 decision-2 wake running",
                    "05:52 command-2 sent",
                    "05:52 write command-2 ready",
                    "05:53 command-2 acknowledged",
                    "05:57 finding-2 idle_energy",
                    "05:57 outcome-1 of decision-1 energy_saved 13.0",
                    "05:57 decision-1 standby done",
                ],
            ),
            (
                "34:00",
                None,
                &[
                    "06:00 finding-2 idle_energy ended",
                    "07:01 outcome-2 of decision-2 down_time_avoided 4.0",
                    "07:01 decision-2 wake done",
                ],
            ),
        ],
    );
    // 22:33 to 05:57: 7.4 h ready at 2 kW, against 7.317 h at 0.2 kW and 5 min at 4 kW
    let saved = 7.4 * 2.0 - 7.317 * 0.2 - 4.0 / 12.0;
    let outcome = stage.records.values().find_map(|r| if let Record::Outcome(o) = r { Some(o) } else { None }).expect("one");
    assert!((outcome.measured.value.value - saved).abs() < 0.1 && outcome.measured.value.covers(saved), "{outcome:?}");
}

#[test]
fn a_device_that_refuses_is_left_alone_for_an_hour() {
    let mut stage = Stage::new(Mode::Automatic);
    stage.device = Device::Refuses("the key switch is on hand");
    play(
        &mut stage,
        &[
            WORK_ENDS,
            (
                "23:30",
                None,
                &[
                    "22:01 finding-1 idle_energy",
                    "22:32 decision-1 standby approved",
                    "22:32 decision-1 standby running",
                    "22:32 command-1 sent",
                    "22:32 write command-1 standby",
                    "22:33 command-1 failed: the key switch is on hand",
                    "22:33 decision-1 standby rolled_back",
                ],
            ),
        ],
    );
    stage.device = Device::Obeys;
    let again = stage.until("23:40");
    assert_eq!(again[0], "23:32 decision-2 standby approved", "{again:?}");
}

#[test]
fn a_silent_device_is_set_back() {
    let mut stage = Stage::new(Mode::Automatic);
    stage.device = Device::Silent;
    play(
        &mut stage,
        &[
            WORK_ENDS,
            (
                "23:00",
                None,
                &[
                    "22:01 finding-1 idle_energy",
                    "22:32 decision-1 standby approved",
                    "22:32 decision-1 standby running",
                    "22:32 command-1 sent",
                    "22:32 write command-1 standby",
                    "22:33 command-1 timed out",
                    "22:33 command-2 sent",
                    "22:33 write command-2 ready",
                    "22:33 decision-1 standby rolled_back",
                    "22:34 command-2 timed out",
                ],
            ),
        ],
    );
}

#[test]
fn advice_is_given_once_in_four_hours_and_nothing_is_written() {
    let mut stage = Stage::new(Mode::Advise);
    play(
        &mut stage,
        &[
            WORK_ENDS,
            ("26:30", None, &["22:01 finding-1 idle_energy", "22:32 decision-1 standby advised"]),
            ("29:00", None, &["02:32 decision-2 standby advised"]),
        ],
    );
}

#[test]
fn what_waits_lapses_when_the_mill_works_again() {
    let mut stage = Stage::new(Mode::Ask);
    play(
        &mut stage,
        &[
            WORK_ENDS,
            ("22:40", Some(MachineState::Producing), &["22:01 finding-1 idle_energy", "22:32 decision-1 standby pending"]),
            ("23:30", None, &["22:41 finding-1 idle_energy ended", "22:41 decision-1 standby lapsed lapsed_state"]),
        ],
    );
}
