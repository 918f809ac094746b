//! Looking around at an agent: its probe, with the values of current. Enters: a [`Config`] and an [`Ask`]. Leaves: pages of data items.
//! Absent: writing, what a value means to the unit.
//!
//! A cursor is the number of data items told so far.

use super::config::{Address, Config};
use super::http::Client;
use super::wire::{Asked, Category, DataItem, Document, Observation, parse};
use crate::browse::{Ask, BrowseError, PAGE_MAX, Page, Pages, Trouble};
use std::collections::HashMap;
use survey::{Data, Found, Value};

/// Tells the data items of an agent.
///
/// # Errors
/// Nobody answers, or not as an agent; the cursor is none.
pub async fn browse(config: Config, ask: Ask, pages: Pages) -> Result<(), BrowseError> {
    let budget = ask.budget();
    let start = match &ask.from {
        None => 0,
        Some(cursor) => cursor
            .parse::<usize>()
            .map_err(|_| BrowseError::new(Trouble::Cursor, format!("`{cursor}` is no cursor of an MTConnect agent")))?,
    };
    let mut client = Client::default();
    let items = match document(&mut client, &config, Asked::Probe).await? {
        Document::Devices(_, items) => items,
        other => return Err(BrowseError::new(Trouble::WrongProtocol, format!("{}: {} to probe", place(&config), other.word()))),
    };
    let values = match document(&mut client, &config, Asked::Current).await? {
        Document::Streams(_, observations) => observations,
        other => {
            return Err(BrowseError::new(Trouble::WrongProtocol, format!("{}: {} to current", place(&config), other.word())));
        }
    };
    let values: HashMap<&str, &Observation> = values.iter().map(|o| (o.item.as_str(), o)).collect();
    let mut page = Page::default();
    let (mut told, mut visited, mut at) = (0, 0, start.min(items.len()));
    while at < items.len() && budget.allows(visited, told) {
        let item = &items[at];
        (at, visited) = (at + 1, visited + 1);
        let found = found(item, &items, values.get(item.id.as_str()).copied());
        let single = matches!(item.representation.as_deref(), None | Some("VALUE" | "DISCRETE"));
        // an id that cannot be written in unit.toml cannot be configured
        if single && found.address.parse::<Address>().is_ok() {
            page.found.push(found);
            told += 1;
        }
        if page.found.len() == PAGE_MAX {
            finish(&mut page, (visited, at, items.len()));
            if !pages.tell(std::mem::take(&mut page)).await {
                return Ok(());
            }
        }
    }
    finish(&mut page, (visited, at, items.len()));
    pages.tell(page).await;
    Ok(())
}

fn finish(page: &mut Page, (visited, at, all): (usize, usize, usize)) {
    page.visited = visited;
    page.waiting = Some(all - at);
    page.cursor = (at < all).then(|| at.to_string());
}

fn place(config: &Config) -> String {
    format!("http://{}:{}", config.host, config.port)
}

async fn document(client: &mut Client, config: &Config, asked: Asked) -> Result<Document, BrowseError> {
    let device = config.device.as_ref().map(|device| format!("/{device}")).unwrap_or_default();
    let path = format!("{device}/{}", asked.word());
    let body = client.get(config, &path).await.map_err(|error| BrowseError::new(Trouble::Unreachable, error))?;
    match parse(&body) {
        Ok(Document::Errors(errors)) => {
            let told: Vec<String> = errors.iter().map(|(code, text)| format!("{code}: {text}")).collect();
            Err(BrowseError::new(Trouble::Refused, format!("{}{path}: {}", place(config), told.join("; "))))
        }
        Ok(document) => Ok(document),
        Err(error) => Err(BrowseError::new(Trouble::WrongProtocol, format!("{}{path}: {error}", place(config)))),
    }
}

/// A data item in the words of the survey.
fn found(item: &DataItem, items: &[DataItem], seen: Option<&Observation>) -> Found {
    let own = item.name.clone().unwrap_or_else(|| item.id.clone());
    let address = match (item.device.first(), &item.name) {
        (Some(device), Some(name)) if names_one(items, device, name) => format!("{device}/{name}"),
        _ => item.id.clone(),
    };
    let value = seen.and_then(value);
    let data = match (&*item.category, &value) {
        ("SAMPLE", _) | (_, Some(Value::Number(_))) => Data::Real,
        _ => Data::Text,
    };
    Found {
        address,
        device: (!item.path.is_empty()).then_some(1),
        path: item.path.iter().cloned().chain([own]).collect(),
        description: item.sub_kind.as_ref().map(|sub| format!("{} {sub}", item.kind)),
        unit: item.units.clone(),
        term: Some(element(&item.kind)),
        data,
        type_name: Some(item.category.clone()),
        value,
        ..Found::default()
    }
}

/// Whether `device/name` can be written and means one data item.
fn names_one(items: &[DataItem], device: &str, name: &str) -> bool {
    let plain = |text: &str| !text.is_empty() && !text.contains('/') && text.trim() == text;
    let meant = items.iter().filter(|i| i.of_device(device) && (i.name.as_deref() == Some(name) || i.id == name));
    plain(device) && plain(name) && meant.count() == 1
}

/// `PART_COUNT` as the element `PartCount`.
fn element(kind: &str) -> String {
    let word = |part: &str| {
        let mut letters = part.chars();
        letters.next().map_or_else(String::new, |first| first.to_string() + &letters.as_str().to_ascii_lowercase())
    };
    kind.split('_').map(word).collect()
}

fn value(seen: &Observation) -> Option<Value> {
    let text = seen.text.trim();
    if text == "UNAVAILABLE" || seen.element == "Unavailable" {
        return None;
    }
    match (seen.category, text.parse::<f64>()) {
        (Category::Condition, _) => Some(Value::Text(seen.element.to_ascii_lowercase())),
        (_, Ok(number)) if number.is_finite() => Some(Value::Number(number)),
        _ => Some(Value::Text(text.to_owned())),
    }
}
