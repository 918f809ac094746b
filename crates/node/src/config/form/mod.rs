//! The written form of `unit.toml`, as its author types it: plain words and numbers, nothing resolved.
//!
//! Enters: TOML that has passed [`super::shape`]. Leaves: plain structures for [`super::meaning`], and the schema from which
//! the reference and the shape check are made. Absent: any meaning; a word here may still name nothing.

mod family;
mod machine;
mod order;
mod site;
mod source;

pub use family::{ChargeForm, EachForm, FamilyForm, GroupForm, MaterialForm, NumberForm, RuleForm, StepForm};
pub use machine::{ChannelForm, EnvelopeForm, LoadForm, MachineForm, MachineTypeForm};
pub use order::{OperationForm, OrderForm, PolicyForm, ProductForm};
pub use site::{ClockForm, LimitsForm, LineForm, ShiftForm, SiteForm, StoreForm, TeamForm, WebForm};
pub use source::{
    FileForm, FileLongForm, FileTimeForm, HttpForm, ModbusForm, MqttForm, MtConnectForm, OpcUaForm, SourceForm, SparkplugForm,
};

use schemars::JsonSchema;
use serde::Deserialize;

/// Everything there is in a unit. Tables in double brackets may be repeated.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitForm {
    /// The site: name, time zone, prices.
    pub site: SiteForm,
    /// The clock of a virtual plant. Absent: real time.
    pub clock: Option<ClockForm>,
    /// Where the pages and the API are served. Absent: on 127.0.0.1:8080.
    pub web: Option<WebForm>,
    /// Where data are kept. Absent: the folder `data` beside the file.
    pub store: Option<StoreForm>,
    /// How far clocks may differ. Absent: the values named at each key.
    pub limits: Option<LimitsForm>,
    /// Production lines.
    #[serde(default)]
    pub line: Vec<LineForm>,
    /// Teams of workers.
    #[serde(default)]
    pub team: Vec<TeamForm>,
    /// Shifts of the week.
    #[serde(default)]
    pub shift: Vec<ShiftForm>,
    /// Connections that bring readings.
    #[serde(default)]
    pub source: Vec<SourceForm>,
    /// Types of machines with the channels that all machines of the type have.
    #[serde(default)]
    pub machine_type: Vec<MachineTypeForm>,
    /// Machines.
    #[serde(default)]
    pub machine: Vec<MachineForm>,
    /// Products with their routes.
    #[serde(default)]
    pub product: Vec<ProductForm>,
    /// Product families that customers configure.
    #[serde(default)]
    pub family: Vec<FamilyForm>,
    /// Production orders.
    #[serde(default)]
    pub order: Vec<OrderForm>,
    /// Who may let which kind of decision be carried out. A kind without a policy is only shown as advice.
    #[serde(default)]
    pub policy: Vec<PolicyForm>,
}
