//! Where a value stands in a server, as people write it. Enters: text. Leaves: an [`Address`].
//!
//! ```text
//! ns=2;s=mill-1.state               the value of a node
//! ns=2;s=mill-1.axis#/position/2/x  a member of a structure or an element of an array in it (from 0), as a JSON pointer
//! call:ns=2;s=mill-1/ns=2;s=start   a method of an object, called by a command
//! ```
//!
//! Elements are not written in brackets: node ids of some makers end in them.

use crate::AddressError;
use opcua::types::NodeId;
use std::fmt;
use std::str::FromStr;

/// A place in a server's address space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// The value of a node, or a part of it.
    Value {
        /// The node.
        node: NodeId,
        /// The way into the value; empty is the whole of it.
        path: Vec<Step>,
    },
    /// A method.
    Call {
        /// The object that has it.
        object: NodeId,
        /// The method.
        method: NodeId,
    },
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A member of a structure.
    Member(String),
    /// An element of an array, from 0.
    Element(u32),
}

const WHAT: &str = "OPC UA node id";
const ALLOWED: &str = "a node id such as ns=2;s=mill-1.state or ns=2;i=1042, with a way into its value such as \
     ns=2;s=mill-1.axis#/position/2, or a method such as call:ns=2;s=mill-1/ns=2;s=start";

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong =
            |trouble: &str| AddressError { what: WHAT, found: text.to_owned(), trouble: trouble.to_owned(), allowed: ALLOWED };
        if let Some(rest) = text.strip_prefix("call:") {
            return call(rest).ok_or_else(|| wrong("it does not name an object and a method"));
        }
        let (node, way) = text.rsplit_once("#/").map_or((text, None), |(node, way)| (node, Some(way)));
        let node = node_id(node).ok_or_else(|| wrong("it cannot be read"))?;
        let path = way.map_or_else(|| Ok(Vec::new()), steps).map_err(|()| wrong("its way into the value has an empty step"))?;
        Ok(Self::Value { node, path })
    }
}

fn node_id(text: &str) -> Option<NodeId> {
    NodeId::from_str(text).ok().filter(|node| !node.is_null())
}

/// `object/method`: node ids may hold slashes, so the last one that leaves two node ids is taken.
fn call(text: &str) -> Option<Address> {
    text.rmatch_indices('/').find_map(|(at, _)| {
        let (object, method) = (node_id(&text[..at])?, node_id(&text[at + 1..])?);
        Some(Address::Call { object, method })
    })
}

fn steps(way: &str) -> Result<Vec<Step>, ()> {
    way.split('/')
        .map(|step| match step.parse() {
            Ok(element) => Ok(Step::Element(element)),
            Err(_) if step.is_empty() => Err(()),
            // RFC 6901, 4
            Err(_) => Ok(Step::Member(step.replace("~1", "/").replace("~0", "~"))),
        })
        .collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { object, method } => write!(f, "call:{object}/{method}"),
            Self::Value { node, path } => {
                write!(f, "{node}")?;
                if !path.is_empty() {
                    f.write_str("#")?;
                }
                path.iter().try_for_each(|step| match step {
                    Step::Member(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")),
                    Step::Element(element) => write!(f, "/{element}"),
                })
            }
        }
    }
}
