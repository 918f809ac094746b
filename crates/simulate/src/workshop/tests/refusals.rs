//! What machines refuse, in their own words. A refusal changes nothing.

use super::*;

#[test]
fn the_device_says_what_is_wrong_and_what_is_allowed() {
    let mut stage = Stage::new(1, 1);
    stage.reach(10.0);
    assert_eq!(stage.state("mill-1"), MachineState::Producing);
    let word = |text: &str| CommandValue::Word(text.to_owned());
    let cases = [
        ("mill-1", Role::SetSpeed, CommandValue::Number(130.0), "`130` is not possible; allowed is 60 to 120 %"),
        ("mill-1", Role::SetSpeed, CommandValue::Number(f64::NAN), "`NaN` is not possible; allowed is 60 to 120 %"),
        ("mill-1", Role::SetSpeed, word("fast"), "`set_speed` takes a number of %"),
        ("mill-1", Role::SetState, CommandValue::Number(1.0), "`set_state` takes a word"),
        ("mill-1", Role::SetState, word("off"), "`off` is not possible; allowed is standby, ready"),
        ("mill-1", Role::SetState, word("standby"), "not while producing: standby is possible from blocked or starved"),
        ("mill-1", Role::SetService, word("leak"), "`leak` is not possible; allowed is tool, bearing"),
        ("packer-1", Role::SetService, word("tool"), "`tool` is not possible; allowed is bearing"),
        ("mill-1", Role::Power, CommandValue::Number(0.0), "`power` can only be read"),
        ("mill-1", Role::State, word("producing"), "`state` can only be read"),
    ];
    for (machine, role, value, words) in cases {
        let before = stage.workshop.digest();
        let channel = stage.channel(machine, role).id;
        let now = stage.workshop.now();
        let refused = stage.workshop.write(&stage.plant, channel, &value, now).expect_err(words);
        assert_eq!(refused.to_string(), words);
        assert_eq!(stage.workshop.digest(), before, "{words}");
    }
}

#[test]
fn an_order_that_does_not_wait_here_is_refused_with_those_that_do() {
    let mut stage = Stage::new(1, 1);
    stage.reach(10.0);
    let refused = stage.word("mill-1", Role::SetOrder, "WO-9999").expect_err("not there").to_string();
    let waiting = stage.words("mill-1", Role::Infeed).last().expect("told").1.clone();
    assert_eq!(refused, format!("`WO-9999` is not possible; allowed is {waiting}"));
}

#[test]
fn a_machine_that_is_down_takes_neither_state_nor_service_nor_speed() {
    let (mut stage, name) = broken();
    for (role, value, words) in [
        (Role::SetState, "standby", "not while down: standby is possible from blocked or starved"),
        (Role::SetState, "ready", "not while down: it has to be repaired first"),
        (Role::SetService, "tool", "not while down: somebody is working on it"),
    ] {
        assert_eq!(stage.word(&name, role, value).expect_err("down").to_string(), words);
    }
    let refused = stage.number(&name, Role::SetSpeed, 90.0).expect_err("down").to_string();
    assert_eq!(refused, "not while down: it has to be repaired first");
}

/// A cutting machine just after a breakage.
fn broken() -> (Stage, String) {
    for seed in 1..20 {
        let mut stage = Stage::new(seed, 2);
        for tenth in 60..400 {
            stage.reach(f64::from(tenth) / 10.0);
            for name in ["mill-1", "mill-2", "mill-3", "lathe-1", "lathe-2"] {
                if stage.state(name) == MachineState::Down {
                    return (stage, name.to_owned());
                }
            }
        }
    }
    panic!("no machine fails within two days in twenty seeds");
}

#[test]
fn standby_is_taken_at_night_and_taken_again() {
    let mut stage = Stage::new(1, 2);
    stage.reach(23.0);
    for _ in 0..2 {
        stage.word("inspection-1", Role::SetState, "standby").expect("idle at night");
        assert_eq!(stage.state("inspection-1"), MachineState::Standby);
    }
    stage.word("inspection-1", Role::SetState, "ready").expect("asleep");
    let refused = stage.word("inspection-1", Role::SetState, "standby").expect_err("warming up").to_string();
    assert_eq!(refused, "not while warming_up: standby is possible from blocked or starved");
}
