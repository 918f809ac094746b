//! The meaning of machines: type, line, where their pieces go, warm-up and services.

use super::{Judge, NameRule, named};
use crate::config::fault::Trail;
use crate::config::form::{LoadForm, MachineForm, UnitForm};
use measure::Span;
use plant::{LineId, Load, Machine, MachineId};
use std::collections::BTreeMap;

/// Most machines of one unit.
const MACHINES_MAX: usize = 1_000_000;

/// Most lots of one load.
const LOTS_MAX: u32 = 10_000;

/// What a type states of its machines: warm-up, services with their lengths, lots worked on together.
type Times = (Option<Span>, Vec<(String, Span)>, Option<Load>);

impl Judge<'_> {
    pub(super) fn machines(&mut self, form: &UnitForm) -> Vec<Machine> {
        self.names("machine_type", &named(&form.machine_type, |t| &t.name), NameRule::Strict('_'));
        self.names("machine", &named(&form.machine, |m| &m.name), NameRule::Strict('-'));
        self.count("machine", form.machine.len(), MACHINES_MAX);
        let types: Vec<_> = (0..form.machine_type.len()).map(|i| self.type_times(form, i)).collect();
        let machines = named(&form.machine, |m| &m.name);
        let mut made = Vec::new();
        for (i, one) in form.machine.iter().enumerate() {
            made.extend(self.machine(form, i, one, &machines, &types));
        }
        if form.machine.is_empty() {
            self.refuse(&Trail::default().key("machine"), "at least one [[machine]]");
        }
        made
    }

    fn type_times(&mut self, form: &UnitForm, i: usize) -> Times {
        let (kind, trail) = (&form.machine_type[i], Trail::item("machine_type", i));
        let warm_up = self.span_or(&trail.key("warm_up"), kind.warm_up.as_ref(), Span::ZERO);
        let load = kind.load.as_ref().and_then(|load| self.load(&trail.key("load"), load));
        (warm_up, self.services(&trail.key("services"), &kind.services), load)
    }

    fn load(&mut self, trail: &Trail, form: &LoadForm) -> Option<Load> {
        if !(1..=LOTS_MAX).contains(&form.lots) {
            self.refuse(&trail.key("lots"), format!("1 to {LOTS_MAX} lots"));
        }
        let length = self.span(&trail.key("length"), &form.length, Span::from_seconds(1))?;
        Some(Load { lots: form.lots, length })
    }

    fn services(&mut self, trail: &Trail, typed: &BTreeMap<String, String>) -> Vec<(String, Span)> {
        let mut services = Vec::new();
        for word in self.document.keys(trail) {
            let inner = trail.key(&word);
            if !NameRule::Strict('_').fits(&word) {
                self.refuse(&inner, NameRule::Strict('_').allowed());
            }
            let length = typed.get(&word).and_then(|t| self.span(&inner, t, Span::from_seconds(1)));
            services.extend(length.map(|l| (word, l)));
        }
        services
    }

    fn machine(&mut self, form: &UnitForm, i: usize, one: &MachineForm, machines: &[String], types: &[Times]) -> Option<Machine> {
        let trail = Trail::item("machine", i);
        let kind = self.place(&trail.key("type"), &one.kind, "machine_type", &named(&form.machine_type, |t| &t.name));
        let lines = named(&form.line, |l| &l.name);
        let line = one.line.as_ref().and_then(|name| self.place(&trail.key("line"), name, "line", &lines));
        let feeds = self.feeds(&trail.key("feeds"), i, one, machines);
        let own_warm_up = one.warm_up.as_ref().map(|typed| self.span(&trail.key("warm_up"), typed, Span::ZERO));
        let own_services = one.services.as_ref().map(|typed| self.services(&trail.key("services"), typed));
        let usual = types.get(kind?)?;
        let warm_up = own_warm_up.unwrap_or(usual.0);
        let services = own_services.unwrap_or_else(|| usual.1.clone());
        let line = line.map(|place| LineId(place as u16));
        let id = MachineId(u32::try_from(i).ok()?);
        Some(Machine {
            id,
            name: one.name.clone(),
            kind: one.kind.clone(),
            line,
            feeds,
            warm_up: warm_up?,
            services,
            load: usual.2,
        })
    }

    fn feeds(&mut self, trail: &Trail, i: usize, one: &MachineForm, machines: &[String]) -> Vec<MachineId> {
        let mut feeds = Vec::new();
        for (n, name) in one.feeds.iter().enumerate() {
            let inner = trail.index(n);
            let Some(place) = self.place(&inner, name, "machine", machines) else { continue };
            let id = MachineId(place as u32);
            if place == i || feeds.contains(&id) {
                self.refuse(&inner, "another machine, each once");
            }
            feeds.push(id);
        }
        feeds
    }
}
