//! What a server has: its variables, found by walking its address space breadth first. Enters: a configuration (its channels are of
//! no matter), a [`Cursor`]. Leaves: [`Page`]s of [`Found`] variables. Absent: what to make of them.
//!
//! A walk goes in steps. Each asks for no more nodes than the server takes, follows continuation points until they end, and moves
//! the cursor only when all of it was answered: a walk that is stopped, or whose connection is lost, goes on from its cursor, with the
//! same connection or another.

use super::config::Config;
use super::limits::Limits;
use super::session::{self, Events, close, driven};
use super::types;
use super::wire::instant;
use collect::RawValue;
use measure::Instant;
use opcua::client::Session;
use opcua::types::{
    AccessLevelType as AccessLevel, AttributeId, BrowseDescription, BrowseDirection, BrowseResultMask, ByteString, EUInformation,
    Error, NodeClass, NodeClassMask, NodeId, ObjectId, Range, ReadValueId, ReferenceDescription, ReferenceTypeId, StatusCode,
    TimestampsToReturn, Variant,
};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// How far a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Most nodes looked at.
    pub nodes_max: usize,
    /// References of a node asked for at once; a server may send fewer and a continuation point.
    pub references_at_once: u32,
}

impl Default for Extent {
    fn default() -> Self {
        Self { nodes_max: 100_000, references_at_once: 1_000 }
    }
}

/// Where a walk stands.
#[derive(Clone, Debug)]
pub struct Cursor {
    waiting: VecDeque<Place>,
    seen: HashSet<NodeId>,
    /// Nodes that were left out because the walk had reached its extent.
    pub left_out: usize,
}

#[derive(Clone, Debug)]
struct Place {
    node: NodeId,
    path: Arc<[String]>,
    is_variable: bool,
}

/// What one step found.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Variables.
    pub found: Vec<Found>,
    /// Nodes that the server would not show, and why.
    pub refused: Vec<(String, String)>,
    /// Nothing is left to walk.
    pub done: bool,
}

/// A variable of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its address as a channel's is written.
    pub address: String,
    /// Display names from below the Objects folder down to its own.
    pub path: Vec<String>,
    /// Name of its data type, such as `Double`.
    pub data_type: String,
    /// Whether its value is an array.
    pub is_array: bool,
    /// Engineering unit as the server shows it, such as `°C`.
    pub unit: Option<String>,
    /// Its UNECE code, as OPC UA numbers it (Part 8, 5.6.3).
    pub unit_code: Option<i32>,
    /// Range in normal use (EURange).
    pub range: Option<(f64, f64)>,
    /// What the server says of it.
    pub description: String,
    /// Whether this user may read it.
    pub readable: bool,
    /// Whether this user may write it.
    pub writable: bool,
    /// Its value now, where it is a number, a text or a Boolean.
    pub value: Option<RawValue>,
    /// Source time of the value.
    pub at: Option<Instant>,
}

/// A walk's connection.
pub struct Browser {
    session: Arc<Session>,
    events: Events,
    config: Config,
    limits: Limits,
    type_names: HashMap<NodeId, String>,
}

impl Cursor {
    /// At the Objects folder.
    pub fn start() -> Self {
        Self::at(ObjectId::ObjectsFolder.into())
    }
    /// At a node.
    pub fn at(node: NodeId) -> Self {
        let seen = HashSet::from([node.clone(), ObjectId::Server.into()]);
        let first = Place { node, path: Arc::from([]), is_variable: false };
        Self { waiting: VecDeque::from([first]), seen, left_out: 0 }
    }
    fn move_on(&mut self, step: Step) -> Page {
        self.waiting.drain(..step.took);
        step.again.into_iter().rev().for_each(|place| self.waiting.push_front(place));
        self.seen.extend(step.below.iter().map(|place| place.node.clone()));
        self.waiting.extend(step.below);
        self.left_out += step.left_out;
        Page { done: self.waiting.is_empty(), ..step.page }
    }
    /// Nodes known to be there and not yet looked at.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
    /// Nodes met so far.
    pub fn seen(&self) -> usize {
        self.seen.len()
    }
}

/// What a step brought: how many places it took, and which come in their stead.
struct Step {
    took: usize,
    again: Vec<Place>,
    below: Vec<Place>,
    left_out: usize,
    page: Page,
}

/// What a browse of one node gave.
#[derive(Default)]
struct Looked {
    references: Vec<ReferenceDescription>,
    refused: Option<StatusCode>,
    /// The server had no continuation point left: the node is looked at again, with fewer beside it.
    again: bool,
}

/// Where a variable's unit and range are told.
#[derive(Default)]
struct Properties {
    unit: Option<NodeId>,
    range: Option<NodeId>,
}

impl Browser {
    /// Connects and asks for the server's limits.
    ///
    /// # Errors
    /// No connection, in a sentence.
    pub async fn open(config: &Config) -> Result<Self, String> {
        let (session, mut events) = session::open(config, "socium-browse".to_owned()).await?;
        let limits = driven(&mut events, Limits::of(&session)).await?.map_err(|e| format!("{}: {e}", config.endpoint))?;
        Ok(Self { session, events, config: config.clone(), limits, type_names: HashMap::new() })
    }

    /// One step of a walk. On an error the cursor stands where it stood.
    ///
    /// # Errors
    /// The connection was lost or the server answered to none of it, in a sentence.
    pub async fn step(&mut self, extent: Extent, cursor: &mut Cursor) -> Result<Page, String> {
        let Self { session, events, config, limits, type_names } = self;
        let walking = walk(session, *limits, extent, (&*cursor, type_names));
        let step = driven(events, walking).await?.map_err(|e| format!("{}: {e}", config.endpoint))?;
        Ok(cursor.move_on(step))
    }

    /// All of it at once.
    ///
    /// # Errors
    /// As [`Browser::step`].
    pub async fn all(&mut self, extent: Extent) -> Result<Page, String> {
        let (mut cursor, mut all) = (Cursor::start(), Page::default());
        while !all.done {
            let page = self.step(extent, &mut cursor).await?;
            all.found.extend(page.found);
            all.refused.extend(page.refused);
            all.done = page.done;
        }
        Ok(all)
    }

    /// Ends the connection in good order.
    pub async fn close(mut self) {
        close(&self.session, &mut self.events, self.config.timeout).await;
    }
}

/// One step: the next nodes are looked at, and the variables among them read.
async fn walk(
    session: &Session,
    limits: Limits,
    extent: Extent,
    (cursor, type_names): (&Cursor, &mut HashMap<NodeId, String>),
) -> Result<Step, Error> {
    let places: Vec<&Place> = cursor.waiting.iter().take(limits.browse).collect();
    let (took, looked) = look_at(session, extent.references_at_once, &places).await?;
    let mut step = Step { took, again: Vec::new(), below: Vec::new(), left_out: 0, page: Page::default() };
    let mut met: HashSet<NodeId> = HashSet::new();
    let mut variables = Vec::new();
    for (place, looked) in places.into_iter().zip(looked) {
        if looked.again {
            step.again.push(place.clone());
            continue;
        }
        if let Some(status) = looked.refused {
            step.page.refused.push((format!("{} ({})", place.path.join("/"), place.node), status.to_string()));
        }
        let mut properties = Properties::default();
        for reference in looked.references {
            if reference.node_id.server_index != 0 {
                continue;
            }
            let node = reference.node_id.node_id.clone();
            if reference.reference_type_id == ReferenceTypeId::HasProperty {
                properties.note(&reference.browse_name.name, node);
            } else if !cursor.seen.contains(&node) && !met.contains(&node) {
                if cursor.seen.len() + met.len() >= extent.nodes_max {
                    step.left_out += 1;
                    continue;
                }
                met.insert(node);
                step.below.push(place.below(reference));
            }
        }
        if place.is_variable {
            variables.push((place, properties));
        }
    }
    step.page.found = describe(session, limits, &variables, type_names).await?;
    Ok(step)
}

impl Place {
    fn below(&self, reference: ReferenceDescription) -> Self {
        let shown = reference.display_name.text.as_ref();
        let name = if shown.is_empty() { reference.browse_name.name.as_ref() } else { shown };
        let path = self.path.iter().cloned().chain([name.to_owned()]).collect();
        Self { node: reference.node_id.node_id, path, is_variable: reference.node_class == NodeClass::Variable }
    }
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
async fn look_at(session: &Session, references_at_once: u32, places: &[&Place]) -> Result<(usize, Vec<Looked>), Error> {
    let mut some = places;
    let results = loop {
        let wanted: Vec<BrowseDescription> = some.iter().map(|place| description(place.node.clone())).collect();
        match session.browse(&wanted, references_at_once, None).await {
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
        let refused = (result.status_code.is_bad() && !again).then_some(result.status_code);
        looked.push(Looked { references: result.references.unwrap_or_default(), refused, again });
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
                status if status.is_bad() => looked[place].refused = Some(status),
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

/// The attributes read of a variable, in this order, then its unit and its range.
const ATTRIBUTES: [AttributeId; 5] =
    [AttributeId::DataType, AttributeId::ValueRank, AttributeId::Description, AttributeId::UserAccessLevel, AttributeId::Value];

async fn describe(
    session: &Session,
    limits: Limits,
    variables: &[(&Place, Properties)],
    type_names: &mut HashMap<NodeId, String>,
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
    let mut values = values
        .into_iter()
        .map(|value| value.value.filter(|_| !value.status.is_some_and(|s| s.is_bad())).map(|v| (v, value.source_timestamp)));
    let mut found = Vec::with_capacity(variables.len());
    for (place, properties) in variables {
        let mut next = || values.next().flatten();
        let [kind, rank, description, access, value] = ATTRIBUTES.map(|_| next());
        let unit = properties.unit.as_ref().and_then(|_| next());
        let range = properties.range.as_ref().and_then(|_| next());
        let access = AccessLevel::from_bits_truncate(access.and_then(|(v, _)| v.as_f64()).unwrap_or(0.0) as u8);
        let unit = unit.as_ref().and_then(|(v, _)| part::<EUInformation>(v));
        found.push(Found {
            address: place.node.to_string(),
            path: place.path.to_vec(),
            data_type: type_name(kind.map(|(v, _)| v), session, type_names).await?,
            is_array: rank.and_then(|(v, _)| v.as_f64()).is_some_and(|rank| rank >= 0.0),
            unit: unit.map(|u| u.display_name.text.as_ref().to_owned()).filter(|u| !u.is_empty()),
            unit_code: unit.map(|u| u.unit_id).filter(|code| *code > 0),
            range: range.as_ref().and_then(|(v, _)| part::<Range>(v)).map(|r| (r.low, r.high)),
            description: description.map(|(v, _)| text(&v)).unwrap_or_default(),
            readable: access.contains(AccessLevel::CurrentRead),
            writable: access.contains(AccessLevel::CurrentWrite),
            at: value.as_ref().and_then(|(_, at)| at.as_ref()).and_then(instant),
            value: value.and_then(|(v, _)| simple(&v)),
        });
    }
    Ok(found)
}

fn part<T: Send + Sync + 'static>(value: &Variant) -> Option<&T> {
    match value {
        Variant::ExtensionObject(object) => object.inner_as::<T>(),
        _ => None,
    }
}

fn text(value: &Variant) -> String {
    match value {
        Variant::LocalizedText(text) => text.text.as_ref().to_owned(),
        Variant::String(text) => text.as_ref().to_owned(),
        _ => String::new(),
    }
}

fn simple(value: &Variant) -> Option<RawValue> {
    match value {
        Variant::Boolean(flag) => Some(RawValue::Flag(*flag)),
        Variant::String(_) | Variant::LocalizedText(_) => Some(RawValue::Text(text(value))),
        other => other.as_f64().map(RawValue::Number),
    }
}

/// The name of a data type; asked for once a type.
async fn type_name(kind: Option<Variant>, session: &Session, names: &mut HashMap<NodeId, String>) -> Result<String, Error> {
    let Some(Variant::NodeId(node)) = kind else { return Ok(String::new()) };
    if let Some(name) = names.get(&node) {
        return Ok(name.clone());
    }
    let told = types::read(session, Limits::own(), std::slice::from_ref(&*node), AttributeId::BrowseName).await?;
    let name = match told.first() {
        Some(Some(Variant::QualifiedName(name))) => name.name.as_ref().to_owned(),
        _ => node.to_string(),
    };
    names.insert(*node, name.clone());
    Ok(name)
}
