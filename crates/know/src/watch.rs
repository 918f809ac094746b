//! From looks to records: one condition is one finding, told anew only when its evidence has changed materially, and told
//! once more when it ends; a forecast is replaced, under a new id, only when it has changed materially.
//!
//! Enters: looks and foresights. Leaves: records, open findings, forecasts in force. Absent: how they came about.

use crate::detect::{Detector, Look, Sign};
use crate::predict::{Foresight, Predictor};
use measure::{Instant, Span};
use plant::{Cause, Code, Finding, Forecast, ForecastKind, MachineId, Record, RecordId, RecordKind, Window};
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
    /// The open finding of a cause on a machine.
    pub fn open(&self, cause: Cause, machine: MachineId) -> Option<&Finding> {
        self.findings.iter().find(|f| f.cause == cause && f.machine == machine)
    }
    /// Takes what a detector saw; returns the record to keep, if any.
    pub fn saw(&mut self, detector: &Detector, machine: MachineId, now: Instant, look: Look, mint: Mint<'_>) -> Option<Record> {
        let place = self.findings.iter().position(|f| f.cause == detector.cause && f.machine == machine);
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
                if now - finding.at < FINDING_REST || !material(finding, &sign) {
                    return None;
                }
                *finding = Finding { since: finding.since, ..made(detector, machine, now, sign, finding.id) };
                Some(Record::Finding(finding.clone()))
            }
            (Look::Found(sign), None) => {
                let finding = made(detector, machine, now, sign, mint(RecordKind::Finding));
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
            let ours = forecast.machine == machine && forecast.from == predictor.name;
            if ours && !expected.iter().any(|f| same(forecast, slot, f)) {
                self.forecasts.remove(place);
                self.slots.remove(place);
            } else {
                place += 1;
            }
        }
        let mut records = Vec::new();
        for f in expected {
            let ours =
                |(i, o): &(usize, &Forecast)| o.machine == machine && o.from == predictor.name && same(o, self.slots[*i], &f);
            let old = self.forecasts.iter().enumerate().find(ours).map(|(i, _)| i);
            if old.is_some_and(|i| !moved(&self.forecasts[i], &f, now)) {
                continue;
            }
            let forecast = Forecast {
                id: mint(RecordKind::Forecast),
                at: now,
                from: Code::Borrowed(predictor.name),
                because: f.because,
                machine,
                order: f.order,
                kind: f.kind,
                service: f.service,
                value: f.value,
                horizon: f.horizon,
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

fn made(detector: &Detector, machine: MachineId, now: Instant, sign: Sign, id: RecordId) -> Finding {
    Finding {
        id,
        at: now,
        from: Code::Borrowed(detector.name),
        because: sign.because,
        machine,
        channel: sign.channel,
        cause: detector.cause,
        probability: sign.probability,
        evidence: sign.evidence,
        loss: sign.loss,
        since: sign.since,
        ended: None,
    }
}

/// Whether the first figure of the evidence has moved by 15 %, or the probability by 0.1.
fn material(finding: &Finding, sign: &Sign) -> bool {
    let figures = finding.evidence.first().zip(sign.evidence.first());
    let figure = figures.is_some_and(|(old, new)| (new.value.value - old.value.value).abs() > 0.15 * old.value.value.abs());
    figure || (sign.probability - finding.probability).abs() > 0.1
}

/// Whether a forecast has changed so much that it is replaced: by a tenth (a probability by 0.05 or a quarter, whichever
/// is more), or because a quarter of its horizon has passed.
fn moved(old: &Forecast, new: &Foresight, now: Instant) -> bool {
    let age = now - old.at;
    let was = old.value.value;
    let step = match new.kind {
        ForecastKind::FailureProbability => (0.25 * was).max(0.05),
        ForecastKind::RemainingLife | ForecastKind::OrderDone => (0.15 * was).max(0.5),
        ForecastKind::IdleSpan => (0.25 * was).max(5.0),
    };
    let stale = new.kind == ForecastKind::FailureProbability && age.micros() > old.horizon.micros() / 4;
    age >= FORECAST_REST && (stale || (new.value.value - was).abs() > step)
}
