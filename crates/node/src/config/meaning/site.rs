//! The meaning of the site, its people, and the node's own settings.

use super::{Judge, NameRule, named};
use crate::config::fault::Trail;
use crate::config::form::{ClockForm, LimitsForm, LineForm, ShiftForm, SiteForm, SourceForm, StoreForm, TeamForm, WebForm};
use crate::config::{Clock, Limits, Store, Web, text, words};
use jiff::tz::TimeZone;
use measure::{Currency, Instant, Span};
use plant::{Line, LineId, Prices, Shift, Team, TeamId, Zone};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use store::StoreLimits;

/// What the rest of the file needs of the site.
pub struct Site {
    pub zone: Zone,
    pub iana: TimeZone,
    pub prices: Prices,
}

fn at(table: &str, key: &str) -> Trail {
    Trail::default().key(table).key(key)
}

impl Judge<'_> {
    pub(super) fn site(&mut self, form: &SiteForm) -> Option<Site> {
        if !NameRule::Plain.fits(&form.name) {
            self.refuse(&at("site", "name"), NameRule::Plain.allowed());
        }
        let zone = text::zone(&form.time_zone);
        if zone.is_none() {
            let names: Vec<String> = jiff::tz::db().available().map(|n| n.to_string()).collect();
            let mut fault =
                self.document.fault(&at("site", "time_zone"), "an IANA time zone such as `Asia/Shanghai` or `Europe/Berlin`");
            fault.hint = crate::config::fault::nearest(&form.time_zone, &names);
            self.faults.push(fault);
        }
        let currency: Option<Currency> = form.currency.parse().ok();
        if currency.is_none() {
            self.refuse(&at("site", "currency"), "an ISO 4217 code of three capital letters such as `CNY` or `EUR`");
        }
        let ((zone, iana), currency) = (zone?, currency?);
        let prices = Prices { currency, energy_per_kwh: form.energy_price, carbon_per_kwh: form.carbon };
        Some(Site { zone, iana, prices })
    }

    pub(super) fn lines(&mut self, forms: &[LineForm]) -> Vec<Line> {
        self.names("line", &named(forms, |f| &f.name), NameRule::Plain);
        self.count("line", forms.len(), usize::from(u16::MAX));
        forms.iter().zip(0..).map(|(f, i)| Line { id: LineId(i), name: f.name.clone() }).collect()
    }

    pub(super) fn teams(&mut self, forms: &[TeamForm]) -> Vec<Team> {
        self.names("team", &named(forms, |f| &f.name), NameRule::Plain);
        self.count("team", forms.len(), usize::from(u16::MAX));
        forms.iter().zip(0..).map(|(f, i)| Team { id: TeamId(i), name: f.name.clone(), workers: f.workers }).collect()
    }

    pub(super) fn shifts(&mut self, forms: &[ShiftForm], teams: &[TeamForm]) -> Vec<Shift> {
        self.names("shift", &named(forms, |f| &f.name), NameRule::Plain);
        let teams = named(teams, |t| &t.name);
        forms.iter().enumerate().filter_map(|(i, form)| self.shift(&Trail::item("shift", i), form, &teams)).collect()
    }

    fn shift(&mut self, trail: &Trail, form: &ShiftForm, teams: &[String]) -> Option<Shift> {
        let team = self.place(&trail.key("team"), &form.team, "team", teams);
        let mut days: Vec<u32> = Vec::new();
        for (i, day) in form.days.iter().enumerate() {
            let place = words::DAYS.iter().position(|d| d == day).map(|p| p as u32);
            match place {
                Some(place) if !days.contains(&place) => days.push(place),
                _ => self.refuse(&trail.key("days").index(i), "each day of the week once"),
            }
        }
        if form.days.is_empty() {
            self.refuse(&trail.key("days"), "at least one day of the week");
        }
        let start = text::time_of_day(&form.start);
        if start.is_none() {
            self.refuse(&trail.key("start"), "a time of day such as `06:00`");
        }
        let length = self.span(&trail.key("length"), &form.length, Span::from_minutes(1));
        if length.is_some_and(|l| l > Span::from_hours(24)) {
            self.refuse(&trail.key("length"), "a span of 24 h at most");
        }
        let team = TeamId(u16::try_from(team?).ok()?);
        Some(Shift { name: form.name.clone(), team, days, start: start?, length: length? })
    }

    pub(super) fn clock(&mut self, form: Option<&ClockForm>, site: Option<&Site>) -> Option<Clock> {
        let Some(form) = form else { return Some(Clock { speed: 1.0, origin: None }) };
        let origin = match &form.origin {
            None => None,
            Some(typed) => Some(self.instant(&at("clock", "origin"), typed, site)?),
        };
        Some(Clock { speed: form.speed.unwrap_or(1.0), origin })
    }

    /// An instant that was typed.
    pub(super) fn instant(&mut self, trail: &Trail, typed: &str, site: Option<&Site>) -> Option<Instant> {
        let instant = text::instant(typed, &site?.iana);
        if instant.is_none() {
            self.refuse(trail, text::INSTANT_ALLOWED);
        }
        instant
    }

    pub(super) fn web(&mut self, form: Option<&WebForm>, folder: &Path) -> Option<Web> {
        let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        let Some(form) = form else { return Some(Web { listen: usual, tls: None, flight_sql: None }) };
        let listen =
            self.socket("listen", form.listen.as_deref(), "an address and a port such as `127.0.0.1:8080` or `[::1]:8080`");
        let flight = self.socket("flight_sql", form.flight_sql.as_deref(), "an address and a port such as `127.0.0.1:8815`");
        let tls = match (&form.tls_certificate, &form.tls_key) {
            (Some(certificate), Some(key)) => {
                Some(web::TlsPaths { certificate: folder.join(certificate), key: folder.join(key) })
            }
            (None, None) => None,
            (Some(_), None) => {
                self.refuse(&at("web", "tls_key"), "the key file that belongs to `tls_certificate`");
                None
            }
            (None, Some(_)) => {
                self.refuse(&at("web", "tls_certificate"), "the certificate file that belongs to `tls_key`");
                None
            }
        };
        for (key, address) in [("listen", listen), ("flight_sql", flight)] {
            if tls.is_none() && address.flatten().is_some_and(|a| !a.ip().is_loopback()) {
                self.refuse(&at("web", key), "a loopback address, or any address together with `tls_certificate` and `tls_key`");
            }
        }
        let listen = listen?.unwrap_or(usual);
        let flight_sql = flight?;
        if listen.port() != 0 && flight_sql == Some(listen) {
            self.refuse(&at("web", "flight_sql"), "another address or port than `listen`");
        }
        Some(Web { listen, tls, flight_sql })
    }

    /// An address and port of `[web]`: `Some(None)` where it is absent, `None` where it is none.
    fn socket(&mut self, key: &str, typed: Option<&str>, allowed: &str) -> Option<Option<SocketAddr>> {
        let read = typed.map(str::parse).transpose().ok();
        if read.is_none() {
            self.refuse(&at("web", key), allowed);
        }
        read
    }

    pub(super) fn store(&mut self, form: Option<&StoreForm>, sources: &[SourceForm], folder: &Path) -> Option<Store> {
        let dir = form.and_then(|f| f.dir.as_deref()).unwrap_or("data");
        if dir.trim().is_empty() {
            self.refuse(&at("store", "dir"), "the path of a folder");
        }
        let mut limits = StoreLimits::default();
        if let Some(form) = form {
            let bytes = |mib: u32| u64::from(mib) << 20;
            limits.journal_segment_bytes = form.journal_segment_mib.map_or(limits.journal_segment_bytes, bytes);
            limits.journal_bytes_max = form.journal_mib_max.map_or(limits.journal_bytes_max, bytes);
            limits.memory_bytes = form.memory_mib_max.map_or(limits.memory_bytes, bytes);
            limits.history_days = form.history_days.unwrap_or(limits.history_days);
            limits.history_bytes_max = form.history_mib_max.map_or(limits.history_bytes_max, bytes);
            limits.minutes_after_days = form.minutes_after_days.unwrap_or(limits.minutes_after_days);
        }
        if limits.journal_segment_bytes > limits.journal_bytes_max {
            self.refuse(&at("store", "journal_segment_mib"), "at most the size of the whole journal, `journal_mib_max`");
        }
        // a body and what it unpacks to must fit into what is kept for bodies
        let body_mib = sources.iter().filter_map(|source| source.http.as_ref()?.body_mib_max).max().unwrap_or(0);
        if limits.memory_bytes >> 20 < 8 * u64::from(body_mib) {
            let allowed = format!("{} or more, eight times the largest `body_mib_max`", 8 * body_mib);
            self.refuse(&at("store", "memory_mib_max"), allowed);
        }
        if limits.journal_segment_bytes > limits.memory_bytes / 16 {
            let allowed = "at most a sixteenth of `memory_mib_max`: a segment is in memory while it is written";
            self.refuse(&at("store", "journal_segment_mib"), allowed);
        }
        let every = self.span_or(&at("store", "seal_every"), form.and_then(|f| f.seal_every.as_ref()), Span::from_minutes(5))?;
        let seal_behind =
            self.span_or(&at("store", "seal_behind"), form.and_then(|f| f.seal_behind.as_ref()), Span::from_minutes(10))?;
        let seal_every = Duration::from_micros(every.max(Span::from_seconds(1)).micros().unsigned_abs());
        Some(Store { dir: folder.join(dir), limits, seal_every, seal_behind })
    }

    pub(super) fn limits(&mut self, form: Option<&LimitsForm>) -> Option<Limits> {
        let usual = collect::Limits::default();
        let ahead = self.span_or(&at("limits", "ahead_max"), form.and_then(|f| f.ahead_max.as_ref()), usual.ahead_max);
        let late = self.span_or(&at("limits", "late_max"), form.and_then(|f| f.late_max.as_ref()), usual.late_max);
        let skew = self.span_or(&at("limits", "skew_max"), form.and_then(|f| f.skew_max.as_ref()), usual.skew_max);
        Some(Limits { door: collect::Limits { ahead_max: ahead?, late_max: late?, skew_max: skew? } })
    }
}
