//! From looks to records: one condition is one finding, told anew only when its evidence has changed materially, and told
//! once more when it ends; a forecast is replaced, under a new id, only when it has changed materially.
//!
//! Enters: looks and foresights. Leaves: records, open findings, forecasts in force. Absent: how they came about.

use crate::detect::{Detector, Look, Names, Sign};
use crate::predict::{Foresight, Predictor};
use measure::{Instant, Span};
use plant::{Cause, Code, Finding, Forecast, ForecastKind, MachineId, Record, RecordId, RecordKind, Suspect, Window};
use std::collections::VecDeque;

/// Gives ids to new records.
pub type Mint<'a> = &'a mut dyn FnMut(RecordKind) -> RecordId;

/// A loss of energy that lay in a window.
#[derive(Clone, Copy, Debug)]
struct Loss {
    machine: MachineId,
    cause: Cause,
    window: Window,
    watts: f64,
}

/// The findings that are open and the forecasts in force.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    findings: Vec<Finding>,
    forecasts: Vec<Forecast>,
    slots: Vec<u8>,
    losses: VecDeque<Loss>,
}

/// Open findings are told anew at most this often.
const FINDING_REST: Span = Span::from_minutes(30);
/// Forecasts are replaced at most this often.
const FORECAST_REST: Span = Span::from_minutes(20);
/// Losses of ended findings kept.
const LOSSES_MAX: usize = 1_024;

impl Watch {
    /// Open findings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
    /// Forecasts in force.
    pub fn forecasts(&self) -> &[Forecast] {
        &self.forecasts
    }
    /// The open finding of a detector on a machine.
    pub fn open(&self, detector: &Detector, machine: MachineId) -> Option<&Finding> {
        self.findings.iter().find(|f| f.from == detector.name && f.machine == machine)
    }
    /// A person looked at a finding: where it is open it carries that on.
    pub fn confirm(&mut self, finding: &Finding) {
        let open = self.findings.iter_mut().find(|f| f.id == finding.id);
        open.into_iter().for_each(|f| f.confirmation.clone_from(&finding.confirmation));
    }
    /// Takes what a detector saw and the causes that were weighed; returns the record to keep, if any. What another open finding of the
    /// machine tells already, with the same likeliest cause, is not told twice.
    pub fn saw(
        &mut self,
        detector: &Detector,
        machine: MachineId,
        now: Instant,
        (look, causes): (Look, Vec<Suspect>),
        mint: Mint<'_>,
    ) -> Option<Record> {
        let place = self.findings.iter().position(|f| f.from == detector.name && f.machine == machine);
        match (look, place) {
            (Look::Unsure, _) | (Look::Normal, None) => None,
            (Look::Normal, Some(place)) => {
                let mut finding = self.findings.remove(place);
                finding.ended = Some(now);
                finding.at = now;
                self.lose(&finding);
                Some(Record::Finding(finding))
            }
            (Look::Found(sign), Some(place)) => {
                let finding = &mut self.findings[place];
                let first = |causes: &[Suspect]| causes.first().map(|suspect| suspect.cause);
                let changed = material(finding, &sign) || first(&causes) != first(&finding.causes);
                if now - finding.at < FINDING_REST || !changed {
                    return None;
                }
                let confirmation = finding.confirmation.take();
                let newer = made(detector, machine, now, (sign, causes), finding.id);
                *finding = Finding { since: finding.since, confirmation, ..newer };
                Some(Record::Finding(finding.clone()))
            }
            (Look::Found(sign), None) => {
                let cause = cause_of(detector, &causes);
                let is_weighed = |f: &&Finding| !f.causes.is_empty() && f.machine == machine;
                if detector.names() == Names::Likely && self.findings.iter().filter(is_weighed).any(|f| f.cause == cause) {
                    return None;
                }
                let finding = made(detector, machine, now, (sign, causes), mint(RecordKind::Finding));
                self.findings.push(finding.clone());
                Some(Record::Finding(finding))
            }
        }
    }
    fn lose(&mut self, finding: &Finding) {
        let watts = finding.loss.as_ref().filter(|l| l.unit == "W").map(|l| l.value.value);
        let (Some(watts), Some(ended)) = (watts, finding.ended) else {
            return;
        };
        if finding.cause == Cause::IdleEnergy {
            return; // accounted from the log itself
        }
        if self.losses.len() >= LOSSES_MAX {
            self.losses.pop_front();
        }
        let window = Window { from: finding.since, to: ended };
        self.losses.push_back(Loss { machine: finding.machine, cause: finding.cause, window, watts });
    }
    /// Energy lost at a machine in a window by cause, but for idle energy [kW.h].
    pub fn lost(&self, machine: MachineId, window: Window) -> Vec<(Cause, f64)> {
        let open = self.findings.iter().filter(|f| f.cause != Cause::IdleEnergy).filter_map(|f| {
            let watts = f.loss.as_ref().filter(|l| l.unit == "W")?.value.value;
            Some(Loss { machine: f.machine, cause: f.cause, window: Window { from: f.since, to: window.to }, watts })
        });
        let mut sums: Vec<(Cause, f64)> = Vec::new();
        for loss in self.losses.iter().copied().chain(open).filter(|l| l.machine == machine) {
            let hours = (loss.window.to.min(window.to) - loss.window.from.max(window.from)).hours().max(0.0);
            match sums.iter_mut().find(|(cause, _)| *cause == loss.cause) {
                Some(sum) => sum.1 += loss.watts * hours / 1_000.0,
                None => sums.push((loss.cause, loss.watts * hours / 1_000.0)),
            }
        }
        sums
    }
    /// Energy lost in leaks at a machine in a window [kW.h].
    pub fn leaked(&self, machine: MachineId, window: Window) -> f64 {
        self.lost(machine, window).iter().filter(|(cause, _)| *cause == Cause::AirLeak).map(|(_, kwh)| kwh).sum()
    }
    /// Takes what a predictor expects of a machine; returns the records to keep.
    pub fn expects(
        &mut self,
        predictor: &Predictor,
        machine: MachineId,
        now: Instant,
        expected: Vec<Foresight>,
        mint: Mint<'_>,
    ) -> Vec<Record> {
        let same = |forecast: &Forecast, slot: u8, f: &Foresight| {
            (forecast.order, forecast.kind, slot) == (f.order, f.kind, f.slot) && forecast.service == f.service
        };
        let mut place = 0;
        while place < self.forecasts.len() {
            let (forecast, slot) = (&self.forecasts[place], self.slots[place]);
            let ours = forecast.machine == Some(machine) && forecast.from == predictor.name;
            if ours && !expected.iter().any(|f| same(forecast, slot, f)) {
                self.forecasts.remove(place);
                self.slots.remove(place);
            } else {
                place += 1;
            }
        }
        let mut records = Vec::new();
        for f in expected {
            let ours = |(i, o): &(usize, &Forecast)| {
                o.machine == Some(machine) && o.from == predictor.name && same(o, self.slots[*i], &f)
            };
            let old = self.forecasts.iter().enumerate().find(ours).map(|(i, _)| i);
            if old.is_some_and(|i| !moved(&self.forecasts[i], &f, now)) {
                continue;
            }
            let forecast = Forecast {
                id: mint(RecordKind::Forecast),
                at: now,
                from: Code::Borrowed(predictor.name),
                because: f.because,
                machine: Some(machine),
                order: f.order,
                product: None,
                kind: f.kind,
                service: f.service,
                value: f.value,
                horizon: f.horizon,
                course: None,
            };
            records.push(Record::Forecast(forecast.clone()));
            match old {
                Some(i) => self.forecasts[i] = forecast,
                None => {
                    self.forecasts.push(forecast);
                    self.slots.push(f.slot);
                }
            }
        }
        records
    }
}

/// The cause that a finding names.
fn cause_of(detector: &Detector, causes: &[Suspect]) -> Cause {
    let first = causes.first().filter(|_| detector.names() == Names::Likely);
    first.map_or(detector.cause, |suspect| suspect.cause)
}

fn made(detector: &Detector, machine: MachineId, now: Instant, (sign, causes): (Sign, Vec<Suspect>), id: RecordId) -> Finding {
    let cause = cause_of(detector, &causes);
    // The detector's word for its own cause is calibrated; for another one there is that of the weighing.
    let weighed = causes.first().filter(|_| cause != detector.cause).map(|suspect| suspect.probability);
    Finding {
        id,
        at: now,
        from: Code::Borrowed(detector.name),
        because: sign.because,
        machine,
        channel: sign.channel,
        cause,
        probability: weighed.unwrap_or(sign.probability),
        evidence: sign.evidence,
        loss: sign.loss,
        since: sign.since,
        ended: None,
        causes,
        confirmation: None,
    }
}

/// Whether the first figure of the evidence has moved by 15 %, or the probability by 0.1, or there is evidence of another name than before:
/// that a machine has kept to its new ways is told although nothing moves.
fn material(finding: &Finding, sign: &Sign) -> bool {
    let figures = finding.evidence.first().zip(sign.evidence.first());
    let figure = figures.is_some_and(|(old, new)| (new.value.value - old.value.value).abs() > 0.15 * old.value.value.abs());
    let is_there = |name: &str| finding.evidence.iter().any(|e| e.name == name);
    figure || (sign.probability - finding.probability).abs() > 0.1 || !sign.evidence.iter().all(|e| is_there(&e.name))
}

/// Whether a forecast has changed so much that it is replaced: by a tenth (a probability by 0.05 or a quarter, whichever
/// is more), or because a quarter of its horizon has passed. The instant at which an order is done is compared, not the
/// hours until then, which pass by themselves.
fn moved(old: &Forecast, new: &Foresight, now: Instant) -> bool {
    let age = now - old.at;
    let passed = if new.kind == ForecastKind::OrderDone { age.hours() } else { 0.0 };
    let was = old.value.value - passed;
    let step = match new.kind {
        ForecastKind::FailureProbability => (0.25 * was).max(0.05),
        ForecastKind::RemainingLife => (0.15 * was).max(0.5),
        ForecastKind::OrderDone => (0.25 * was).max(1.0),
        ForecastKind::IdleSpan => (0.25 * was).max(5.0),
        ForecastKind::ScrapShare => (0.25 * was).max(0.02),
        // told of the unit, once for its time, not here
        ForecastKind::Demand | ForecastKind::EnergyUse | ForecastKind::Generation => f64::INFINITY,
    };
    let stale = new.kind == ForecastKind::FailureProbability && age.micros() > old.horizon.micros() / 4;
    age >= FORECAST_REST && (stale || (new.value.value - was).abs() > step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{ALL, evidence};
    use measure::Estimate;

    const MACHINE: MachineId = MachineId(3);

    fn minute(minutes: i64) -> Instant {
        Instant::from_seconds(minutes * 60)
    }
    fn sign(value: f64) -> Look {
        let proof = vec![evidence("leak_flow", Estimate::exact(value), "m3/h", None)];
        let loss = Some(evidence("leak_power", Estimate::exact(1_000.0), "W", None));
        Look::Found(Sign { since: minute(0), channel: None, probability: 0.8, evidence: proof, loss, because: Vec::new() })
    }
    fn detector() -> &'static Detector {
        ALL.iter().find(|d| d.cause == Cause::AirLeak).expect("the detector of leaks")
    }

    #[test]
    fn one_condition_is_one_finding_told_anew_when_it_has_changed() {
        let (mut watch, mut number) = (Watch::default(), 0);
        let mut say = |minutes: i64, look: Look| {
            let record = watch.saw(detector(), MACHINE, minute(minutes), (look, Vec::new()), &mut |kind| {
                number += 1;
                RecordId { kind, number }
            });
            let told = record.map(|r| if let Record::Finding(f) = r { (f.id.number, f.ended.is_some()) } else { (0, false) });
            (told, watch.findings().len())
        };
        let table = [
            (0, sign(10.0), Some((1, false)), 1),
            (5, sign(20.0), None, 1),
            (40, sign(10.5), None, 1),
            (41, sign(12.0), Some((1, false)), 1),
            (50, Look::Unsure, None, 1),
            (60, Look::Normal, Some((1, true)), 0),
            (61, Look::Normal, None, 0),
            (62, sign(10.0), Some((2, false)), 1),
        ];
        for (at, look, told, open) in table {
            assert_eq!(say(at, look), (told, open), "minute {at}");
        }
    }

    #[test]
    fn losses_are_summed_over_the_window_they_lay_in() {
        let mut watch = Watch::default();
        let mut mint = |kind| RecordId { kind, number: 1 };
        watch.saw(detector(), MACHINE, minute(60), (sign(10.0), Vec::new()), &mut mint);
        watch.saw(detector(), MACHINE, minute(180), (Look::Normal, Vec::new()), &mut mint);
        let lost = |from, to| watch.lost(MACHINE, Window { from: minute(from), to: minute(to) });
        assert_eq!(lost(0, 600), [(Cause::AirLeak, 3.0)]);
        assert_eq!(lost(120, 600), [(Cause::AirLeak, 1.0)]);
        assert!(watch.lost(MachineId(0), Window { from: minute(0), to: minute(600) }).is_empty());
    }

    #[test]
    fn a_forecast_is_replaced_under_a_new_id_only_when_it_moved() {
        let (mut watch, mut number) = (Watch::default(), 0);
        let predictor = &crate::predict::ALL[0];
        let mut say = |minutes: i64, kind: ForecastKind, value: f64| {
            let (estimate, horizon) = (Estimate::exact(value), Span::from_hours(8));
            let f = Foresight { slot: 0, kind, order: None, service: None, value: estimate, horizon, because: Vec::new() };
            let mut mint = |kind| {
                number += 1;
                RecordId { kind, number }
            };
            (watch.expects(predictor, MACHINE, minute(minutes), vec![f], &mut mint).len(), watch.forecasts().len())
        };
        use ForecastKind::{FailureProbability as P, OrderDone as D};
        let table = [
            (0, P, 0.10, 1),
            (10, P, 0.60, 0), // too soon
            (30, P, 0.12, 0), // too little
            (31, P, 0.30, 1),
            (32 + 120, P, 0.30, 1), // a quarter of the horizon has passed
            (200, D, 5.0, 1),
            (260, D, 4.0, 0), // the same instant
            (261, D, 6.0, 1),
        ];
        for (at, kind, value, told) in table {
            assert_eq!(say(at, kind, value), (told, 1), "minute {at}");
        }
        watch.expects(predictor, MACHINE, minute(300), Vec::new(), &mut |kind| RecordId { kind, number: 0 });
        assert!(watch.forecasts().is_empty() && watch.slots.is_empty());
    }
}
