//! Explanations in words, and refusals.

use super::MANY;
use crate::configure::{
    Because, Choice, Condition, Family, FamilyParts, Group, Of, Offer, Parameter, Rule, Standing, Term, VALUE_MAX,
};
use std::ops::Not;

const STEEL: u32 = 0;
const WOOD: u32 = 1;
const STRONG: u32 = 2;
const WEAK: u32 = 3;
const DRAWER: u32 = 4;
const LAMP: u32 = 5;
const LOCK: u32 = 6;
const WIDTH: u32 = 0;

/// A desk: frame, motor, extras (a lock under the drawer), width.
pub(super) fn desk_parts() -> FamilyParts {
    let width = |least, most| Condition::between(WIDTH, least, most);
    FamilyParts {
        groups: vec![
            Group::one("frame", None),
            Group::one("motor", None),
            Group::of("extras", None, 0, 2),
            Group::of("for the drawer", Some(DRAWER), 0, 1),
        ],
        options: vec![
            Offer::usual("steel", 0),
            Offer::new("wood", 0),
            Offer::new("strong", 1),
            Offer::usual("weak", 1),
            Offer::new("drawer", 2),
            Offer::new("lamp", 2),
            Offer::new("lock", 3),
        ],
        parameters: vec![Parameter {
            name: "width".to_owned(),
            unit: "mm".to_owned(),
            low: 800,
            high: 2_000,
            step: 100,
            usual: 1_200,
            under: None,
        }],
        rules: vec![
            Rule::excludes("wood does not carry the strong motor", Condition::Chosen(WOOD), Condition::Chosen(STRONG)),
            Rule::requires("wide desks need the strong motor", width(Some(1_600), None), Condition::Chosen(STRONG)),
            Rule::requires("a drawer needs 1000 mm", Condition::Chosen(DRAWER), width(Some(1_000), None)),
        ],
    }
}

pub(super) fn desk() -> Family {
    Family::new(desk_parts()).expect("a desk can be made")
}

#[test]
fn a_contradiction_is_told_in_the_fewest_words() {
    let set = |value| Choice::Set { parameter: WIDTH, value };
    let table = [
        (
            vec![Choice::With(WOOD), Choice::With(LAMP), set(1_800)],
            "rule \"wood does not carry the strong motor\"; rule \"wide desks need the strong motor\"; choice with \"wood\"; choice width = 1800 mm",
        ),
        (vec![Choice::With(STEEL), Choice::With(WOOD)], "group \"frame\" (1 to 1); choice with \"steel\"; choice with \"wood\""),
        (
            vec![Choice::With(LOCK), Choice::Without(DRAWER)],
            "group \"for the drawer\" (0 to 1 under \"drawer\"); choice with \"lock\"; choice without \"drawer\"",
        ),
        (
            vec![Choice::With(LAMP), set(900), Choice::With(DRAWER)],
            "rule \"a drawer needs 1000 mm\"; choice width = 900 mm; choice with \"drawer\"",
        ),
        (vec![Choice::With(LAMP), Choice::Without(LAMP)], "choice with \"lamp\"; choice without \"lamp\""),
        (vec![Choice::With(STEEL), Choice::With(DRAWER), set(2_000)], ""),
    ];
    let family = desk();
    for (choices, words) in table {
        let look = family.look(&choices, MANY).expect("choices of the desk");
        assert_eq!(family.told(&look.conflict, &choices), words);
    }
}

#[test]
fn what_follows_from_a_choice_is_forced_or_ruled_out_with_its_reasons() {
    let family = desk();
    let choices = [Choice::With(WOOD), Choice::With(DRAWER)];
    let look = family.look(&choices, MANY).expect("choices of the desk");
    assert!(look.conflict.is_empty() && look.is_finished && !look.is_complete);
    assert_eq!(look.options[WOOD as usize], Standing::Said(true));
    assert_eq!(look.options[STEEL as usize], Standing::RuledOut(vec![Because::Group(0), Because::Choice(0)]));
    assert_eq!(look.options[STRONG as usize], Standing::RuledOut(vec![Because::Rule(0), Because::Choice(0)]));
    let weak = vec![Because::Group(1), Because::Rule(0), Because::Choice(0)];
    assert_eq!(look.options[WEAK as usize], Standing::Forced(weak));
    assert_eq!((look.options[LAMP as usize].clone(), look.options[LOCK as usize].clone()), (Standing::Open, Standing::Open));
    let width = &look.parameters[0];
    assert_eq!((width.low, width.high), (1_000, 1_500));
    assert_eq!(width.not_lower, [Because::Rule(2), Because::Choice(1)]);
    assert_eq!(width.not_higher, [Because::Rule(0), Because::Rule(1), Because::Choice(0)]);
}

#[test]
fn what_is_not_said_is_usual_as_far_as_that_goes() {
    let complete = |choices: &[Choice]| desk().complete(choices, MANY).expect("choices of the desk").expect("they go together");
    let usual = complete(&[]);
    assert_eq!((usual.options, usual.parameters), (vec![true, false, false, true, false, false, false], vec![1_200]));
    let wide = complete(&[Choice::Set { parameter: WIDTH, value: 1_700 }]);
    assert_eq!((wide.options, wide.parameters), (vec![true, false, true, false, false, false, false], vec![1_700]));
}

#[test]
fn refusals_name_place_found_and_allowed() {
    let with = |change: &dyn Fn(&mut FamilyParts)| {
        let mut parts = desk_parts();
        change(&mut parts);
        Family::new(parts).err().map(|e| e.to_string()).unwrap_or_default()
    };
    let rule = |condition: Condition| with(&move |p| p.rules.push(Rule::always("it is so", condition.clone())));
    let deep = (0..20).fold(Condition::Chosen(0), |c, _| c.not());
    let factor = Condition::Sum { terms: vec![Term { times: VALUE_MAX, of: Of::Parameter(0) }], least: None, most: None };
    let contradiction = Condition::All(vec![Condition::Chosen(STEEL), Condition::Chosen(WOOD)]);
    for (found, words) in [
        (with(&|p| p.options[0].group = 9), "group of option `steel`: found 9, allowed 0 to 3"),
        (with(&|p| p.options[0].name.clear()), "name of option 0, bytes: found 0, allowed 1 to 1000"),
        (with(&|p| p.groups[0].most = 3), "group `frame`, most: found 3, allowed 0 to 2"),
        (with(&|p| p.groups[2].least = 3), "group `extras`, least: found 3, allowed 0 to 2"),
        (
            with(&|p| p.groups[2].under = Some(LOCK)),
            "group `extras`, under: found an option of its own, by way of those above, allowed groups that end at the top",
        ),
        (with(&|p| p.parameters[0].usual = 1_250), "parameter `width`, usual: found 1250, allowed whole steps of 100 from 800"),
        (with(&|p| p.parameters[0].step = 0), "parameter `width`, step: found 0, allowed 1 to 2000000000"),
        (rule(Condition::Chosen(7)), "rule `it is so`, option: found 7, allowed 0 to 6"),
        (rule(Condition::between(3, None, None)), "rule `it is so`, parameter: found 3, allowed 0 to 0"),
        (rule(deep), "rule `it is so`: found deeper, allowed 16 levels"),
        (rule(factor), "rule `it is so`, factor: found 1000000000, allowed -1000000 to 1000000"),
        (
            rule(contradiction),
            "rules of the family: found group \"frame\" (1 to 1); rule \"it is so\", allowed at least one configuration that keeps them all",
        ),
    ] {
        assert_eq!(found, words);
    }
    let look = |choice| desk().look(&[choice], MANY).err().map(|e| e.to_string()).unwrap_or_default();
    let set = |value| Choice::Set { parameter: WIDTH, value };
    assert_eq!(look(Choice::With(7)), "choice 0, option: found 7, allowed 0 to 6");
    assert_eq!(look(set(1_250)), "parameter `width`: found 1250, allowed 800 to 2000 mm in steps of 100");
    assert_eq!(look(set(2_100)), "parameter `width`: found 2100, allowed 800 to 2000 mm in steps of 100");
}

#[test]
fn without_a_budget_nothing_is_claimed() {
    let look = desk().look(&[Choice::With(WOOD)], 1).expect("a choice of the desk");
    assert!(!look.is_finished && look.conflict.is_empty());
    assert!(look.options.iter().enumerate().all(|(o, s)| *s == Standing::Unknown || o == WOOD as usize));
    assert_eq!(desk().complete(&[], 1), Ok(None));
}

/// Chains of five groups that are chosen alike.
#[test]
fn a_family_of_a_thousand_options_is_looked_through() {
    let groups = 200;
    let mut parts = FamilyParts {
        groups: (0..groups).map(|g| Group::one(&format!("group {g}"), None)).collect(),
        options: (0..groups * 5).map(|o| Offer::new(&format!("option {o}"), o / 5)).collect(),
        ..FamilyParts::default()
    };
    for option in (0..groups * 5).filter(|o| o / 5 % 5 < 4) {
        let (one, other) = (Condition::Chosen(option), Condition::Chosen(option + 5));
        parts.rules.push(Rule::requires("alike", one, other));
    }
    let family = Family::new(parts).expect("it can be made");
    let look = family.look(&[Choice::With(3)], 20 * MANY).expect("a choice of the family");
    assert!(look.is_finished && !look.is_complete);
    let forced = (8..25).step_by(5).all(|o| matches!(&look.options[o], Standing::Forced(why) if why.len() == o / 5 + 1));
    assert!(forced, "{:?}", &look.options[..25]);
    assert!(look.options[25..].iter().all(|s| *s == Standing::Open));
}
