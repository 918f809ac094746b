//! Looking around at a broker: the metrics of the edge nodes that speak while it is listened to. Enters: a [`Config`] and an [`Ask`].
//! Leaves: pages of metrics. Absent: STATE (who looks around is no host application), writing.
//!
//! An edge node that speaks without a birth is asked for one, once. What was born is told in the order of the addresses; a cursor is the
//! last address told, so that a later browse, which listens anew, goes on after it.

use super::config::{Address, Config};
use super::source::at_once;
use super::wire::{Decoder, Message, Read, filters, is_protocol, read, rebirth};
use crate::browse::{Ask, BrowseError, Budget, PAGE_MAX, Page, Pages, Trouble};
use collect::{Place, RawValue};
use measure::Instant;
use plant::SourceId;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{ConnectReturnCode, Packet, Publish, SubscribeFilter};
use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, IncomingPacketSizeLimit, MqttOptions, PublishOptions};
use srad_types::payload::DataType;
use std::collections::{BTreeMap, HashMap, HashSet};
use survey::{Data, Found, Value};
use tokio::time::{Instant as Moment, sleep_until, timeout};

/// Largest packet read.
const PACKET_MAX: u32 = 16 << 20;
/// Most values remembered; of further metrics none is told.
const VALUES_MAX: usize = 100_000;

/// What was heard so far.
struct Ear {
    decoder: Decoder,
    values: HashMap<String, RawValue>,
    asked: HashSet<(String, String)>,
    payload_max: usize,
}

/// Listens to all groups of a broker and tells the metrics born.
///
/// # Errors
/// Nobody answers, or the broker refuses; the cursor is none.
pub async fn browse(config: Config, ask: Ask, pages: Pages) -> Result<(), BrowseError> {
    let budget = ask.budget();
    let after: Option<Address> = match &ask.from {
        None => None,
        Some(cursor) => Some(cursor.parse().map_err(|e: crate::AddressError| BrowseError::new(Trouble::Cursor, e.to_string()))?),
    };
    let silent = Config { channels: Vec::new(), ..config.clone() };
    let mut ear = Ear {
        decoder: Decoder::new(SourceId(0), &silent),
        values: HashMap::new(),
        asked: HashSet::new(),
        payload_max: config.payload_max,
    };
    let until = (Moment::now() + ask.listen).min(budget.end());
    let (client, mut events) = connect(&config).await?;
    loop {
        tokio::select! {
            () = sleep_until(until) => break,
            () = pages.closed() => return Ok(()),
            event = events.poll() => match event {
                Ok(Event::Incoming(Packet::Publish(publish))) => ear.hear(&client, &publish),
                Ok(_) => {}
                Err(error) => return Err(trouble(&config, &error)),
            },
        }
    }
    drop((client, events));
    tell(&ear, after.as_ref(), (&budget, &pages)).await;
    Ok(())
}

/// Connects and subscribes to the edge nodes of all groups.
async fn connect(config: &Config) -> Result<(AsyncClient, EventLoop), BrowseError> {
    let mut options =
        MqttOptions::new(format!("{}-browse-{}", config.host_id, std::process::id()), (config.host.clone(), config.port));
    options.set_network_options(at_once()).set_keep_alive(15).set_clean_start(true).set_session_expiry_interval(Some(0));
    options.set_incoming_packet_size_limit(IncomingPacketSizeLimit::Bytes(PACKET_MAX));
    if let Some(c) = &config.credentials {
        options.set_credentials(c.name.clone(), c.password.clone());
    }
    let refused = |error: String| BrowseError::new(Trouble::Refused, format!("{}:{}: {error}", config.host, config.port));
    let (client, mut events) = AsyncClient::builder(options).capacity(1_024).try_build().map_err(|e| refused(e.to_string()))?;
    let wanted = filters("+").map(|filter| SubscribeFilter::new(filter, QoS::AtMostOnce));
    client.subscribe_many(wanted).await.map_err(|e| refused(e.to_string()))?;
    let accepted = async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::SubAck(_))) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(trouble(config, &error)),
            }
        }
    };
    match timeout(config.timeout, accepted).await {
        Ok(answered) => answered.map(|()| (client, events)),
        Err(_) => {
            let said = format!("{}:{} did not answer within {:?}", config.host, config.port, config.timeout);
            Err(BrowseError::new(Trouble::Unreachable, said))
        }
    }
}

fn trouble(config: &Config, error: &ConnectionError) -> BrowseError {
    use ConnectReturnCode::{BadUserNamePassword, NotAuthorized};
    let kind = match error {
        ConnectionError::ConnectionRefused(BadUserNamePassword | NotAuthorized) => Trouble::LoginNeeded,
        ConnectionError::ConnectionRefused(_) => Trouble::Refused,
        ConnectionError::Io(_) => Trouble::Unreachable,
        _ => Trouble::WrongProtocol,
    };
    BrowseError::new(kind, format!("{}:{}: {error}", config.host, config.port))
}

impl Ear {
    fn hear(&mut self, client: &AsyncClient, publish: &Publish) {
        let message = Message { topic: String::from_utf8_lossy(&publish.topic).into_owned(), payload: publish.payload.to_vec() };
        // source times play no part here
        let now = Instant::EPOCH;
        let Read::Message(incoming) = read(&message, self.payload_max, (SourceId(0), now)) else { return };
        let delivery = self.decoder.take(&incoming, now);
        for reading in delivery.readings {
            if let Place::Unknown(place) = reading.place
                && (self.values.len() < VALUES_MAX || self.values.contains_key(&place))
            {
                self.values.insert(place, reading.value);
            }
        }
        for node in self.decoder.take_notes().rebirths {
            if self.asked.insert(node.clone()) {
                let command = rebirth(&node, now);
                // a full queue loses the wish: the node is then told by a later browse
                let _ = client.try_publish(command.topic, command.payload, PublishOptions::new(QoS::AtMostOnce));
            }
        }
    }
}

async fn tell(ear: &Ear, after: Option<&Address>, (budget, pages): (&Budget, &Pages)) {
    let metrics = ear.decoder.metrics().filter(|(address, ..)| !is_protocol(&address.metric));
    let known: BTreeMap<Address, (Option<u32>, Option<&str>)> = metrics.map(|(a, kind, unit)| (a, (kind, unit))).collect();
    let rest: Vec<_> = known.iter().filter(|(address, _)| after.is_none_or(|last| *address > last)).collect();
    let mut page = Page::default();
    let mut told = 0;
    for (address, (kind, unit)) in &rest {
        if !budget.allows(told, told) {
            break;
        }
        told += 1;
        page.found.push(found(address, (*kind, *unit), ear.values.get(&address.to_string())));
        if page.found.len() == PAGE_MAX {
            finish(&mut page, told, rest.len());
            if !pages.tell(std::mem::take(&mut page)).await {
                return;
            }
        }
    }
    finish(&mut page, told, rest.len());
    if page.found.is_empty() && told < rest.len() {
        // a budget of nothing: where it stands is where it began
        page.cursor = after.map(ToString::to_string);
    } else if told < rest.len() {
        page.cursor = rest.get(told.saturating_sub(1)).map(|(address, _)| address.to_string());
    }
    pages.tell(page).await;
}

fn finish(page: &mut Page, told: usize, all: usize) {
    page.visited = told;
    page.waiting = Some(all - told);
    page.cursor = page.found.last().filter(|_| told < all).map(|found| found.address.clone());
}

/// A metric in the words of the survey.
fn found(address: &Address, (kind, unit): (Option<u32>, Option<&str>), value: Option<&RawValue>) -> Found {
    let kind = kind.and_then(|code| DataType::try_from(code).ok());
    let owner = address.device.as_ref().into_iter();
    let above: Vec<String> = [&address.group, &address.node].into_iter().chain(owner).cloned().collect();
    let names = address.metric.split('/').filter(|name| !name.is_empty()).map(str::to_owned);
    Found {
        address: address.to_string(),
        device: Some(above.len()),
        path: above.into_iter().chain(names).collect(),
        unit: unit.map(str::to_owned),
        data: data(kind),
        type_name: kind.map(|kind| kind.as_str_name().to_owned()),
        value: value.map(|value| match value {
            RawValue::Number(number) => Value::Number(*number),
            RawValue::Flag(flag) => Value::Flag(*flag),
            RawValue::Text(text) => Value::Text(text.clone()),
        }),
        ..Found::default()
    }
}

const fn data(kind: Option<DataType>) -> Data {
    match kind {
        Some(DataType::Float | DataType::Double) => Data::Real,
        Some(
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64,
        ) => Data::Whole,
        Some(DataType::Boolean) => Data::Flag,
        Some(DataType::String | DataType::Text | DataType::Uuid) => Data::Text,
        _ => Data::Unknown,
    }
}
