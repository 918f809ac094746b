//! From configurations to material, route and price.

use super::MANY;
use super::table::desk;
use crate::configure::{
    Amount, Charge, Choice, Condition, Configuration, Item, Made, Monomial, Of, Price, Recipe, RecipeParts, Rounding, Step, Way,
};
use crate::search::Search;
use crate::search::model::{Job, Machine, Model, Parts, Use};

fn way(machine: u32, when: Condition, duration: Amount) -> Way {
    Way { machine, when, duration, uses: Vec::new() }
}

fn step(name: &str, when: Condition, after: &[u32], ways: Vec<Way>) -> Step {
    Step { name: name.to_owned(), when, after: after.to_vec(), ways, families: Vec::new() }
}

fn charge(name: &str, when: Condition, price: Price) -> Charge {
    Charge { name: name.to_owned(), when, price }
}

fn desk_recipe() -> RecipeParts {
    let (width, wood) = (Of::Parameter(0), Condition::Chosen(1));
    let board = Amount { base: 0, terms: vec![Monomial { times: 700, of: vec![width] }], per: 1_000_000, rounding: Rounding::Up };
    let mut paint =
        step("paint", wood.clone(), &[0], vec![way(1, Condition::always(), Amount::each(20, 1, width).per(100, Rounding::Up))]);
    paint.families = vec![(Condition::Chosen(4), 2), (Condition::always(), 1)];
    paint.ways[0].uses = vec![(0, Amount::fixed(2)), (1, Amount::fixed(0))];
    RecipeParts {
        items: vec![
            Item { material: "board".to_owned(), unit: "m2".to_owned(), when: Condition::always(), amount: board },
            Item {
                material: "lamp".to_owned(),
                unit: "1".to_owned(),
                when: Condition::always(),
                amount: Amount::each(0, 1, Of::Option(5)),
            },
        ],
        steps: vec![
            step(
                "saw",
                Condition::always(),
                &[],
                vec![way(0, Condition::always(), Amount::fixed(10)), way(2, wood.clone(), Amount::fixed(7))],
            ),
            paint,
            step("assemble", Condition::always(), &[1], vec![way(2, Condition::always(), Amount::each(30, 15, Of::Option(4)))]),
        ],
        charges: vec![
            charge("desk", Condition::always(), Price::Amount(Amount::each(10_000, 5, width))),
            charge("wood", wood, Price::Amount(Amount::fixed(2_505))),
            charge("of the trade", Condition::Chosen(1), Price::PerMille(-30)),
        ],
        currency: "EUR".parse().expect("a currency"),
        machines: 3,
        resources: 2,
    }
}

fn made(choices: &[Choice]) -> Made {
    let family = desk();
    let of = family.complete(choices, MANY).expect("choices of the desk").expect("they go together");
    Recipe::new(family, desk_recipe()).expect("a recipe of the desk").make(&of).expect("a desk")
}

#[test]
fn material_route_and_price_follow_from_the_choice() {
    let plain = made(&[]);
    assert_eq!(plain.materials.iter().map(|m| (m.item, m.amount)).collect::<Vec<_>>(), [(0, 1)]);
    assert_eq!((plain.route.steps.clone(), plain.route.precedences.clone()), (vec![0, 2], vec![(0, 1)]));
    assert_eq!(plain.price.to_string(), "160.00 EUR");
    let rich = made(&[Choice::With(1), Choice::With(4), Choice::With(5), Choice::Set { parameter: 0, value: 1_500 }]);
    assert_eq!(rich.materials.iter().map(|m| (m.item, m.amount)).collect::<Vec<_>>(), [(0, 2), (1, 1)]);
    assert_eq!(rich.route.precedences, [(0, 1), (1, 2)]);
    let durations = |o: usize| rich.route.operations[o].modes.iter().map(|m| (m.machine, m.duration)).collect::<Vec<_>>();
    assert_eq!([durations(0), durations(1), durations(2)], [vec![(0, 10), (2, 7)], vec![(1, 16)], vec![(2, 45)]]);
    assert_eq!((rich.route.ways[0].clone(), rich.route.families.clone()), (vec![0, 1], vec![0, 2, 0]));
    assert_eq!(rich.route.uses, [Use { operation: 1, mode: 0, resource: 0, amount: 2 }]);
    // 100.00 + 75.00 + 25.05, less 3 % of it: 6.0015, a half up would be 6.01
    assert_eq!(rich.lines.iter().map(|l| l.minor).collect::<Vec<_>>(), [17_500, 2_505, -600]);
    assert_eq!(rich.price.to_string(), "194.05 EUR");
}

#[test]
fn the_route_is_a_job_of_the_scheduler() {
    let route = made(&[Choice::With(1)]).route;
    let parts = Parts {
        machines: vec![Machine::default(); 3],
        jobs: vec![Job::default()],
        operations: route.operations,
        precedences: route.precedences,
        makespan: 1,
        ..Parts::default()
    };
    let model = Model::new(parts).expect("a model");
    let mut search = Search::new(&model, 1);
    search.step(1_000);
    assert_eq!(search.best().expect("the check accepts it").certificate.makespan(), 7 + 13 + 30);
}

#[test]
fn nothing_is_rounded_in_silence() {
    let amount = |rounding, base| {
        let parts = RecipeParts {
            charges: vec![charge("it", Condition::always(), Price::Amount(Amount::fixed(base).per(4, rounding)))],
            ..desk_recipe()
        };
        let recipe = Recipe::new(desk(), parts).expect("a recipe");
        let of = recipe.family().complete(&[], MANY).expect("no choices").expect("a desk");
        recipe.make(&of).map(|m| m.price.minor).map_err(|e| e.to_string())
    };
    for (base, down, nearest, up) in [(8, 2, 2, 2), (9, 2, 2, 3), (10, 2, 3, 3), (11, 2, 3, 3)] {
        let found = [Rounding::Down, Rounding::Nearest, Rounding::Up].map(|r| amount(r, base));
        assert_eq!(found, [Ok(down), Ok(nearest), Ok(up)]);
    }
    assert_eq!(amount(Rounding::Exact, 8), Ok(2));
    let words = "charge `it`: found 9 / 4, allowed a whole number, or a rounding that is told";
    assert_eq!(amount(Rounding::Exact, 9), Err(words.to_owned()));
    assert_eq!(amount(Rounding::Nearest, -10), Err("price: found -3, allowed 0 to 9223372036854775807".to_owned()));
}

#[test]
fn refusals_name_place_found_and_allowed() {
    let with = |change: &dyn Fn(&mut RecipeParts)| {
        let mut parts = desk_recipe();
        change(&mut parts);
        Recipe::new(desk(), parts).err().map(|e| e.to_string()).unwrap_or_default()
    };
    for (found, words) in [
        (with(&|p| p.steps[0].ways[0].machine = 3), "way 0 of step `saw`, machine: found 3, allowed 0 to 2"),
        (with(&|p| p.steps[1].ways[0].uses[0].0 = 2), "way 0 of step `paint`, resource: found 2, allowed 0 to 1"),
        (with(&|p| p.steps[1].after = vec![1]), "step `paint`, after: found 1, allowed 0 to 0"),
        (with(&|p| p.steps[0].after = vec![0]), "step `saw`, after: found 0, allowed none: there is none"),
        (with(&|p| p.steps[0].ways.clear()), "step `saw`, number of ways: found 0, allowed 1 to 20000"),
        (with(&|p| p.items[0].amount.per = 0), "material `board`, divisor: found 0, allowed 1 to 1000000000000000000"),
        (
            with(&|p| p.charges[2].price = Price::PerMille(-1_001)),
            "charge `of the trade`, per mille: found -1001, allowed -1000 to 1000000",
        ),
        (with(&|p| p.items[1].when = Condition::Chosen(99)), "material `lamp`, option: found 99, allowed 0 to 6"),
    ] {
        assert_eq!(found, words);
    }
    let recipe = |change: &dyn Fn(&mut RecipeParts)| {
        let mut parts = desk_recipe();
        change(&mut parts);
        Recipe::new(desk(), parts).expect("a recipe")
    };
    let plain = desk().complete(&[], MANY).expect("no choices").expect("a desk");
    let error = |recipe: &Recipe, of: &Configuration| recipe.make(of).err().map(|e| e.to_string()).unwrap_or_default();
    let impossible = recipe(&|p| p.steps[0].ways = vec![way(0, Condition::Chosen(1), Amount::fixed(1))]);
    assert_eq!(error(&impossible, &plain), "ways of step `saw`: found none that is possible, allowed at least one");
    let negative = recipe(&|p| p.steps[0].ways[0].duration = Amount::fixed(-1));
    assert_eq!(error(&negative, &plain), "duration of way 0 of step `saw`: found -1, allowed 0 to 1073741824");
    let both = Configuration { options: vec![true, true, false, true, false, false, false], parameters: vec![1_200] };
    let words = "configuration: found one that breaks group \"frame\" (1 to 1), allowed one that keeps all rules of the family";
    assert_eq!(error(&recipe(&|_| {}), &both), words);
    let short = Configuration { options: vec![true], parameters: vec![1_200] };
    assert_eq!(error(&recipe(&|_| {}), &short), "number of options: found 1, allowed 7 to 7");
    let cube = Monomial { times: 1_000_000_000, of: vec![Of::Parameter(0); 3] };
    let cubes = Amount { base: 0, terms: vec![cube; 6], per: 1, rounding: Rounding::Exact };
    let large = recipe(&move |p| p.charges[0].price = Price::Amount(cubes.clone()));
    let words = "charge `desk`: found 10368000000000000000, allowed -9223372036854775807 to 9223372036854775807";
    assert_eq!(error(&large, &plain), words);
}
