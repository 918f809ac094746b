//! The meaning of products, orders and policies.

use super::site::Site;
use super::{Judge, NameRule, named};
use crate::config::fault::Trail;
use crate::config::form::{OperationForm, OrderForm, PolicyForm, ProductForm, UnitForm};
use crate::config::text;
use measure::{Money, Span};
use plant::{DecisionKind, MachineId, Mode, Operation, Order, OrderId, Policy, Product, ProductId, UserRole};

/// Lines of instructions an operation, and characters a line.
pub(super) const LINES_MAX: usize = 50;
pub(super) const LINE_CHARS_MAX: usize = 300;

impl Judge<'_> {
    pub(super) fn products(&mut self, form: &UnitForm, site: Option<&Site>) -> Vec<Product> {
        self.names("product", &named(&form.product, |p| &p.name), NameRule::Plain);
        self.count("product", form.product.len(), usize::from(u16::MAX));
        let machines = named(&form.machine, |m| &m.name);
        let mut products = Vec::new();
        for (i, one) in form.product.iter().enumerate() {
            let trail = Trail::item("product", i);
            if one.operation.is_empty() {
                self.refuse(&trail.key("operation"), "at least one [[product.operation]]");
            }
            let value = self.value(&trail.key("value"), one, site);
            let steps = one.operation.iter().enumerate();
            let route =
                steps.filter_map(|(n, step)| self.operation(&trail.key("operation").index(n), step, one, &machines)).collect();
            products.push(Product { id: ProductId(i as u16), name: one.name.clone(), route, value });
        }
        products
    }

    fn value(&mut self, trail: &Trail, form: &ProductForm, site: Option<&Site>) -> Option<Money> {
        let money = text::money(form.value.as_ref()?);
        let currency = site?.prices.currency;
        if money.is_none_or(|m| m.currency != currency) {
            self.refuse(trail, format!("an amount in the site's currency such as `12.50 {currency}`"));
        }
        money
    }

    fn operation(&mut self, trail: &Trail, form: &OperationForm, product: &ProductForm, names: &[String]) -> Option<Operation> {
        if !NameRule::Plain.fits(&form.name) {
            self.refuse(&trail.key("name"), NameRule::Plain.allowed());
        }
        let mut machines = Vec::new();
        for (n, name) in form.machines.iter().enumerate() {
            let inner = trail.key("machines").index(n);
            let Some(place) = self.place(&inner, name, "machine", names) else { continue };
            let id = MachineId(place as u32);
            if machines.contains(&id) {
                self.refuse(&inner, "each machine once");
            }
            machines.push(id);
        }
        if form.machines.is_empty() {
            self.refuse(&trail.key("machines"), "at least one machine");
        }
        let cycle = self.span(&trail.key("cycle"), &form.cycle, Span::from_millis(1));
        let set_up = self.span_or(&trail.key("set_up"), form.set_up.as_ref(), Span::ZERO);
        let family = form.family.clone().unwrap_or_else(|| product.name.clone());
        let instructions = &form.instructions;
        if instructions.len() > LINES_MAX || instructions.iter().any(|line| line.chars().count() > LINE_CHARS_MAX) {
            self.refuse(&trail.key("instructions"), format!("at most {LINES_MAX} lines of {LINE_CHARS_MAX} characters"));
        }
        let instructions = instructions.clone();
        Some(Operation { name: form.name.clone(), machines, cycle: cycle?, set_up: set_up?, family, instructions })
    }

    pub(super) fn orders(&mut self, form: &UnitForm, site: Option<&Site>) -> Vec<Order> {
        self.names("order", &named(&form.order, |o| &o.name), NameRule::Unspaced);
        let products = named(&form.product, |p| &p.name);
        let forms = form.order.iter().enumerate();
        forms.filter_map(|(i, one)| self.order(i, one, &products, site)).collect()
    }

    fn order(&mut self, i: usize, form: &OrderForm, products: &[String], site: Option<&Site>) -> Option<Order> {
        let trail = Trail::item("order", i);
        let product = self.place(&trail.key("product"), &form.product, "product", products);
        let release = self.instant(&trail.key("release"), &form.release, site);
        let due = self.instant(&trail.key("due"), &form.due, site);
        if release.zip(due).is_some_and(|(r, d)| d <= r) {
            self.refuse(&trail.key("due"), format!("an instant after `release`, which is {}", release?));
        }
        let id = OrderId(u32::try_from(i).ok()?);
        let product = ProductId(product? as u16);
        Some(Order { id, name: form.name.clone(), product, quantity: form.quantity, release: release?, due: due? })
    }

    pub(super) fn policies(&mut self, forms: &[PolicyForm]) -> Vec<Policy> {
        let mut policies: Vec<Policy> = Vec::new();
        for (i, form) in forms.iter().enumerate() {
            let trail = Trail::item("policy", i);
            let patience = self.span_or(&trail.key("patience"), form.patience.as_ref(), Span::from_hours(1));
            let approver = form.approver.as_deref().map_or(Some(UserRole::Engineer), UserRole::from_word);
            let words = DecisionKind::from_word(&form.decision).zip(Mode::from_word(&form.mode)).zip(approver);
            let Some((((kind, mode), approver), patience)) = words.zip(patience) else { continue };
            if policies.iter().any(|p| p.kind == kind) {
                self.refuse(&trail.key("decision"), "a kind of decision that has no policy yet");
            }
            policies.push(Policy { kind, mode, approver, patience });
        }
        policies
    }
}
