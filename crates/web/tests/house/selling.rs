//! Sales of the made-up house: one family with a rule, a date four hours ahead, orders that are taken but for those due earlier.

use super::{Fake, now};
use async_trait::async_trait;
use measure::Span;
use std::sync::Arc;
use unit::sales::{
    Amount, Basis, Charge, Condition, Family, FamilyParts, Group, Offer, Offering, Price, Promised, Recipe, RecipeParts, Rule,
    Step, Told, Way,
};
use web::house::HouseError;
use web::sales::{Acceptance, Ordered, Sales, Want};

fn offering() -> Offering {
    let family = Family::new(FamilyParts {
        groups: vec![Group::one("Material", None), Group::of("Extras", None, 0, 1)],
        options: vec![Offer::usual("Steel", 0), Offer::new("Brass", 0), Offer::new("Hardened", 1)],
        rules: vec![Rule::excludes("Brass cannot be hardened", Condition::Chosen(1), Condition::Chosen(2))],
        ..FamilyParts::default()
    });
    let way = Way { machine: 0, when: Condition::always(), duration: Amount::fixed(60_000), uses: Vec::new() };
    let step =
        Step { name: "mill".to_owned(), when: Condition::always(), after: Vec::new(), ways: vec![way], families: Vec::new() };
    let charge = Charge { name: "Plate".to_owned(), when: Condition::always(), price: Price::Amount(Amount::fixed(1_250)) };
    let currency = "EUR".parse().expect("a currency");
    let parts = RecipeParts { items: Vec::new(), steps: vec![step], charges: vec![charge], currency, machines: 1, resources: 0 };
    let recipe = Recipe::new(family.expect("a family"), parts).expect("a recipe");
    let told = Told { set_up: Span::ZERO, family: "plate".to_owned(), instructions: vec!["Mill {Material}".to_owned()] };
    Offering::new("Plate".to_owned(), 100, recipe, vec![told])
}

#[async_trait]
impl Sales for Fake {
    fn offerings(&self) -> Vec<Arc<Offering>> {
        vec![Arc::new(offering())]
    }
    async fn promise(&self, want: Want) -> Result<Promised, HouseError> {
        want.offering.configured(&want.choices).map_err(|unmade| HouseError::Conflict(unmade.to_string()))?;
        let at = now();
        let [planned, likely, due] = [2, 3, 4].map(|hours| at + Span::from_hours(hours));
        let basis = Basis { operations: 12, promises: 0 };
        Ok(Promised { at, planned, due, sure: want.sure, likely, raw: due, delayed: 0, basis })
    }
    async fn accept(&self, acceptance: Acceptance) -> Result<Ordered, HouseError> {
        let promised = self.promise(acceptance.want).await?;
        if promised.due > acceptance.due {
            return Err(HouseError::Conflict(format!("now it would be {}", promised.due)));
        }
        Ok(Ordered { name: "C-0001".to_owned(), due: acceptance.due, is_repeated: acceptance.key == "sent-before" })
    }
}
