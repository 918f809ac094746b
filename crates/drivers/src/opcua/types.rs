//! What a server tells of its types: words of enumerations, layouts of structures, arguments of methods. Enters: a session.
//! Leaves: names for the decoder, a type loader in the session. Absent: what values mean (`wire`).

use super::limits::Limits;
use super::wire::{Decoder, Names};
use opcua::client::Session;
use opcua::client::browser::BrowserConfig;
use opcua::client::custom_types::DataTypeTreeBuilder;
use opcua::types::custom::DynamicTypeLoader;
use opcua::types::{
    Argument, AttributeId, BrowsePath, EnumDefinition, EnumValueType, Error, Identifier, NodeId, QualifiedName, ReadValueId,
    ReferenceTypeId, RelativePath, RelativePathElement, StatusCode, TimestampsToReturn, Variant, VariantScalarTypeId as Type,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Tells the decoder the words of all enumerations among its nodes, and the session the layouts of structures where a channel
/// looks into one.
pub(super) async fn learn(session: &Session, limits: Limits, decoder: &mut Decoder) -> Result<(), Error> {
    if decoder.looks_into_structures() {
        session.read_namespace_array().await?;
        let config = BrowserConfig::new().max_nodes_per_request(limits.browse);
        let builder = DataTypeTreeBuilder::new(|node| node.namespace != 0).config(config).values_per_read(limits.read);
        let types = builder.build(session).await?;
        session.add_type_loader(Arc::new(DynamicTypeLoader::new(Arc::new(types))));
    }
    let nodes: Vec<NodeId> = decoder.items().iter().map(|item| item.node.clone()).collect();
    let types = read(session, limits, &nodes, AttributeId::DataType).await?;
    let types: Vec<Option<NodeId>> = types.into_iter().map(|value| node_of(value.as_ref())).collect();
    let mut distinct: Vec<NodeId> = types.iter().flatten().cloned().collect();
    distinct.sort_by_key(ToString::to_string);
    distinct.dedup();
    let names = enumerations(session, limits, &distinct).await?;
    for (place, kind) in types.iter().enumerate() {
        decoder.name(place, kind.as_ref().and_then(|kind| names.get(kind)).cloned());
    }
    Ok(())
}

/// An attribute of many nodes, as many at once as the server takes; `None` where it tells none.
pub(super) async fn read(
    session: &Session,
    limits: Limits,
    nodes: &[NodeId],
    attribute: AttributeId,
) -> Result<Vec<Option<Variant>>, Error> {
    let mut values = Vec::with_capacity(nodes.len());
    for some in nodes.chunks(limits.read) {
        let wanted: Vec<ReadValueId> = some.iter().map(|node| ReadValueId::new(node.clone(), attribute)).collect();
        let told = session.read(&wanted, TimestampsToReturn::Neither, 0.0).await?;
        if told.len() != some.len() {
            return Err(Error::new(StatusCode::BadUnexpectedError, format!("{} answers to {} reads", told.len(), some.len())));
        }
        values.extend(told.into_iter().map(|v| v.value.filter(|_| !v.status.is_some_and(|s| s.is_bad()))));
    }
    Ok(values)
}

/// The nodes at the end of a property's name, from many nodes; `None` where there is none.
pub(super) async fn properties(
    session: &Session,
    limits: Limits,
    nodes: &[NodeId],
    name: &str,
) -> Result<Vec<Option<NodeId>>, Error> {
    let mut found = Vec::with_capacity(nodes.len());
    for some in nodes.chunks(limits.translate) {
        let paths: Vec<BrowsePath> = some.iter().map(|node| property(node, name)).collect();
        let told = session.translate_browse_paths_to_node_ids(&paths).await?;
        if told.len() != some.len() {
            return Err(Error::new(StatusCode::BadUnexpectedError, format!("{} answers to {} paths", told.len(), some.len())));
        }
        found.extend(told.into_iter().map(|result| {
            let target = result.targets.filter(|_| result.status_code.is_good())?.into_iter().next()?;
            Some(target.target_id.node_id)
        }));
    }
    Ok(found)
}

fn property(node: &NodeId, name: &str) -> BrowsePath {
    let step = RelativePathElement {
        reference_type_id: ReferenceTypeId::HasProperty.into(),
        is_inverse: false,
        include_subtypes: true,
        target_name: QualifiedName::new(0, name),
    };
    BrowsePath { starting_node: node.clone(), relative_path: RelativePath { elements: Some(vec![step]) } }
}

/// Types of the arguments that a method takes.
pub(super) async fn arguments(session: &Session, limits: Limits, method: &NodeId) -> Result<Vec<Type>, Error> {
    let nodes = properties(session, limits, std::slice::from_ref(method), "InputArguments").await?;
    let Some(Some(node)) = nodes.into_iter().next() else { return Ok(Vec::new()) };
    let value = read(session, limits, &[node], AttributeId::Value).await?.pop().flatten();
    let Some(Variant::Array(array)) = value else { return Ok(Vec::new()) };
    let kind = |value: &Variant| match value {
        Variant::ExtensionObject(object) => object.inner_as::<Argument>().map(|a| a.data_type.clone()),
        _ => None,
    };
    Ok(array.values.iter().map(|value| kind(value).and_then(|id| built_in(&id)).unwrap_or(Type::ExtensionObject)).collect())
}

fn node_of(value: Option<&Variant>) -> Option<NodeId> {
    match value {
        Some(Variant::NodeId(node)) => Some((**node).clone()),
        _ => None,
    }
}

/// A built-in type (Part 6, 5.1.2) by its node.
pub(super) fn built_in(node: &NodeId) -> Option<Type> {
    match (node.namespace, &node.identifier) {
        (0, Identifier::Numeric(number)) => Type::try_from(*number).ok(),
        _ => None,
    }
}

/// Number (26), Integer (27), UInteger (28) and the built-in types below them are no enumerations.
fn is_built_in(node: &NodeId) -> bool {
    matches!((node.namespace, &node.identifier), (0, Identifier::Numeric(number)) if *number < 29)
}

/// The words of those types that are enumerations.
pub(super) async fn enumerations(session: &Session, limits: Limits, types: &[NodeId]) -> Result<HashMap<NodeId, Names>, Error> {
    let mut found = HashMap::new();
    let mut untold = Vec::new();
    let types: Vec<NodeId> = types.iter().filter(|kind| !is_built_in(kind)).cloned().collect();
    let told = read(session, limits, &types, AttributeId::DataTypeDefinition).await?;
    for (kind, definition) in types.iter().zip(&told) {
        match definition {
            Some(Variant::ExtensionObject(object)) => {
                if let Some(definition) = object.inner_as::<EnumDefinition>() {
                    found.insert(kind.clone(), defined(definition));
                }
            }
            _ => untold.push(kind.clone()),
        }
    }
    // before 1.04, and where a server is short of words, two properties tell them (Part 3, 5.8.3)
    for property in ["EnumStrings", "EnumValues"] {
        let nodes = properties(session, limits, &untold, property).await?;
        let (kinds, nodes): (Vec<_>, Vec<_>) = untold.iter().zip(nodes).filter_map(|(kind, node)| Some((kind, node?))).unzip();
        let values = read(session, limits, &nodes, AttributeId::Value).await?;
        for (kind, value) in kinds.into_iter().zip(values) {
            let names = value.as_ref().map(listed).unwrap_or_default();
            if !names.is_empty() {
                found.entry(kind.clone()).or_insert(names);
            }
        }
    }
    Ok(found)
}

fn defined(definition: &EnumDefinition) -> Names {
    definition.fields.iter().flatten().map(|field| (field.value, field.name.as_ref().to_owned())).collect()
}

/// The words in the value of `EnumStrings` or `EnumValues`.
fn listed(value: &Variant) -> Names {
    let Variant::Array(array) = value else { return Names::new() };
    let word = |(place, value): (i64, &Variant)| match value {
        Variant::LocalizedText(text) => Some((place, text.text.as_ref().to_owned())),
        Variant::ExtensionObject(object) => {
            object.inner_as::<EnumValueType>().map(|v| (v.value, v.display_name.text.as_ref().to_owned()))
        }
        _ => None,
    };
    (0..).zip(&array.values).filter_map(word).collect()
}
