//! The meaning of product families: names become places, texts become amounts; what contradicts itself is told with its place.

use super::orders::{LINE_CHARS_MAX, LINES_MAX};
use super::site::Site;
use super::{Judge, NameRule, named};
use crate::config::fault::Trail;
use crate::config::form::{ChargeForm, EachForm, FamilyForm, MaterialForm, RuleForm, StepForm, UnitForm};
use crate::config::text;
use measure::Span;
use std::sync::Arc;
use unit::sales::{
    Amount, Charge, Condition, Family, FamilyParts, Group, Item, Monomial, Of, Offer, Offering, Parameter, Price, Recipe,
    RecipeParts, Rounding, Rule, Step, Told, Way,
};

/// Most families, and longest name of one: order names are made of it.
const FAMILIES_MAX: usize = 200;
const NAME_MAX: usize = 50;
/// Pieces of one order where nothing is said.
const QUANTITY_MAX: u32 = 1_000;
const CONDITION: &str = "an option, `not` and an option, or a number with a bound such as `Length >= 200` or `Length <= 80`";

/// Reads an amount; nothing where it is none.
type ReadAmount<'a> = &'a dyn Fn(&str) -> Option<i64>;

/// The names that may be spoken of in a family.
struct Names {
    options: Vec<String>,
    numbers: Vec<String>,
    groups: Vec<String>,
}

impl Names {
    fn all(&self) -> Vec<String> {
        self.options.iter().chain(&self.numbers).cloned().collect()
    }
    fn of(&self, name: &str) -> Option<Of> {
        let option = self.options.iter().position(|n| n == name).map(|n| Of::Option(n as u32));
        option.or_else(|| self.numbers.iter().position(|n| n == name).map(|n| Of::Parameter(n as u32)))
    }
}

impl Judge<'_> {
    pub(super) fn families(&mut self, form: &UnitForm, site: Option<&Site>) -> Vec<Arc<Offering>> {
        self.names("family", &named(&form.family, |f| &f.name), NameRule::Plain);
        self.count("family", form.family.len(), FAMILIES_MAX);
        let machines = named(&form.machine, |m| &m.name);
        let families = form.family.iter().enumerate();
        families.filter_map(|(i, one)| self.offering(&Trail::item("family", i), one, &machines, site)).map(Arc::new).collect()
    }

    fn offering(&mut self, trail: &Trail, form: &FamilyForm, machines: &[String], site: Option<&Site>) -> Option<Offering> {
        if form.name.chars().count() > NAME_MAX {
            self.refuse(&trail.key("name"), format!("a name of at most {NAME_MAX} characters"));
        }
        let names = self.names_of(trail, form);
        let before = self.faults.len();
        let family = self.family(trail, form, &names);
        let item = |(n, one): (usize, &MaterialForm)| self.item(&trail.key("material").index(n), one, &names);
        let items: Vec<Item> = form.material.iter().enumerate().filter_map(item).collect();
        if form.step.is_empty() {
            self.refuse(&trail.key("step"), "at least one [[family.step]]");
        }
        let step = |(n, one): (usize, &StepForm)| self.step(n, &trail.key("step").index(n), (one, &names), machines);
        let (steps, told): (Vec<Step>, Vec<Told>) = form.step.iter().enumerate().filter_map(step).unzip();
        let charge = |(n, one): (usize, &ChargeForm)| self.charge(&trail.key("charge").index(n), one, &names, site);
        let charges: Vec<Charge> = form.charge.iter().enumerate().filter_map(charge).collect();
        if self.faults.len() > before {
            return None;
        }
        let currency = site?.prices.currency;
        let parts = RecipeParts { items, steps, charges, currency, machines: machines.len(), resources: 0 };
        let recipe = Recipe::new(family?, parts).map_err(|e| self.refuse(trail, e.to_string())).ok()?;
        let offering = Offering::new(form.name.clone(), form.quantity_max.unwrap_or(QUANTITY_MAX), recipe, told);
        // what is usual must be something that can be made
        offering.configured(&[]).map_err(|e| self.refuse(trail, format!("a family whose usual choice can be made; {e}"))).ok()?;
        Some(offering)
    }

    /// Names within a family: each there once, so that conditions can speak of them.
    fn names_of(&mut self, trail: &Trail, form: &FamilyForm) -> Names {
        let mut seen: Vec<&str> = Vec::new();
        let places = form.group.iter().enumerate().flat_map(|(n, group)| {
            let place = trail.key("group").index(n);
            let options = group.options.iter().enumerate().map({
                let place = place.clone();
                move |(o, name)| (place.key("options").index(o), name)
            });
            std::iter::once((place.key("name"), &group.name)).chain(options)
        });
        let numbers = form.number.iter().enumerate().map(|(n, number)| (trail.key("number").index(n).key("name"), &number.name));
        for (place, name) in places.chain(numbers).collect::<Vec<_>>() {
            let is_plain = NameRule::Plain.fits(name) && !name.contains(['{', '}', '<', '>', '=']) && !name.starts_with("not ");
            if !is_plain {
                self.refuse(
                    &place,
                    format!("{}, without `{{`, `}}`, `<`, `>`, `=` and not beginning with `not `", NameRule::Plain.allowed()),
                );
            }
            if seen.contains(&name.as_str()) {
                self.refuse(&place, "a name that no other group, option or number of the family has");
            }
            seen.push(name);
        }
        Names {
            options: form.group.iter().flat_map(|g| g.options.iter().cloned()).collect(),
            numbers: named(&form.number, |n| &n.name),
            groups: named(&form.group, |g| &g.name),
        }
    }

    fn family(&mut self, trail: &Trail, form: &FamilyForm, names: &Names) -> Option<Family> {
        let mut parts = FamilyParts::default();
        for (n, group) in form.group.iter().enumerate() {
            let place = trail.key("group").index(n);
            let under = self.under(&place, group.under.as_ref(), names);
            let (least, most) = (group.least.unwrap_or(1), group.most.unwrap_or(1));
            parts.groups.push(Group { name: group.name.clone(), under, least, most });
            for (u, usual) in group.usual.iter().enumerate() {
                self.one_of(&place.key("usual").index(u), usual, "an option of this group", &group.options);
            }
            let offer = |name: &String| Offer { name: name.clone(), group: n as u32, is_usual: group.usual.contains(name) };
            parts.options.extend(group.options.iter().map(offer));
        }
        for (n, number) in form.number.iter().enumerate() {
            let under = self.under(&trail.key("number").index(n), number.under.as_ref(), names);
            parts.parameters.push(Parameter {
                name: number.name.clone(),
                unit: number.unit.clone(),
                low: number.low,
                high: number.high,
                step: number.step.unwrap_or(1),
                usual: number.usual.unwrap_or(number.low),
                under,
            });
        }
        for (n, rule) in form.rule.iter().enumerate() {
            parts.rules.extend(self.rule(&trail.key("rule").index(n), rule, names));
        }
        Family::new(parts).map_err(|e| self.refuse(trail, e.to_string())).ok()
    }

    fn under(&mut self, trail: &Trail, option: Option<&String>, names: &Names) -> Option<u32> {
        let name = option?;
        self.one_of(&trail.key("under"), name, "an option of the family", &names.options).map(|place| place as u32)
    }

    fn rule(&mut self, trail: &Trail, form: &RuleForm, names: &Names) -> Option<Rule> {
        if form.then.is_empty() && form.then_any.is_empty() {
            self.refuse(trail, "`then` or `then_any` with at least one condition");
        }
        let when = self.conditions(&trail.key("when"), &form.when, names)?;
        let all = self.conditions(&trail.key("then"), &form.then, names)?;
        let mut then = vec![Condition::All(all)];
        if !form.then_any.is_empty() {
            then.push(Condition::Any(self.conditions(&trail.key("then_any"), &form.then_any, names)?));
        }
        Some(Rule { text: form.text.clone(), when: Condition::All(when), then: Condition::All(then) })
    }

    fn conditions(&mut self, trail: &Trail, typed: &[String], names: &Names) -> Option<Vec<Condition>> {
        let one = |(n, text): (usize, &String)| self.condition(&trail.index(n), text, names);
        let all: Vec<Option<Condition>> = typed.iter().enumerate().map(one).collect();
        all.into_iter().collect()
    }

    fn condition(&mut self, trail: &Trail, typed: &str, names: &Names) -> Option<Condition> {
        if let Some(name) = typed.strip_prefix("not ") {
            let option = self.one_of(trail, name.trim(), "an option of the family", &names.options)?;
            return Some(!Condition::Chosen(option as u32));
        }
        let bound = [">=", "<="].into_iter().find_map(|sign| typed.split_once(sign).map(|(name, value)| (sign, name, value)));
        if let Some((sign, name, value)) = bound {
            let number = self.one_of(trail, name.trim(), "a number of the family", &names.numbers)? as u32;
            let Ok(value) = value.trim().parse::<i64>() else {
                self.refuse(trail, CONDITION);
                return None;
            };
            let (least, most) = if sign == ">=" { (Some(value), None) } else { (None, Some(value)) };
            return Some(Condition::between(number, least, most));
        }
        let option = names.options.iter().position(|n| n == typed);
        if option.is_none() {
            let mut fault = self.document.fault(trail, CONDITION);
            fault.hint = crate::config::fault::nearest(typed, &names.all());
            self.faults.push(fault);
        }
        option.map(|option| Condition::Chosen(option as u32))
    }

    /// The place of a name among some.
    fn one_of(&mut self, trail: &Trail, name: &str, what: &str, names: &[String]) -> Option<usize> {
        let place = names.iter().position(|n| n == name);
        if place.is_none() {
            self.faults.push(self.document.fault_of_name(trail, name, what, names));
        }
        place
    }

    /// An amount: a base, and more for what was chosen.
    fn amount(
        &mut self,
        trail: &Trail,
        (base, each): (i64, &[EachForm]),
        names: &Names,
        (read, allowed): (ReadAmount<'_>, &str),
    ) -> Option<Amount> {
        let mut terms = Vec::new();
        for (n, one) in each.iter().enumerate() {
            let place = trail.key("each").index(n);
            let of = names.of(&one.of);
            if of.is_none() {
                let fault =
                    self.document.fault_of_name(&place.key("of"), &one.of, "an option or a number of the family", &names.all());
                self.faults.push(fault);
            }
            let (sign, plain) = one.add.strip_prefix('-').map_or((1, one.add.as_str()), |rest| (-1, rest));
            let add = read(plain);
            if add.is_none() {
                self.refuse(&place.key("add"), allowed);
            }
            terms.push(Monomial { times: sign * add?, of: vec![of?] });
        }
        Some(Amount { base, terms, per: 1, rounding: Rounding::Exact })
    }

    fn item(&mut self, trail: &Trail, form: &MaterialForm, names: &Names) -> Option<Item> {
        let read = |text: &str| {
            let (amount, unit) = text.split_once(' ')?;
            Some((amount.parse::<i64>().ok().filter(|a| *a >= 0)?, unit.trim().to_owned()))
        };
        let Some((base, unit)) = read(&form.amount).filter(|(_, unit)| !unit.is_empty()) else {
            self.refuse(&trail.key("amount"), "a whole number and a unit, such as `350 g`");
            return None;
        };
        let allowed = format!("a whole number and the unit of the amount, such as `2 {unit}`");
        let of_unit = |text: &str| read(text).filter(|(_, own)| *own == unit).map(|(amount, _)| amount);
        let amount = self.amount(trail, (base, &form.each), names, (&of_unit, &allowed));
        let when = self.conditions(&trail.key("when"), &form.when, names);
        Some(Item { material: form.name.clone(), when: Condition::All(when?), amount: amount?, unit: unit.clone() })
    }

    fn step(
        &mut self,
        number: usize,
        trail: &Trail,
        (form, names): (&StepForm, &Names),
        machines: &[String],
    ) -> Option<(Step, Told)> {
        if !NameRule::Plain.fits(&form.name) {
            self.refuse(&trail.key("name"), NameRule::Plain.allowed());
        }
        if form.machines.is_empty() {
            self.refuse(&trail.key("machines"), "at least one machine");
        }
        let millis = |span: Span| (span.micros() % 1_000 == 0).then_some(span.micros() / 1_000);
        let allowed = "a span of whole milliseconds, such as `95 s` or `200 ms`";
        let read = |typed: &str| text::span(typed).and_then(millis);
        let base = read(&form.cycle).filter(|base| *base > 0);
        if base.is_none() {
            self.refuse(&trail.key("cycle"), allowed);
        }
        let duration = self.amount(trail, (base?, &form.each), names, (&read, allowed))?;
        let mut ways = Vec::new();
        for (n, name) in form.machines.iter().enumerate() {
            let Some(machine) = self.place(&trail.key("machines").index(n), name, "machine", machines) else { continue };
            ways.push(Way { machine: machine as u32, when: Condition::always(), duration: duration.clone(), uses: Vec::new() });
        }
        let when = self.conditions(&trail.key("when"), &form.when, names);
        let set_up = self.span_or(&trail.key("set_up"), form.set_up.as_ref(), Span::ZERO);
        let family = form.family.clone().unwrap_or_else(|| form.name.clone());
        let instructions = form.instructions.clone();
        self.filling(&trail.key("family"), &family, names);
        if instructions.len() > LINES_MAX || instructions.iter().any(|line| line.chars().count() > LINE_CHARS_MAX) {
            self.refuse(&trail.key("instructions"), format!("at most {LINES_MAX} lines of {LINE_CHARS_MAX} characters"));
        }
        for (n, line) in instructions.iter().enumerate() {
            self.filling(&trail.key("instructions").index(n), line, names);
        }
        let after = number.checked_sub(1).map(|before| before as u32).into_iter().collect();
        let step = Step { name: form.name.clone(), when: Condition::All(when?), after, ways, families: Vec::new() };
        Some((step, Told { set_up: set_up?, family, instructions }))
    }

    /// Names in braces must be those of groups or numbers.
    fn filling(&mut self, trail: &Trail, typed: &str, names: &Names) {
        let known: Vec<String> = names.groups.iter().chain(&names.numbers).cloned().collect();
        for part in typed.split('{').skip(1) {
            let name = part.split('}').next().unwrap_or_default();
            if !part.contains('}') || !known.iter().any(|k| k == name) {
                let fault = self.document.fault_of_name(trail, name, "in braces a group or a number of the family", &known);
                self.faults.push(fault);
            }
        }
    }

    fn charge(&mut self, trail: &Trail, form: &ChargeForm, names: &Names, site: Option<&Site>) -> Option<Charge> {
        let when = self.conditions(&trail.key("when"), &form.when, names);
        let currency = site?.prices.currency;
        let allowed = format!("an amount in the site's currency such as `12.50 {currency}`");
        let read = |typed: &str| text::money(typed).filter(|money| money.currency == currency).map(|money| money.minor);
        let price = match (&form.amount, form.percent) {
            (Some(amount), None) => {
                let (sign, plain) = amount.strip_prefix('-').map_or((1, amount.as_str()), |rest| (-1, rest));
                let base = read(plain);
                if base.is_none() {
                    self.refuse(&trail.key("amount"), &*allowed);
                }
                Price::Amount(self.amount(trail, (sign * base?, &form.each), names, (&read, &allowed))?)
            }
            (None, Some(percent)) if form.each.is_empty() => {
                let share = percent * 10.0;
                if (share - share.round()).abs() > 1e-9 {
                    self.refuse(&trail.key("percent"), "at most one place behind the point");
                }
                Price::PerMille(share.round() as i64)
            }
            _ => {
                self.refuse(trail, "either `amount`, with `each` if need be, or `percent`");
                return None;
            }
        };
        Some(Charge { name: form.name.clone(), when: Condition::All(when?), price })
    }
}
