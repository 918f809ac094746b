//! Looking around at a broker: the topics that speak while it is listened to, and what stands in them. Enters: a [`Config`], an
//! [`Ask`]. Leaves: pages of values, one a topic or one a leaf of its JSON. Absent: topics that are silent, encryption of the look.
//!
//! All topics are listened to (`#`), retained ones come at once. What was heard is told in the order of the addresses; a cursor is the
//! last address told, so that a later browse, which listens anew, goes on after it.

use super::config::{Config, Place};
use super::path::{Path, Step};
use crate::browse::{Ask, BrowseError, PAGE_MAX, Page, Pages, Trouble};
use crate::sparkplug::at_once;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{ConnectReturnCode, Packet, Publish};
use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, IncomingPacketSizeLimit, MqttOptions};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::time::Duration;
use survey::{Data, Found, Value};
use tokio::time::{Instant as Moment, sleep_until, timeout};

/// Largest packet read.
const PACKET_MAX: u32 = 1 << 20;
/// Leaves told of one document, levels gone down, elements of one array.
const LEAVES_MAX: usize = 256;
const DEPTH_MAX: usize = 8;
const ELEMENTS_MAX: usize = 16;
/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(1);

/// Listens to all topics of a broker.
///
/// # Errors
/// Nobody answers, or the broker refuses; our own broker, which tells nothing before devices connect.
pub async fn browse(config: Config, ask: Ask, pages: Pages) -> Result<(), BrowseError> {
    let Place::Broker(host, port) = &config.place else {
        return Err(BrowseError::new(Trouble::NotOffered, "the unit's own broker has nothing before devices connect to it"));
    };
    if config.secure {
        let said = format!("{host}:{port}: looking around through TLS is not offered; name the topics in a list");
        return Err(BrowseError::new(Trouble::NotOffered, said));
    }
    let place = format!("{host}:{port}");
    let budget = ask.budget();
    let until = (Moment::now() + ask.listen).min(budget.end());
    let (client, mut events) = connect(&config, (host, *port)).await?;
    let mut heard: BTreeMap<String, Found> = BTreeMap::new();
    let (mut messages, mut progress) = (0, Moment::now() + PROGRESS);
    loop {
        tokio::select! {
            () = sleep_until(until) => break,
            () = pages.closed() => return Ok(()),
            () = sleep_until(progress) => {
                let page = Page { visited: messages, cursor: Some(ask.from.clone().unwrap_or_default()), ..Page::default() };
                if !pages.tell(page).await {
                    return Ok(());
                }
                progress = Moment::now() + PROGRESS;
            }
            event = events.poll() => match event {
                Ok(Event::Incoming(Packet::Publish(publish))) => {
                    messages += 1;
                    hear(&publish, &mut heard, ask.found_max);
                }
                Ok(_) => {}
                Err(error) => return Err(trouble(&place, &error)),
            },
        }
    }
    drop((client, events));
    let after = ask.from.unwrap_or_default();
    let mut rest: Vec<Found> = heard.into_iter().filter(|(address, _)| *address > after).map(|(_, found)| found).collect();
    let mut told = 0;
    loop {
        let size = rest.len().min(PAGE_MAX).min(ask.visits_max.min(ask.found_max).saturating_sub(told));
        let later = rest.split_off(size);
        told += size;
        let is_last = later.is_empty();
        let cursor = (!is_last).then(|| rest.last().map_or_else(|| after.clone(), |f| f.address.clone()));
        let page = Page { found: rest, visited: messages.max(told), waiting: Some(later.len()), cursor };
        if !pages.tell(page).await || is_last || told >= ask.visits_max.min(ask.found_max) {
            return Ok(());
        }
        rest = later;
    }
}

async fn connect(config: &Config, (host, port): (&str, u16)) -> Result<(AsyncClient, EventLoop), BrowseError> {
    let place = format!("{host}:{port}");
    let mut options = MqttOptions::new(format!("{}-browse-{}", config.client_id, std::process::id()), (host.to_owned(), port));
    options.set_network_options(at_once()).set_keep_alive(15).set_clean_start(true).set_session_expiry_interval(Some(0));
    options.set_incoming_packet_size_limit(IncomingPacketSizeLimit::Bytes(PACKET_MAX));
    if let Some(c) = &config.credentials {
        options.set_credentials(c.name.clone(), c.password.clone());
    }
    let refused = |error: String| BrowseError::new(Trouble::Refused, format!("{place}: {error}"));
    let (client, mut events) = AsyncClient::builder(options).capacity(1_024).try_build().map_err(|e| refused(e.to_string()))?;
    client.subscribe("#", QoS::AtMostOnce).await.map_err(|e| refused(e.to_string()))?;
    let accepted = async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::SubAck(_))) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(trouble(&place, &error)),
            }
        }
    };
    match timeout(config.timeout, accepted).await {
        Ok(answered) => answered.map(|()| (client, events)),
        Err(_) => Err(BrowseError::new(Trouble::Unreachable, format!("{place} did not answer within {:?}", config.timeout))),
    }
}

fn trouble(place: &str, error: &ConnectionError) -> BrowseError {
    use ConnectReturnCode::{BadUserNamePassword, NotAuthorized};
    let kind = match error {
        ConnectionError::ConnectionRefused(BadUserNamePassword | NotAuthorized) => Trouble::LoginNeeded,
        ConnectionError::ConnectionRefused(_) => Trouble::Refused,
        ConnectionError::Io(_) => Trouble::Unreachable,
        _ => Trouble::WrongProtocol,
    };
    BrowseError::new(kind, format!("{place}: {error}"))
}

fn hear(publish: &Publish, heard: &mut BTreeMap<String, Found>, most: usize) {
    let topic = String::from_utf8_lossy(&publish.topic).into_owned();
    // Sparkplug has a protocol of its own
    if topic.starts_with('$') || topic.starts_with("spBv1.0/") {
        return;
    }
    for found in values(&topic, &publish.payload) {
        if heard.len() < most || heard.contains_key(&found.address) {
            heard.insert(found.address.clone(), found);
        }
    }
}

/// The values of one message.
fn values(topic: &str, payload: &[u8]) -> Vec<Found> {
    let Ok(text) = std::str::from_utf8(payload) else { return Vec::new() };
    let levels: Vec<String> = topic.split('/').filter(|l| !l.is_empty()).map(str::to_owned).collect();
    if levels.is_empty() || topic.contains(['#', '+', '>']) {
        return Vec::new();
    }
    let mut all = Vec::new();
    match serde_json::from_str::<Json>(text) {
        Ok(document @ (Json::Object(_) | Json::Array(_))) => leaves(&document, &mut Vec::new(), (topic, &levels), &mut all),
        Ok(leaf) => all.extend(found(&leaf, topic.to_owned(), levels)),
        Err(_) if text.trim().is_empty() => {}
        Err(_) => all.extend(found(&Json::String(text.trim().to_owned()), topic.to_owned(), levels)),
    }
    all
}

fn leaves(value: &Json, steps: &mut Vec<Step>, (topic, levels): (&str, &[String]), all: &mut Vec<Found>) {
    if all.len() >= LEAVES_MAX || steps.len() > DEPTH_MAX {
        return;
    }
    let mut below = |name: &str, inner: &Json| {
        steps.push(Step::Name(name.to_owned()));
        leaves(inner, steps, (topic, levels), all);
        steps.pop();
    };
    match value {
        Json::Object(members) => members.iter().filter(|(name, _)| !name.is_empty()).for_each(|(name, inner)| below(name, inner)),
        Json::Array(list) => {
            list.iter().take(ELEMENTS_MAX).enumerate().for_each(|(place, inner)| below(&place.to_string(), inner));
        }
        leaf => {
            let names = steps.iter().map(|step| match step {
                Step::Name(name) => name.clone(),
                Step::Each => "*".to_owned(),
            });
            let path: Vec<String> = levels.iter().cloned().chain(names).collect();
            all.extend(found(leaf, format!("{topic}#{}", Path(steps.clone())), path));
        }
    }
}

fn found(leaf: &Json, address: String, path: Vec<String>) -> Option<Found> {
    let (data, value) = match leaf {
        Json::Number(number) => {
            let data = if number.is_f64() { Data::Real } else { Data::Whole };
            (data, Value::Number(number.as_f64()?))
        }
        Json::Bool(flag) => (Data::Flag, Value::Flag(*flag)),
        Json::String(text) => (Data::Text, Value::Text(text.clone())),
        _ => return None,
    };
    // of a number without a fraction it is not known that it never has one
    let data = if data == Data::Whole { Data::Real } else { data };
    Some(Found { address, path, data, value: Some(value), ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::Address;

    fn told(topic: &str, payload: &str) -> Vec<(String, String)> {
        values(topic, payload.as_bytes()).into_iter().map(|f| (f.address, f.path.join("/"))).collect()
    }

    #[test]
    fn plain_values_and_leaves_of_json_are_told() {
        let text = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(told("plant/mill-1/power", "12.5"), [text("plant/mill-1/power", "plant/mill-1/power")]);
        assert_eq!(told("plant/mill-1/state", "RUN"), [text("plant/mill-1/state", "plant/mill-1/state")]);
        assert_eq!(
            told("tele/m1/SENSOR", r#"{"ENERGY":{"Power":12,"Total":[1,2]},"ok":true,"none":null}"#),
            [
                text("tele/m1/SENSOR#/ENERGY/Power", "tele/m1/SENSOR/ENERGY/Power"),
                text("tele/m1/SENSOR#/ENERGY/Total/0", "tele/m1/SENSOR/ENERGY/Total/0"),
                text("tele/m1/SENSOR#/ENERGY/Total/1", "tele/m1/SENSOR/ENERGY/Total/1"),
                text("tele/m1/SENSOR#/ok", "tele/m1/SENSOR/ok"),
            ]
        );
        for payload in ["", "  ", "null", "\u{1}"] {
            for (address, _) in told("a/b", payload) {
                address.parse::<Address>().unwrap_or_else(|e| panic!("{e}"));
            }
        }
        assert!(values("a/b", &[0xff, 0xfe]).is_empty());
    }

    #[test]
    fn a_deep_or_wide_document_has_limits() {
        let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        assert!(told("t", &deep).is_empty());
        let wide: Vec<String> = (0..1_000).map(|n| format!("\"k{n}\":{n}")).collect();
        assert_eq!(told("t", &format!("{{{}}}", wide.join(","))).len(), LEAVES_MAX);
    }
}
