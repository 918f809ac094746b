//! How probable a failure is after an alarm that failures followed in the past.
//!
//! Enters: the counts of alarms and failures over machines of the kind. Leaves: probability of failure until the lead after
//! the alarm has passed, with the service that followed such failures most often. Absent: how alarms come about.

use super::{Foresight, Predictor};
use crate::detect::Sight;
use crate::detect::error_pattern::warning;
use crate::memory::errors::Errors;
use measure::Span;
use plant::{Because, Code, ForecastKind, Role};
use std::collections::BTreeMap;

/// The predictor.
pub const PREDICTOR: Predictor = Predictor { name: "alarms", cadence: Span::from_minutes(30), foresee };

fn foresee(sight: &Sight<'_>) -> Vec<Foresight> {
    let Some((alarm, share, _)) = warning(sight) else {
        return Vec::new();
    };
    let horizon = alarm.at + Errors::LEAD - sight.now;
    let because: Vec<Because> = sight.readings(Role::Alarm, alarm.at).into_iter().collect();
    let (kind, service) = (ForecastKind::FailureProbability, remedy(sight, &alarm.word));
    vec![Foresight { slot: 1, kind, order: None, service, value: share, horizon, because }]
}

/// The service that most often was the next one after this alarm, at any machine of the kind.
fn remedy(sight: &Sight<'_>, word: &str) -> Option<Code> {
    let kind = sight.memory.kinds[sight.machine.index()];
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for machine in sight.memory.machines.iter().filter(|m| sight.memory.kinds[m.id.index()] == kind) {
        for alarm in machine.alarms.iter().filter(|a| *a.word == *word) {
            let next = machine.services.iter().find(|s| s.at >= alarm.at && s.at - alarm.at <= Errors::LEAD);
            if let Some(service) = next {
                *counts.entry(&service.word).or_default() += 1;
            }
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(service, _)| Code::Owned(service.to_owned()))
}
