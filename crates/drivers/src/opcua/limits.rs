//! How much a server takes at once (OperationLimits, Part 5, 6.3.11). Enters: a session. Leaves: [`Limits`]. Absent: what is asked.

use opcua::client::Session;
use opcua::types::{AttributeId, Error, ReadValueId, TimestampsToReturn, VariableId};

/// Most of each thing in one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nodes read.
    pub read: usize,
    /// Nodes browsed.
    pub browse: usize,
    /// Paths translated to nodes.
    pub translate: usize,
    /// Monitored items made.
    pub items: usize,
    /// Monitored items of one subscription.
    pub items_of_subscription: usize,
}

/// What we ask at most, whatever a server would take.
const OWN: Limits = Limits { read: 1_000, browse: 500, translate: 500, items: 1_000, items_of_subscription: 10_000 };

const NODES: [VariableId; 5] = [
    VariableId::Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
    VariableId::Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
    VariableId::Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds,
    VariableId::Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    VariableId::Server_ServerCapabilities_MaxMonitoredItemsPerSubscription,
];

impl Limits {
    /// What is asked at most of a server that names no limits.
    pub const fn own() -> Self {
        OWN
    }
    /// Asks a server. A limit that it does not tell, or tells as 0, is none of its (Part 5, 6.3.11); ours hold always.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn of(session: &Session) -> Result<Self, Error> {
        // one at a time: a server may take no more, and we do not know yet
        let mut told = [None; NODES.len()];
        for (limit, node) in told.iter_mut().zip(NODES) {
            let value =
                session.read(&[ReadValueId::new(node.into(), AttributeId::Value)], TimestampsToReturn::Neither, 0.0).await?;
            *limit = value.first().and_then(|v| v.value.as_ref()).and_then(opcua::types::Variant::as_f64);
        }
        Ok(Self::told(told))
    }
    /// The limits where a server told these, in the order read, browse, translate, items, items of a subscription.
    pub fn told([read, browse, translate, items, items_of_subscription]: [Option<f64>; 5]) -> Self {
        let least = |told: Option<f64>, own: usize| told.filter(|n| *n >= 1.0).map_or(own, |n| (n as usize).min(own));
        Self {
            read: least(read, OWN.read),
            browse: least(browse, OWN.browse),
            translate: least(translate, OWN.translate),
            items: least(items, OWN.items),
            items_of_subscription: least(items_of_subscription, OWN.items_of_subscription),
        }
    }
}
