//! What a server has: its variables, found by walking its address space breadth first from the Objects folder. Enters: a
//! configuration (its channels are of no matter), an [`Ask`]. Leaves: pages of [`Found`] variables. Absent: what to make of them.
//!
//! A walk goes in steps. Each asks for no more nodes than the server takes, follows continuation points until they end, and moves
//! the [`Cursor`] only when all of it was answered: a walk that is stopped, or whose connection is lost, goes on from its cursor.
//! An array of a few numbers is told element by element. Properties are no variables of their own; `EngineeringUnits` and `EURange`
//! are told with the variable they belong to.

mod cursor;

use super::config::Config;
use super::limits::Limits;
use super::session::{self, close, driven};
use super::types;
use super::wire::{Names, instant};
use crate::browse::{Ask, BrowseError, PAGE_MAX, Page, Pages, Trouble};
use cursor::{Cursor, Place};
use opcua::client::Session;
use opcua::types::{
    AccessLevelType, AttributeId, BrowseDescription, BrowseDirection, BrowseResultMask, ByteString, DataValue, DateTime,
    EUInformation, Error, NodeClass, NodeClassMask, NodeId, Range, ReadValueId, ReferenceDescription, ReferenceTypeId,
    StatusCode, TimestampsToReturn, Variant, VariantScalarTypeId as Type,
};
use std::collections::{HashMap, HashSet};
use survey::{Data, Found, Value};
use tokio::time::timeout_at;

/// References of a node asked for at once; a server may send fewer and a continuation point.
const REFERENCES_AT_ONCE: u32 = 1_000;
/// Longest array that is told element by element.
const ELEMENTS_MAX: usize = 32;

/// What a step brought: how many places it took, and which come in their stead.
struct Step {
    took: usize,
    again: Vec<Place>,
    below: Vec<Place>,
    found: Vec<Found>,
}

/// What a browse of one node gave.
#[derive(Default)]
struct Looked {
    references: Vec<ReferenceDescription>,
    /// The server had no continuation point left: the node is looked at again, with fewer beside it.
    again: bool,
}

/// Where a variable's unit and range are told.
#[derive(Default)]
struct Properties {
    unit: Option<NodeId>,
    range: Option<NodeId>,
}

/// What is known of a data type.
#[derive(Clone)]
struct Kind {
    name: String,
    words: Option<Names>,
    built_in: Option<Type>,
}

type Kinds = HashMap<NodeId, Kind>;

/// Walks until all was seen, a limit is met, or nobody reads the pages any longer.
///
/// # Errors
/// No connection, or it was lost; a cursor that is none.
pub async fn browse(config: Config, ask: Ask, pages: Pages) -> Result<(), BrowseError> {
    let mut cursor = match &ask.from {
        Some(text) => text.parse().map_err(|e| BrowseError::new(Trouble::Cursor, format!("{}: {e}", config.endpoint)))?,
        None => Cursor::default(),
    };
    let budget = ask.budget();
    let lost = |e: String| BrowseError::new(Trouble::Unreachable, format!("{}: {e}", config.endpoint));
    let (session, mut events) = session::open(&config, "socium-browse".to_owned()).await?;
    let limits = driven(&mut events, Limits::of(&session)).await.map_err(lost)?.map_err(|e| refused(&config, &e))?;
    let (mut kinds, mut visited, mut told) = (Kinds::new(), 0, 0);
    let mut ended = Ok(());
    loop {
        let at_once = limits.browse.min(ask.visits_max.saturating_sub(visited)).min(PAGE_MAX);
        if cursor.waiting() == 0 || at_once == 0 || !budget.allows(visited, told) {
            break;
        }
        let walking = driven(&mut events, walk(&session, limits, at_once, (&cursor, &mut kinds)));
        let step = tokio::select! {
            () = pages.closed() => break,
            step = timeout_at(budget.end(), walking) => step,
        };
        let Ok(step) = step else { break };
        let step = match step.map_err(lost).and_then(|step| step.map_err(|e| refused(&config, &e))) {
            Ok(step) => step,
            Err(error) => {
                ended = Err(error);
                break;
            }
        };
        visited += step.took - step.again.len();
        told += step.found.len();
        if !tell(&pages, step, &mut cursor, visited).await {
            break;
        }
    }
    close(&session, &mut events, config.timeout).await;
    ended
}

fn refused(config: &Config, error: &Error) -> BrowseError {
    BrowseError::new(Trouble::Refused, format!("{}: {error}", config.endpoint))
}

/// Tells what a step found. Of several pages only the last moves the cursor: from an earlier one the step is done again.
async fn tell(pages: &Pages, mut step: Step, cursor: &mut Cursor, visited: usize) -> bool {
    let mut found = std::mem::take(&mut step.found);
    let before = cursor.to_string();
    cursor.move_on(step.took, step.again, step.below);
    while found.len() > PAGE_MAX {
        let rest = found.split_off(PAGE_MAX);
        let page = Page { found, visited, waiting: Some(cursor.waiting()), cursor: Some(before.clone()) };
        if !pages.tell(page).await {
            return false;
        }
        found = rest;
    }
    let waiting = cursor.waiting();
    let here = (waiting > 0).then(|| cursor.to_string());
    pages.tell(Page { found, visited, waiting: Some(waiting), cursor: here }).await
}

/// One step: the next nodes are looked at, and the variables among them read.
async fn walk(session: &Session, limits: Limits, at_once: usize, (cursor, kinds): (&Cursor, &mut Kinds)) -> Result<Step, Error> {
    let places: Vec<&Place> = cursor.next(at_once).collect();
    let (took, looked) = look_at(session, &places).await?;
    let mut step = Step { took, again: Vec::new(), below: Vec::new(), found: Vec::new() };
    let mut met: HashSet<NodeId> = HashSet::new();
    let mut variables = Vec::new();
    for (place, looked) in places.into_iter().zip(looked) {
        if looked.again {
            step.again.push(place.clone());
            continue;
        }
        let mut properties = Properties::default();
        for reference in looked.references {
            if reference.node_id.server_index != 0 {
                continue;
            }
            let node = reference.node_id.node_id.clone();
            if reference.reference_type_id == ReferenceTypeId::HasProperty {
                properties.note(&reference.browse_name.name, node);
            } else if !cursor.has_met(&node) && met.insert(node) {
                step.below.push(below(place, reference));
            }
        }
        if place.is_variable {
            variables.push((place, properties));
        }
    }
    step.found = describe(session, limits, &variables, kinds).await?;
    Ok(step)
}

fn below(place: &Place, reference: ReferenceDescription) -> Place {
    let shown = reference.display_name.text.as_ref();
    let name = if shown.is_empty() { reference.browse_name.name.as_ref() } else { shown };
    let name = if name.is_empty() { reference.node_id.node_id.to_string() } else { name.to_owned() };
    let path = place.path.iter().cloned().chain([name]).collect();
    Place { node: reference.node_id.node_id, path, is_variable: reference.node_class == NodeClass::Variable }
}

impl Properties {
    fn note(&mut self, name: &opcua::types::UAString, node: NodeId) {
        match name.as_ref() {
            "EngineeringUnits" => self.unit = Some(node),
            "EURange" => self.range = Some(node),
            _ => {}
        }
    }
}

/// Looks at nodes, fewer where the server says that these are too many; how many, and what was found below each.
async fn look_at(session: &Session, places: &[&Place]) -> Result<(usize, Vec<Looked>), Error> {
    let mut some = places;
    let results = loop {
        let wanted: Vec<BrowseDescription> = some.iter().map(|place| description(place.node.clone())).collect();
        match session.browse(&wanted, REFERENCES_AT_ONCE, None).await {
            Err(error) if some.len() > 1 && asked_too_much(error.status()) => some = &some[..some.len() / 2],
            results => break results?,
        }
    };
    if results.len() != some.len() {
        return Err(Error::new(StatusCode::BadUnexpectedError, format!("{} answers to {} browses", results.len(), some.len())));
    }
    let mut looked: Vec<Looked> = Vec::with_capacity(results.len());
    let mut open: Vec<(usize, ByteString)> = Vec::new();
    let alone = some.len() == 1;
    for (place, result) in results.into_iter().enumerate() {
        let again = result.status_code == StatusCode::BadNoContinuationPoints && !alone;
        if result.status_code.is_bad() && !again {
            not_shown(some[place], result.status_code);
        }
        looked.push(Looked { references: result.references.unwrap_or_default(), again });
        if !result.continuation_point.is_null_or_empty() {
            open.push((place, result.continuation_point));
        }
    }
    while !open.is_empty() {
        let points: Vec<ByteString> = open.iter().map(|(_, point)| point.clone()).collect();
        let results = session.browse_next(false, &points).await?;
        let mut still = Vec::new();
        for ((place, _), result) in open.into_iter().zip(results) {
            looked[place].references.extend(result.references.into_iter().flatten());
            match result.status_code {
                // it was taken from us for another; what is missing is found by looking again
                StatusCode::BadContinuationPointInvalid if !alone => looked[place].again = true,
                status if status.is_bad() => not_shown(some[place], status),
                _ if !result.continuation_point.is_null_or_empty() => still.push((place, result.continuation_point)),
                _ => {}
            }
        }
        open = still;
    }
    Ok((some.len(), looked))
}

fn asked_too_much(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadTooManyOperations
            | StatusCode::BadResponseTooLarge
            | StatusCode::BadRequestTooLarge
            | StatusCode::BadEncodingLimitsExceeded
            | StatusCode::BadTimeout
    )
}

fn description(node_id: NodeId) -> BrowseDescription {
    BrowseDescription {
        node_id,
        browse_direction: BrowseDirection::Forward,
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        include_subtypes: true,
        node_class_mask: (NodeClassMask::OBJECT | NodeClassMask::VARIABLE).bits(),
        result_mask: BrowseResultMask::All as u32,
    }
}

fn not_shown(place: &Place, status: StatusCode) {
    tracing::warn!(node = %place.node, path = place.path.join("/"), %status, "the server does not show what is below a node");
}

/// The attributes read of a variable, in this order, then its unit and its range.
const ATTRIBUTES: [AttributeId; 5] =
    [AttributeId::DataType, AttributeId::ValueRank, AttributeId::Description, AttributeId::UserAccessLevel, AttributeId::Value];

async fn describe(
    session: &Session,
    limits: Limits,
    variables: &[(&Place, Properties)],
    kinds: &mut Kinds,
) -> Result<Vec<Found>, Error> {
    let mut wanted = Vec::with_capacity(variables.len() * ATTRIBUTES.len());
    for (place, properties) in variables {
        wanted.extend(ATTRIBUTES.map(|attribute| ReadValueId::new(place.node.clone(), attribute)));
        let told = properties.unit.iter().chain(&properties.range);
        wanted.extend(told.map(|node| ReadValueId::new(node.clone(), AttributeId::Value)));
    }
    let mut values = Vec::with_capacity(wanted.len());
    for some in wanted.chunks(limits.read) {
        values.extend(session.read(some, TimestampsToReturn::Source, 0.0).await?);
    }
    if values.len() != wanted.len() {
        return Err(Error::new(StatusCode::BadUnexpectedError, format!("{} answers to {} reads", values.len(), wanted.len())));
    }
    let types = wanted.iter().zip(&values).filter(|(w, _)| w.attribute_id == AttributeId::DataType as u32);
    learn(session, limits, types.filter_map(|(_, v)| node_of(v)).collect(), kinds).await?;
    let (now, mut values) = (DateTime::now(), values.into_iter());
    let mut found = Vec::with_capacity(variables.len());
    for (place, properties) in variables {
        let mut next = || values.next().unwrap_or_else(DataValue::null);
        let told = ATTRIBUTES.map(|_| next());
        let unit = properties.unit.as_ref().and_then(|_| unit(&next()));
        let range = properties.range.as_ref().and_then(|_| range(&next()));
        tell_variable(place, (told, unit, range), (kinds, &now), &mut found);
    }
    Ok(found)
}

type Told = ([DataValue; 5], Option<String>, Option<(f64, f64)>);

/// One variable, or each element of a short array.
fn tell_variable(place: &Place, told: Told, (kinds, now): (&Kinds, &DateTime), found: &mut Vec<Found>) {
    let ([kind, rank, description, access, value], unit, range) = told;
    let kind = node_of(&kind).and_then(|node| kinds.get(&node));
    let access = AccessLevelType::from_bits_truncate(good(&access).and_then(Variant::as_f64).unwrap_or(0.0) as u8);
    if !access.contains(AccessLevelType::CurrentRead) {
        tracing::debug!(node = %place.node, "a variable that this user may not read");
        return;
    }
    let age = value.source_timestamp.as_ref().and_then(instant).zip(instant(now)).map(|(at, now)| now - at);
    let all = |address: String, path: Vec<String>, value: Option<&Variant>| Found {
        address,
        path,
        description: good(&description).map(text).filter(|d| !d.is_empty()),
        unit: unit.clone(),
        data: data(kind, value),
        type_name: kind.map(|k| k.name.clone()),
        range,
        words: words(kind),
        writable: access.contains(AccessLevelType::CurrentWrite),
        value: value.and_then(|v| simple(v, kind)),
        age,
        ..Found::default()
    };
    match good(&value) {
        Some(Variant::Array(array))
            if array.values.len() <= ELEMENTS_MAX && array.dimensions.as_ref().is_none_or(|d| d.len() < 2) =>
        {
            for (element, value) in array.values.iter().enumerate() {
                let path = place.path.iter().cloned().chain([element.to_string()]).collect();
                found.push(all(format!("{}#/{element}", place.node), path, Some(value)));
            }
        }
        // an array whose length is not known yet has no element that could be named
        None if good(&rank).and_then(Variant::as_f64).is_some_and(|rank| rank >= 0.0) => {}
        value => found.push(all(place.node.to_string(), place.path.to_vec(), value)),
    }
}

/// The value of an answer, unless it is bad or null.
fn good(told: &DataValue) -> Option<&Variant> {
    told.value.as_ref().filter(|value| !value.is_empty() && !told.status.is_some_and(|s| s.is_bad()))
}

fn node_of(told: &DataValue) -> Option<NodeId> {
    match good(told) {
        Some(Variant::NodeId(node)) => Some((**node).clone()),
        _ => None,
    }
}

/// The name space of UNECE's codes (Part 8, 5.6.3.3); the id is the code's letters as bytes.
const UNECE: &str = "http://www.opcfoundation.org/UA/units/un/cefact";

fn unit(told: &DataValue) -> Option<String> {
    let Some(Variant::ExtensionObject(object)) = good(told) else { return None };
    let unit = object.inner_as::<EUInformation>()?;
    let letters: Vec<u8> = unit.unit_id.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
    let code = String::from_utf8(letters).ok().filter(|c| !c.is_empty() && c.chars().all(|c| c.is_ascii_alphanumeric()));
    let code = code.filter(|_| unit.namespace_uri.as_ref() == UNECE).map(|code| format!("UNECE:{code}"));
    code.or_else(|| Some(unit.display_name.text.as_ref().to_owned()).filter(|name| !name.is_empty()))
}

fn range(told: &DataValue) -> Option<(f64, f64)> {
    let Some(Variant::ExtensionObject(object)) = good(told) else { return None };
    object.inner_as::<Range>().map(|range| (range.low, range.high)).filter(|(low, high)| low < high)
}

fn words(kind: Option<&Kind>) -> Vec<(i64, String)> {
    let names = kind.and_then(|kind| kind.words.as_ref());
    let mut words: Vec<(i64, String)> = names.into_iter().flatten().map(|(code, word)| (*code, word.clone())).collect();
    words.sort();
    words
}

/// What values are; an enumeration's come as words.
fn data(kind: Option<&Kind>, value: Option<&Variant>) -> Data {
    match value.and_then(Variant::scalar_type_id).or_else(|| kind.and_then(|kind| kind.built_in)) {
        _ if kind.is_some_and(|kind| kind.words.is_some()) => Data::Text,
        Some(Type::Float | Type::Double) => Data::Real,
        Some(Type::Boolean) => Data::Flag,
        Some(Type::String | Type::LocalizedText) => Data::Text,
        Some(Type::SByte | Type::Byte | Type::Int16 | Type::UInt16 | Type::Int32 | Type::UInt32 | Type::Int64 | Type::UInt64) => {
            Data::Whole
        }
        _ => Data::Unknown,
    }
}

fn text(value: &Variant) -> String {
    match value {
        Variant::LocalizedText(text) => text.text.as_ref().to_owned(),
        Variant::String(text) => text.as_ref().to_owned(),
        _ => String::new(),
    }
}

fn simple(value: &Variant, kind: Option<&Kind>) -> Option<Value> {
    match value {
        Variant::Boolean(flag) => Some(Value::Flag(*flag)),
        Variant::String(_) | Variant::LocalizedText(_) => Some(Value::Text(text(value))),
        other => {
            let number = other.as_f64()?;
            let word = kind.and_then(|kind| kind.words.as_ref()?.get(&(number as i64)));
            Some(word.map_or(Value::Number(number), |word| Value::Text(word.clone())))
        }
    }
}

/// Learns the names and words of data types that were not met before.
async fn learn(session: &Session, limits: Limits, types: HashSet<NodeId>, kinds: &mut Kinds) -> Result<(), Error> {
    let new: Vec<NodeId> = types.into_iter().filter(|node| !kinds.contains_key(node)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let names = types::read(session, limits, &new, AttributeId::BrowseName).await?;
    let mut words = types::enumerations(session, limits, &new).await?;
    for (node, name) in new.into_iter().zip(names) {
        let name = match name {
            Some(Variant::QualifiedName(name)) => name.name.as_ref().to_owned(),
            _ => node.to_string(),
        };
        let words = words.remove(&node);
        let built_in = types::built_in(&node);
        kinds.insert(node, Kind { name, words, built_in });
    }
    Ok(())
}
