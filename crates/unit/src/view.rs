//! How the view at the desk is made from the rooms.

use crate::Unit;
use crate::desk::{Kpis, Losses, Scope, Score, View};
use crate::outlook::lessons::Pupil;
use know::memory::HORIZON;
use measure::{Instant, Span};
use plant::{OrderId, RecordKind, ShiftSpan, TeamId, Window};
use std::sync::Arc;

type ByScope<T> = Vec<(Scope, T)>;

/// How far back timelines and energy accounts reach.
const DAY: Span = Span::from_days(1);
/// Worked shifts shown.
const SHIFTS_MAX: usize = 6;

impl Unit {
    /// What can be seen at `now`.
    pub fn view(&mut self, now: Instant) -> View {
        let image = self.collector.freeze(now);
        let machines = || self.plant.machines.iter().map(|m| m.id);
        let day = Window { from: now - DAY, to: now };
        let (kpis, losses) = self.scopes(now);
        View {
            at: now,
            plant: self.plant.clone(),
            accounting: self.collector.accounting().clone(),
            timings: self.collector.timings(now),
            watermarks: self.collector.watermarks(now),
            refused: self.memory.refused(),
            kpis,
            losses,
            shifts: self.shifts(now),
            timelines: machines().map(|m| self.knowledge.timeline(m, day)).collect(),
            energy: machines().map(|m| self.knowledge.energy(&self.plant, m, day)).collect(),
            energy_use: machines().map(|m| self.knowledge.energy_use(m, day)).collect(),
            profiles: self.knowledge.profiles().to_vec(),
            baselines: Arc::clone(self.knowledge.standings()),
            unused: Arc::clone(&self.unused),
            findings: self.memory.findings(),
            forecasts: self.knowledge.forecasts().to_vec(),
            fared: self.fared(),
            decisions: self.memory.decisions(),
            commands: self.memory.commands(),
            outcomes: self.memory.outcomes().iter().rev().cloned().collect(),
            revisions: self.memory.revisions(),
            reworking: self.reviser.open(),
            beyond: self.knowledge.beyond(),
            gains: self.memory.gains(),
            cases: Arc::clone(self.knowledge.cases()),
            counts: RecordKind::ALL.map(|kind| self.memory.count(kind)),
            image,
        }
    }

    fn fared(&self) -> Vec<(Pupil, Score)> {
        let fared = self.knowledge.fared(&self.plant).into_iter();
        fared.map(|(kind, topic, score)| (Pupil { kind, topic }, score)).collect()
    }

    /// KPIs of one scope in a window.
    pub fn kpis(&self, scope: Scope, window: Window) -> Kpis {
        self.knowledge.kpis(&self.plant, scope, window)
    }

    /// KPIs of each scope, and the losses of those that have planned time of their own.
    fn scopes(&self, now: Instant) -> (ByScope<Kpis>, ByScope<Losses>) {
        let plant = &self.plant;
        let shift =
            self.worked(now).first().map_or(Window { from: now - DAY, to: now }, |s| Window { from: s.from, to: s.to.min(now) });
        let day = Window { from: now - DAY, to: now };
        let mut scopes = vec![(Scope::Unit, shift)];
        scopes.extend(plant.lines.iter().map(|l| (Scope::Line(l.id), shift)));
        scopes.extend(plant.machines.iter().map(|m| (Scope::Machine(m.id), shift)));
        scopes.extend((0..plant.teams.len()).map(|t| (Scope::Team(TeamId(t as u16)), day)));
        for (place, progress) in self.collector.orders().iter().enumerate() {
            if let Some(started) = progress.started {
                scopes
                    .push((Scope::Order(OrderId(place as u32)), Window { from: started, to: progress.finished.unwrap_or(now) }));
            }
        }
        let (mut kpis, mut losses) = (Vec::with_capacity(scopes.len()), Vec::new());
        for (scope, window) in scopes {
            let of_scope = match scope {
                Scope::Unit | Scope::Line(_) | Scope::Machine(_) => self.knowledge.kpis_and_losses(plant, scope, window),
                Scope::Order(_) | Scope::Team(_) => (self.kpis(scope, window), None),
            };
            kpis.push((scope, of_scope.0));
            losses.extend(of_scope.1.map(|of| (scope, of)));
        }
        (kpis, losses)
    }

    fn shifts(&self, now: Instant) -> Vec<(ShiftSpan, Kpis)> {
        let kpis = |span: ShiftSpan| (span, self.kpis(Scope::Unit, Window { from: span.from, to: span.to.min(now) }));
        self.worked(now).into_iter().take(SHIFTS_MAX).map(kpis).collect()
    }

    /// The shifts that have begun, newest first.
    fn worked(&self, now: Instant) -> Vec<ShiftSpan> {
        let mut spans = self.plant.calendar.spans(now - HORIZON, now);
        spans.reverse();
        spans
    }
}
