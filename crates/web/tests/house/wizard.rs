//! The wizard and hand entry of the made-up house: a source with one press is always found; readings are judged by the range.

use super::{Fake, now};
use ::plant::{ChannelId, MachineId, RefusalReason, Role};
use async_trait::async_trait;
use std::sync::Arc;
use survey::{Data, Found, Known, Machine, Seen, Value, Watched, propose};
use web::connecting::{Connecting, Example, Outcome, Phase, Standing, Wish, Yes};
use web::hand::{Entered, Hand, HandReading, Report, Said, Typed, WorkKind};
use web::house::HouseError;

/// A press with three values.
fn outcome() -> Outcome {
    let value = |name: &str, unit: &str, value: Value| {
        let mut watched = Watched::default();
        watched.hear(value.clone());
        let data = if matches!(value, Value::Text(_)) { Data::Text } else { Data::Real };
        let found = Found {
            address: format!("ns=2;s=press-7.{name}"),
            path: vec!["press-7".to_owned(), name.to_owned()],
            unit: Some(unit.to_owned()).filter(|u| !u.is_empty()),
            data,
            value: Some(value),
            ..Found::default()
        };
        Seen { found, watched }
    };
    let seen = vec![
        value("state", "", Value::Text("producing".to_owned())),
        value("power", "kW", Value::Number(41.5)),
        value("strokes", "", Value::Number(1_250.0)),
    ];
    Outcome { proposal: propose(&seen, &Known::default()), seen }
}

fn standing(id: u64) -> Standing {
    Standing {
        id,
        source: "opcua".to_owned(),
        protocol: "opcua".to_owned(),
        address: "opc.tcp://10.0.0.7:4840".to_owned(),
        phase: Phase::Ready,
        visited: 12,
        waiting: Some(0),
        found: 3,
        heard: 30,
        seconds_left: 0,
        more: false,
        trouble: None,
        result: Some(Arc::new(outcome())),
    }
}

#[async_trait]
impl Connecting for Fake {
    fn examples(&self) -> Vec<Example> {
        vec![Example { protocol: "opcua", url: "opc.tcp://192.168.0.10:4840", looking: "directory" }]
    }
    async fn begin(&self, wish: Wish) -> Result<Standing, HouseError> {
        if !wish.url.starts_with("opc.tcp://") {
            return Err(HouseError::Invalid(format!("`{}`: it is not told how to speak to it", wish.url)));
        }
        Ok(Standing { phase: Phase::Looking, result: None, ..standing(1) })
    }
    fn standing(&self, id: u64) -> Result<Standing, HouseError> {
        if id == 1 { Ok(standing(1)) } else { Err(HouseError::Unknown { what: "survey", name: id.to_string() }) }
    }
    fn enough(&self, id: u64) -> Result<Standing, HouseError> {
        self.standing(id)
    }
    fn forget(&self, id: u64) -> Result<(), HouseError> {
        self.standing(id).map(drop)
    }
    async fn yes(&self, id: u64, machines: Vec<Machine>) -> Result<Yes, HouseError> {
        self.standing(id)?;
        let chosen = machines.iter().flat_map(|m| &m.channels).filter(|c| c.is_chosen);
        let bad = chosen.clone().find(|c| c.unit.as_deref() == Some("furlong"));
        if bad.is_some() {
            return Err(HouseError::Invalid("found `furlong`; allowed is a UCUM unit code".to_owned()));
        }
        let channels = chosen.count();
        Ok(Yes { file: "unit.toml".to_owned(), before: None, machines: machines.len(), channels, can_restart: true })
    }
    async fn restart(&self) -> Result<(), HouseError> {
        Ok(())
    }
}

#[async_trait]
impl Hand for Fake {
    fn work_of(&self, machine: MachineId) -> Vec<WorkKind> {
        if self.plant.machine(machine).name == "washer-1" { vec![WorkKind::Start, WorkKind::Good] } else { Vec::new() }
    }
    async fn report(&self, report: Report) -> Result<Said, HouseError> {
        if !self.work_of(report.machine).contains(&report.work.kind()) {
            return Err(HouseError::Conflict("not by hand".to_owned()));
        }
        let mut rooms = self.rooms();
        let key = format!("{}/{}", report.tablet, report.number);
        if rooms.typed.contains(&key) {
            return Ok(Said::StoredBefore);
        }
        rooms.typed.push(key);
        Ok(Said::Stored)
    }
    fn hand_channels(&self) -> Vec<ChannelId> {
        let by_hand = |c: &&::plant::Channel| c.role == Role::Power && self.plant.machine(c.machine).name == "washer-1";
        self.plant.channels.iter().filter(by_hand).map(|c| c.id).collect()
    }
    async fn entered(&self) -> Result<Vec<Entered>, HouseError> {
        let (channel, value) = ("washer-1/power".to_owned(), "7.5 kW".to_owned());
        Ok(vec![Entered { channel, at: "2026-03-02T06:00:00Z".to_owned(), value, who: "mei".to_owned(), entered: now() }])
    }
    async fn enter(&self, reading: HandReading) -> Result<Said, HouseError> {
        let mut rooms = self.rooms();
        if rooms.typed.contains(&reading.client_id) {
            return Ok(Said::StoredBefore);
        }
        let range = self.plant.channel(reading.channel).range;
        match (reading.value, range) {
            (Typed::Number(n), Some((low, high))) if !(low..=high).contains(&n) => Ok(Said::Refused {
                reason: RefusalReason::OutOfRange,
                found: n.to_string(),
                allowed: format!("{low} to {high} kW"),
            }),
            _ => {
                rooms.typed.push(reading.client_id);
                Ok(Said::Stored)
            }
        }
    }
}
