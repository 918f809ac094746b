//! The meaning of channels: those of the types are judged once, then given to each machine with its addresses.

use super::sources::Address;
use super::{Judge, NameRule, named};
use crate::config::fault::{Trail, listed};
use crate::config::form::{ChannelForm, EnvelopeForm, MachineForm, SourceForm, UnitForm};
use crate::config::{Route, roles};
use measure::{Span, Unit};
use plant::{Channel, ChannelId, ChannelKind, Envelope, MachineId, MachineState, Role, SourceId};
use std::collections::HashMap;

/// A channel before it belongs to a machine.
struct Template<'f> {
    form: &'f ChannelForm,
    trail: Trail,
    channel: Channel,
}

/// Everything that says where a machine's channels are read.
struct Origin<'f> {
    machine: &'f MachineForm,
    trail: Trail,
    source: Option<&'f str>,
    address: Option<(&'f str, Trail)>,
}

/// Where a file that is read holds a channel whose address was not typed: under its own name.
fn by_name(source: &SourceForm) -> Option<&'static str> {
    let is_read = source.protocol == "file" && source.address.is_some();
    let has_machines = source.file.as_ref().is_some_and(|f| f.machine.is_some());
    is_read.then_some(if has_machines { "{machine}/{channel}" } else { "{channel}" })
}

impl Judge<'_> {
    pub(super) fn channels(&mut self, form: &UnitForm) -> Vec<(Channel, Address)> {
        let sources = named(&form.source, |s| &s.name);
        let types = named(&form.machine_type, |t| &t.name);
        for (i, kind) in form.machine_type.iter().enumerate() {
            self.source_name(&Trail::item("machine_type", i), kind.source.as_deref(), &sources);
        }
        let of_types: Vec<Vec<Template<'_>>> = (form.machine_type.iter().enumerate())
            .map(|(i, kind)| self.templates(&Trail::item("machine_type", i), &kind.channel, &sources))
            .collect();
        let mut all = Vec::new();
        for (i, machine) in form.machine.iter().enumerate() {
            let trail = Trail::item("machine", i);
            self.source_name(&trail, machine.source.as_deref(), &sources);
            let own = self.templates(&trail, &machine.channel, &sources);
            let Some(place) = types.iter().position(|t| *t == machine.kind) else { continue };
            let kept = self.kept(&trail, machine, &of_types[place], own);
            let kind = &form.machine_type[place];
            let pattern = |typed: &'_ Option<String>, owner: Trail| typed.is_some().then(|| owner.key("address"));
            let owner = pattern(&machine.address, trail.clone()).or(pattern(&kind.address, Trail::item("machine_type", place)));
            let text = machine.address.as_deref().or(kind.address.as_deref());
            let origin =
                Origin { machine, trail, source: machine.source.as_deref().or(kind.source.as_deref()), address: text.zip(owner) };
            self.give(&origin, MachineId(i as u32), &kept, form, &mut all);
        }
        self.twice_addressed(&all, &form.machine);
        all
    }

    fn source_name(&mut self, trail: &Trail, name: Option<&str>, sources: &[String]) {
        if let Some(name) = name {
            self.place(&trail.key("source"), name, "source", sources);
        }
    }

    fn templates<'f>(&mut self, owner: &Trail, forms: &'f [ChannelForm], sources: &[String]) -> Vec<Template<'f>> {
        let mut templates: Vec<Template<'f>> = Vec::new();
        for (i, form) in forms.iter().enumerate() {
            let trail = owner.key("channel").index(i);
            self.source_name(&trail, form.source.as_deref(), sources);
            if !NameRule::Strict('_').fits(&form.name) {
                self.refuse(&trail.key("name"), NameRule::Strict('_').allowed());
            }
            if templates.iter().any(|t| t.form.name == form.name) {
                self.refuse(&trail.key("name"), "a name that no other channel here has");
            }
            let channel = self.channel(&trail, form);
            templates.extend(channel.map(|channel| Template { form, trail, channel }));
        }
        templates
    }

    /// The channels of a machine: those of its type, less those it lacks, its own in their places or at the end.
    fn kept<'t, 'f>(
        &mut self,
        trail: &Trail,
        machine: &MachineForm,
        of_type: &'t [Template<'f>],
        own: Vec<Template<'t>>,
    ) -> Vec<Template<'t>>
    where
        'f: 't,
    {
        let names: Vec<&str> = of_type.iter().map(|t| t.form.name.as_str()).collect();
        for (n, name) in machine.without.iter().enumerate() {
            if !names.contains(&name.as_str()) {
                let fault = self.document.fault_of_name(&trail.key("without").index(n), name, "a channel of the type", &names);
                self.faults.push(fault);
            }
        }
        let copy = |t: &Template<'t>| Template { form: t.form, trail: t.trail.clone(), channel: t.channel.clone() };
        let mut kept: Vec<Template<'t>> = of_type.iter().filter(|t| !machine.without.contains(&t.form.name)).map(copy).collect();
        for template in own {
            match kept.iter_mut().find(|t| t.form.name == template.form.name) {
                Some(place) => *place = template,
                None => kept.push(template),
            }
        }
        kept
    }

    fn give(
        &mut self,
        origin: &Origin<'_>,
        id: MachineId,
        kept: &[Template<'_>],
        form: &UnitForm,
        all: &mut Vec<(Channel, Address)>,
    ) {
        if kept.is_empty() {
            self.refuse(&origin.trail, "a machine with at least one channel");
        }
        let mut roles: Vec<Role> = Vec::new();
        for template in kept {
            let role = template.channel.role;
            if role != Role::Other && roles.contains(&role) {
                self.refuse(&template.trail.key("role"), format!("at most one channel of role `{}` in a machine", role.word()));
            }
            roles.push(role);
            if let Some(address) = self.address(origin, template, form) {
                let id_channel = ChannelId(all.len() as u32);
                all.push((Channel { id: id_channel, machine: id, ..template.channel.clone() }, address));
            }
        }
    }

    fn address(&mut self, origin: &Origin<'_>, template: &Template<'_>, form: &UnitForm) -> Option<Address> {
        let Some(name) = template.form.source.as_deref().or(origin.source) else {
            let whose = format!("a source for channel `{}`: at the channel, the machine or the type", template.form.name);
            self.refuse(&origin.trail.key("source"), whose);
            return None;
        };
        let place = form.source.iter().position(|s| s.name == name)?;
        let source = SourceId(place as u16);
        let wordless = matches!(form.source[place].protocol.as_str(), "file" | "hand");
        // A channel that names a source of its own does not take a pattern that was written for another.
        let same = template.form.source.as_deref().is_none_or(|s| Some(s) == origin.source);
        let own = template.form.address.as_deref().map(|a| (a, template.trail.key("address")));
        let pattern = own.or_else(|| origin.address.clone().filter(|_| same));
        let mut trail = template.trail.key("address");
        let pattern = pattern.or_else(|| Some((by_name(&form.source[place])?, trail.clone())));
        let address = match pattern {
            Some((pattern, place)) => {
                trail = place;
                Some(self.filled(&trail, pattern, origin, template)?)
            }
            None if wordless => None,
            None => {
                let need = format!("an address for channel `{}` at source `{name}`", template.form.name);
                self.refuse(&origin.trail.key("address"), need);
                return None;
            }
        };
        Some(Address { route: Route { source, address }, trail })
    }

    /// The pattern with its placeholders filled in; `{{` is a brace.
    fn filled(&mut self, trail: &Trail, pattern: &str, origin: &Origin<'_>, template: &Template<'_>) -> Option<String> {
        let machine = origin.machine;
        let mut words: Vec<(&str, &str)> = vec![
            ("machine", &machine.name),
            ("type", &machine.kind),
            ("line", machine.line.as_deref().unwrap_or_default()),
            ("channel", &template.form.name),
        ];
        words.extend(machine.with.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        let mut text = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            if let Some(left) = after.strip_prefix('{') {
                text.push_str(before);
                text.push('{');
                rest = left;
                continue;
            }
            let named = after.split_once('}').and_then(|(name, left)| Some((words.iter().find(|(k, _)| *k == name)?.1, left)));
            let Some((word, left)) = named else {
                let keys: Vec<String> = words.iter().map(|(k, _)| format!("{{{k}}}")).collect();
                self.refuse(trail, format!("an address with the placeholders {} for machine `{}`", listed(&keys), machine.name));
                return None;
            };
            text.push_str(before);
            text.push_str(word);
            rest = left;
        }
        text.push_str(rest);
        Some(text)
    }

    /// Two channels read from one place are a slip, unless one is written and the other read.
    fn twice_addressed(&mut self, all: &[(Channel, Address)], machines: &[MachineForm]) {
        let spelt = |c: &Channel| format!("`{}/{}`", machines[c.machine.index()].name, c.name);
        let mut first: HashMap<(SourceId, &str, bool), &Channel> = HashMap::new();
        for (channel, address) in all {
            let Some(text) = &address.route.address else { continue };
            let key = (address.route.source, text.as_str(), channel.writable.is_some());
            if let Some(before) = first.insert(key, channel) {
                let both = format!("{} and {}", spelt(before), spelt(channel));
                self.refuse(&address.trail, format!("an address of its own for each channel; {both} have `{text}`"));
            }
        }
    }

    fn channel(&mut self, trail: &Trail, form: &ChannelForm) -> Option<Channel> {
        let role = form.role.as_deref().map_or(Some(Role::Other), Role::from_word)?;
        let typed = form.kind.as_deref().and_then(ChannelKind::from_word);
        let demanded = role.kind();
        let kind = match (typed, demanded) {
            (Some(typed), Some(demanded)) if typed != demanded => {
                self.refuse(&trail.key("kind"), format!("kind `{}`, which role `{}` demands", demanded.word(), role.word()));
                None
            }
            (None, None) => {
                self.refuse(&trail.key("kind"), "a kind, which role `other` needs: `state`, `counter`, `gauge` or `event`");
                None
            }
            (typed, demanded) => demanded.or(typed),
        };
        let kind = kind?;
        let unit = self.unit(&trail.key("unit"), form, kind, role);
        let range = self.range(&trail.key("range"), form.range, kind);
        let states = self.states(&trail.key("states"), form, role);
        let writable = match &form.write {
            Some(write) => Some(self.envelope(&trail.key("write"), write, kind, range?)?),
            None => None,
        };
        self.writability(trail, role, writable.is_some());
        let (id, machine, name) = (ChannelId(0), MachineId(0), form.name.clone());
        Some(Channel { id, machine, name, unit: unit?, kind, role, range: range?, states: states?, writable })
    }

    fn writability(&mut self, trail: &Trail, role: Role, writable: bool) {
        if role.is_set_point() && !writable {
            self.refuse(&trail.key("write"), format!("a table of what may be written, which role `{}` needs", role.word()));
        }
        if writable && !role.is_set_point() && role != Role::Other {
            let allowed =
                format!("no `write` for role `{}`: it is measured; writable are `other` and the roles `set_…`", role.word());
            self.refuse(&trail.key("write"), allowed);
        }
    }

    fn unit(&mut self, trail: &Trail, form: &ChannelForm, kind: ChannelKind, role: Role) -> Option<Unit> {
        let Some(code) = &form.unit else {
            if kind.is_word() {
                return Some(Unit::one());
            }
            self.refuse(trail, format!("a UCUM unit, which kind `{}` needs, such as {}", kind.word(), roles::unit_example(role)));
            return None;
        };
        if kind.is_word() && code != "1" {
            self.refuse(trail, format!("no unit: values of kind `{}` are words", kind.word()));
            return None;
        }
        let unit: Unit = match code.parse() {
            Ok(unit) => unit,
            Err(_) => {
                self.refuse(trail, "a UCUM unit code such as `W`, `kW.h`, `Cel`, `bar`, `m3/h`, `mm/s`, `/min`, `%`, `1`");
                return None;
            }
        };
        if role.dimension().is_some_and(|d| d != unit.dimension()) {
            self.refuse(trail, format!("a unit fit for role `{}`, such as {}", role.word(), roles::unit_example(role)));
            return None;
        }
        Some(unit)
    }

    /// `Some(None)` where no range was typed.
    fn range(&mut self, trail: &Trail, typed: Option<[f64; 2]>, kind: ChannelKind) -> Option<Option<(f64, f64)>> {
        let Some([low, high]) = typed else { return Some(None) };
        if kind.is_word() {
            self.refuse(trail, format!("no range: values of kind `{}` are words", kind.word()));
            return None;
        }
        if low >= high {
            self.refuse(trail, "the lower number first, then the higher");
            return None;
        }
        Some(Some((low, high)))
    }

    fn states(&mut self, trail: &Trail, form: &ChannelForm, role: Role) -> Option<Vec<(String, MachineState)>> {
        if role != Role::State {
            if !form.states.is_empty() {
                self.refuse(trail, format!("no table `states` for role `{}`; only role `state` has one", role.word()));
            }
            return Some(Vec::new());
        }
        let mut states: Vec<(String, MachineState)> = Vec::new();
        for word in self.document.keys(trail) {
            if states.iter().any(|(w, _)| w.to_lowercase() == word.to_lowercase()) {
                self.refuse(&trail.key(&word), "each word once; capital and small letters are the same here");
            }
            let state = form.states.get(&word).and_then(|s| MachineState::from_word(s))?;
            states.push((word, state));
        }
        if !states.iter().any(|(_, s)| *s == MachineState::Producing) {
            self.refuse(trail, "a table of the machine's words, of which at least one means `producing`");
        }
        Some(states)
    }

    fn envelope(
        &mut self,
        trail: &Trail,
        form: &EnvelopeForm,
        kind: ChannelKind,
        channel: Option<(f64, f64)>,
    ) -> Option<Envelope> {
        let range = self.range(&trail.key("range"), form.range, kind);
        if kind.is_word() {
            if form.step_max.is_some() {
                self.refuse(&trail.key("step_max"), format!("no step: values of kind `{}` are words", kind.word()));
            }
        } else {
            self.number_limits(trail, form, range.flatten(), channel);
        }
        for (i, word) in form.words.iter().enumerate() {
            if !kind.is_word() || !(1..=64).contains(&word.chars().count()) || form.words[..i].contains(word) {
                self.refuse(&trail.key("words").index(i), "different words of 1 to 64 characters, for channels of words");
            }
        }
        let mut states: Vec<MachineState> = Vec::new();
        for (i, word) in form.states.iter().enumerate() {
            match MachineState::from_word(word) {
                Some(state) if !states.contains(&state) => states.push(state),
                _ => self.refuse(&trail.key("states").index(i), "each state once"),
            }
        }
        let rest = self.span_or(&trail.key("rest"), form.rest.as_ref(), Span::ZERO)?;
        Some(Envelope { range: range?, words: form.words.clone(), step_max: form.step_max, rest, states })
    }

    fn number_limits(&mut self, trail: &Trail, form: &EnvelopeForm, range: Option<(f64, f64)>, channel: Option<(f64, f64)>) {
        let Some((low, high)) = range else {
            if form.range.is_none() {
                self.refuse(&trail.key("range"), "the lowest and highest number that may be written, such as `[60, 120]`");
            }
            return;
        };
        if channel.is_some_and(|(l, h)| low < l || high > h) {
            let (l, h) = channel.unwrap_or((low, high));
            self.refuse(&trail.key("range"), format!("a range within that of the channel, [{l}, {h}]"));
        }
        if form.step_max.is_some_and(|s| s <= 0.0 || s > high - low) {
            self.refuse(&trail.key("step_max"), format!("a step above 0 and of at most {}, the width of the range", high - low));
        }
    }
}
