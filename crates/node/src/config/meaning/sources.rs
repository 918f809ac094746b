//! The meaning of sources: protocol, address, settings; and which of their places each channel is read from.

use super::{Judge, NameRule, named};
use crate::config::fault::Trail;
use crate::config::form::SourceForm;
use crate::config::protocol::{self, Typed};
use crate::config::{Port, Route};
use drivers::AddressError;
use measure::Span;
use plant::{Channel, ChannelId, ChannelKind, MachineId, Source, SourceId};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Where a channel is read from, and where in the file that was said.
pub struct Address {
    pub route: Route,
    pub trail: Trail,
}

impl Judge<'_> {
    pub(super) fn sources(&mut self, forms: &[SourceForm]) -> Vec<Source> {
        self.names("source", &named(forms, |f| &f.name), NameRule::Plain);
        self.count("source", forms.len(), usize::from(u16::MAX));
        for (i, form) in forms.iter().enumerate() {
            self.source(&Trail::item("source", i), form);
        }
        let source = |(f, i): (&SourceForm, u16)| Source { id: SourceId(i), name: f.name.clone(), protocol: f.protocol.clone() };
        forms.iter().zip(0..).map(source).collect()
    }

    fn source(&mut self, trail: &Trail, form: &SourceForm) {
        let speaks = |p: &str| form.protocol == p;
        let address = trail.key("address");
        let spoken = drivers::ALL.iter().find(|p| speaks(p.word));
        match (&form.address, spoken) {
            (Some(_), None) => self.refuse(&address, format!("no address for protocol `{}`", form.protocol)),
            // a file source without an address is driven by replay
            (None, Some(protocol)) if protocol.word == "file" => {}
            (None, Some(protocol)) => {
                let need = format!(
                    "the address of the source, such as `{}`, which protocol `{}` needs",
                    protocol.source_example, protocol.word
                );
                self.refuse(&address, need);
            }
            (Some(typed), Some(protocol)) => {
                if let Err(error) = (protocol.check_source)(typed) {
                    self.refuse(&address, format!("{} ({})", error.allowed, error.trouble));
                }
            }
            (None, None) => {}
        }
        for other in protocol::ALL.iter().filter(|s| (s.typed)(form) && !speaks(s.word)) {
            self.refuse(&trail.key(other.word), format!("settings for protocol `{}`, which this source speaks", form.protocol));
        }
        match (&form.user, &form.password_file) {
            (None, Some(_)) => self.refuse(&trail.key("user"), "the name that belongs to `password_file`"),
            (Some(_), _) if protocol::named(&form.protocol).is_none_or(|s| !s.signs_in) => {
                self.refuse(&trail.key("user"), format!("no name: protocol `{}` knows no sign-in", form.protocol));
            }
            _ => {}
        }
    }

    /// The sources as the drivers need them, each with the channels it brings; passwords are still in their files.
    pub(super) fn ports(
        &mut self,
        forms: &[SourceForm],
        channels: &[Channel],
        addresses: &[Address],
        (folder, zone): (&Path, &str),
    ) -> Vec<Port> {
        let mut ports = Vec::new();
        for (i, form) in forms.iter().enumerate() {
            let mine = channels.iter().zip(addresses).filter(|(_, a)| a.route.source.index() == i);
            let places: Vec<Place<'_>> = mine
                .filter_map(|(c, a)| {
                    let text = a.route.address.as_deref()?;
                    Some(Place { channel: c.id, machine: c.machine, kind: c.kind, text, trail: &a.trail })
                })
                .collect();
            let (trail, address) = (Trail::item("source", i), form.address.as_deref().unwrap_or_default());
            let typed = Typed { trail: &trail, form, address, places: &places, folder, zone };
            let Some(wire) = self.wire(&typed) else { continue };
            let password_file = form.password_file.as_ref().map(|file| folder.join(file));
            let address = form.address.clone().unwrap_or_default();
            let files = protocol::Files::of(form, folder);
            ports.push(Port { source: SourceId(i as u16), address, wire, password_file, files });
        }
        ports
    }

    fn wire(&mut self, typed: &Typed<'_>) -> Option<drivers::Config> {
        let settings = protocol::named(&typed.form.protocol)?;
        typed.form.address.as_ref()?;
        (settings.wire)(self, typed)
    }

    /// A setting of time that was typed; one that is absent leaves the usual value.
    pub(in crate::config) fn time(&mut self, trail: &Trail, typed: Option<&String>, setting: &mut Duration) {
        if let Some(span) = typed.and_then(|t| self.span(trail, t, Span::from_millis(10))) {
            *setting = Duration::from_micros(span.micros().unsigned_abs());
        }
    }

    pub(in crate::config) fn places<A: FromStr<Err = AddressError>>(&mut self, places: &[Place<'_>]) -> Vec<(ChannelId, A)> {
        let mut read = Vec::new();
        for place in places {
            match place.text.parse::<A>() {
                Ok(address) => read.push((place.channel, address)),
                Err(error) => self.refuse(place.trail, format!("{} (`{}`: {})", error.allowed, place.text, error.trouble)),
            }
        }
        read
    }
}

/// Where a source finds a channel, and where in the file that was said.
pub(in crate::config) struct Place<'p> {
    /// The channel.
    pub channel: ChannelId,
    /// Its machine.
    pub machine: MachineId,
    /// How its values follow each other.
    pub kind: ChannelKind,
    text: &'p str,
    trail: &'p Trail,
}
