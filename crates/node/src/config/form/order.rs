//! The written form of products, orders and policies.

use super::super::words;
use schemars::JsonSchema;
use serde::Deserialize;

/// A product variant and how it is made.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductForm {
    /// Name, unique among the products.
    pub name: String,
    /// What a good piece adds in value, such as `12.50 EUR`, in the site's currency. Absent: not known.
    pub value: Option<String>,
    /// Operations in their order; at least one.
    #[serde(default)]
    pub operation: Vec<OperationForm>,
}

/// One step of a product's route.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationForm {
    /// Name such as `mill` or `harden`.
    pub name: String,
    /// Machines that can do it; at least one.
    pub machines: Vec<String>,
    /// Planned run time per piece at nominal speed (ISO 22400 PRI), such as `95 s`.
    pub cycle: String,
    /// Planned set-up time when the machine last ran another family. Absent: none.
    pub set_up: Option<String>,
    /// Set-up family: no set-up between operations of one family. Absent: the product's name.
    pub family: Option<String>,
    /// What the worker is told at the machine, line by line; at most 50 lines of 300 characters.
    #[serde(default)]
    pub instructions: Vec<String>,
}

/// A production order.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderForm {
    /// Name without spaces, unique among the orders.
    pub name: String,
    /// The product ordered.
    pub product: String,
    /// Good pieces wanted.
    #[schemars(extend("minimum" = 1))]
    pub quantity: u32,
    /// Not started before, such as `2026-03-02T06:00:00+08:00`; without an offset it is the site's own time.
    pub release: String,
    /// Promised for; after `release`.
    pub due: String,
}

/// Who may let a kind of decision be carried out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyForm {
    /// Kind of decision; one policy a kind.
    #[schemars(extend("enum" = words::decisions()))]
    pub decision: String,
    /// `automatic`: at once; `ask`: after a person with the role agrees; `advise`: never, only shown.
    #[schemars(extend("enum" = words::modes()))]
    pub mode: String,
    /// Least role that may approve. Absent: `engineer`.
    #[schemars(extend("enum" = words::user_roles()))]
    pub approver: Option<String>,
    /// How long an approval may be awaited before the decision lapses. Absent: `1 h`.
    pub patience: Option<String>,
}
