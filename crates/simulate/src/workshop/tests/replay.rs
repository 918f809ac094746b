//! The same seed gives the same run, however it is cut into steps, and a clone goes on as the original.

use super::*;

#[test]
fn the_same_seed_gives_the_same_samples_and_another_does_not() {
    let run = |seed| {
        let mut stage = Stage::new(seed, 2);
        stage.reach(30.0);
        (stage.workshop.digest(), stage.told)
    };
    let (first, again, other) = (run(3), run(3), run(4));
    assert_eq!(first.0, again.0);
    assert_eq!(first.1, again.1);
    assert_ne!(first.0, other.0);
}

#[test]
fn the_length_of_the_steps_does_not_matter() {
    let (mut whole, mut cut) = (Stage::new(5, 1), Stage::new(5, 1));
    whole.reach(16.0);
    for step in 1..=(16 * 3_600 / 7) {
        cut.reach(f64::from(step) * 7.0 / 3_600.0);
    }
    cut.reach(16.0);
    assert_eq!(whole.workshop.digest(), cut.workshop.digest());
    assert_eq!(whole.told, cut.told);
}

#[test]
fn a_clone_goes_on_as_the_original() {
    let mut stage = Stage::new(8, 2);
    stage.reach(9.0);
    let mut twin = stage.clone();
    assert!(twin.workshop == stage.workshop);
    for side in [&mut stage, &mut twin] {
        side.number("mill-2", Role::SetSpeed, 110.0).expect("in range");
        side.word("lathe-1", Role::SetService, "tool").expect("a service of it");
        side.reach(31.0);
    }
    assert_eq!(stage.workshop.digest(), twin.workshop.digest());
    assert_eq!(stage.told, twin.told);
    assert!(twin.workshop == stage.workshop);
}

#[test]
fn time_does_not_run_backwards() {
    let mut stage = Stage::new(1, 1);
    stage.reach(8.0);
    let (digest, told) = (stage.workshop.digest(), stage.told.len());
    stage.reach(7.0);
    assert_eq!((stage.workshop.digest(), stage.told.len()), (digest, told));
}
