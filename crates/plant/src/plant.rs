//! The plant: everything there is, checked once, then looked up by small integers.

use crate::{
    Accepted, Calendar, Channel, ChannelId, CustomOrder, Decision, DecisionKind, Line, LineId, Machine, MachineId, Order,
    OrderId, Policy, Product, ProductId, Role, Source, SourceId, Team, WordId,
};
use measure::Currency;
use std::collections::HashMap;
use std::sync::Arc;
use thiserror::Error;

/// What energy costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// Currency of the prices.
    pub currency: Currency,
    /// Price of electrical energy [currency/kWh].
    pub energy_per_kwh: f64,
    /// Emissions of electrical energy [kg CO2/kWh].
    pub carbon_per_kwh: f64,
}

/// Everything there is in a unit. Lists are indexed by their ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Plant {
    /// Name of the site.
    pub site: String,
    /// Shifts and time zone.
    pub calendar: Calendar,
    /// Prices.
    pub prices: Prices,
    /// Lines.
    pub lines: Vec<Line>,
    /// Machines.
    pub machines: Vec<Machine>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Sources.
    pub sources: Vec<Source>,
    /// Teams.
    pub teams: Vec<Team>,
    /// Products.
    pub products: Vec<Product>,
    /// Orders.
    pub orders: Vec<Order>,
    /// Policies, one a kind of decision.
    pub policies: Vec<Policy>,
    /// Which of the orders customers put together themselves, in the order of acceptance.
    pub accepted: Vec<Accepted>,
    roles: HashMap<(MachineId, Role), ChannelId>,
    names: HashMap<(MachineId, String), ChannelId>,
    of_machine: Vec<Vec<ChannelId>>,
}

/// Why parts do not make a plant.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlantError {
    /// Two things of one kind share a name.
    #[error("{kind} `{name}` is there twice; names must differ")]
    Twice {
        /// Kind of thing.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Two channels of a machine share a role.
    #[error("machine `{machine}` has two channels of role `{role}`; allowed is one")]
    RoleTwice {
        /// The machine's name.
        machine: String,
        /// The role's word.
        role: &'static str,
    },
    /// There are as many products or orders as can be numbered.
    #[error("the plant has {found} {what}; allowed are {allowed}")]
    Full {
        /// Kind of thing.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        allowed: usize,
    },
}

/// The parts of a plant before they are checked.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Name of the site.
    pub site: String,
    /// Shifts and time zone.
    pub calendar: Calendar,
    /// Prices.
    pub prices: Prices,
    /// Lines.
    pub lines: Vec<Line>,
    /// Machines.
    pub machines: Vec<Machine>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Sources.
    pub sources: Vec<Source>,
    /// Teams.
    pub teams: Vec<Team>,
    /// Products.
    pub products: Vec<Product>,
    /// Orders.
    pub orders: Vec<Order>,
    /// Policies.
    pub policies: Vec<Policy>,
}

impl Parts {
    /// Checks the names and roles and builds the look-ups.
    ///
    /// # Errors
    /// A name or a role that is there twice.
    pub fn build(self) -> Result<Plant, PlantError> {
        unique("line", self.lines.iter().map(|l| &l.name))?;
        unique("machine", self.machines.iter().map(|m| &m.name))?;
        unique("source", self.sources.iter().map(|s| &s.name))?;
        unique("team", self.teams.iter().map(|t| &t.name))?;
        unique("product", self.products.iter().map(|p| &p.name))?;
        unique("order", self.orders.iter().map(|o| &o.name))?;
        let mut roles = HashMap::new();
        let mut names = HashMap::new();
        let mut of_machine = vec![Vec::new(); self.machines.len()];
        for channel in &self.channels {
            let machine = &self.machines[channel.machine.index()].name;
            of_machine[channel.machine.index()].push(channel.id);
            if names.insert((channel.machine, channel.name.clone()), channel.id).is_some() {
                return Err(PlantError::Twice { kind: "channel", name: format!("{machine}/{}", channel.name) });
            }
            if channel.role != Role::Other && roles.insert((channel.machine, channel.role), channel.id).is_some() {
                return Err(PlantError::RoleTwice { machine: machine.clone(), role: channel.role.word() });
            }
        }
        let Self { site, calendar, prices, lines, machines, channels, sources, teams, products, orders, policies } = self;
        Ok(Plant {
            site,
            calendar,
            prices,
            lines,
            machines,
            channels,
            sources,
            teams,
            products,
            orders,
            policies,
            accepted: Vec::new(),
            roles,
            names,
            of_machine,
        })
    }
}

fn unique<'a>(kind: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), PlantError> {
    let mut seen = std::collections::HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(PlantError::Twice { kind, name: name.clone() });
        }
    }
    Ok(())
}

impl Plant {
    /// Takes in an order that a customer put together: a product of its own and an order for it, both behind those there are.
    ///
    /// # Errors
    /// A name that is there already, or as many products as can be numbered. Nothing is changed then.
    pub fn accept(&mut self, custom: CustomOrder) -> Result<OrderId, PlantError> {
        let (name, product) = (custom.name(), custom.product());
        let twice = |kind, name: &str| Err(PlantError::Twice { kind, name: name.to_owned() });
        if self.orders.iter().any(|o| o.name == name) {
            return twice("order", &name);
        }
        if self.products.iter().any(|p| p.name == product) {
            return twice("product", &product);
        }
        let full = |what, found, allowed| PlantError::Full { what, found, allowed };
        let (products, orders) = (self.products.len(), self.orders.len());
        let made = u16::try_from(products).map(ProductId).map_err(|_| full("products", products, usize::from(u16::MAX) + 1))?;
        let order = u32::try_from(orders).map(OrderId).map_err(|_| full("orders", orders, u32::MAX as usize))?;
        let route = custom.steps.clone();
        self.products.push(Product { id: made, name: product, route, value: None });
        let (quantity, release, due) = (custom.quantity, custom.at, custom.due);
        self.orders.push(Order { id: order, name, product: made, quantity, release, due });
        self.accepted.push(Accepted { order, custom });
        Ok(order)
    }
    /// What a customer put together, where the order is one of those.
    pub fn custom(&self, order: OrderId) -> Option<&CustomOrder> {
        self.accepted.iter().find(|a| a.order == order).map(|a| &a.custom)
    }
    /// The channel of a machine with a role.
    pub fn role(&self, machine: MachineId, role: Role) -> Option<&Channel> {
        self.roles.get(&(machine, role)).map(|id| self.channel(*id))
    }
    /// The channel of a machine with a name.
    pub fn named(&self, machine: MachineId, name: &str) -> Option<&Channel> {
        self.names.get(&(machine, name.to_owned())).map(|id| self.channel(*id))
    }
    /// The channels of a machine.
    pub fn channels_of(&self, machine: MachineId) -> impl Iterator<Item = &Channel> {
        self.of_machine.get(machine.index()).into_iter().flatten().map(|id| self.channel(*id))
    }
    /// A channel by its id. Ids come from this plant, so the place exists.
    pub fn channel(&self, id: ChannelId) -> &Channel {
        &self.channels[id.index()]
    }
    /// A machine by its id.
    pub fn machine(&self, id: MachineId) -> &Machine {
        &self.machines[id.index()]
    }
    /// A product by its id.
    pub fn product(&self, id: ProductId) -> &Product {
        &self.products[id.index()]
    }
    /// An order by its id.
    pub fn order(&self, id: OrderId) -> &Order {
        &self.orders[id.index()]
    }
    /// A line by its id.
    pub fn line(&self, id: LineId) -> &Line {
        &self.lines[id.index()]
    }
    /// A machine by its name.
    pub fn machine_named(&self, name: &str) -> Option<&Machine> {
        self.machines.iter().find(|m| m.name == name)
    }
    /// An order by its name.
    pub fn order_named(&self, name: &str) -> Option<&Order> {
        self.orders.iter().find(|o| o.name == name)
    }
    /// A source by its name.
    pub fn source_named(&self, name: &str) -> Option<SourceId> {
        self.sources.iter().find(|s| s.name == name).map(|s| s.id)
    }
    /// The policy of a kind of decision, if one is set.
    pub fn policy(&self, kind: DecisionKind) -> Option<&Policy> {
        self.policies.iter().find(|p| p.kind == kind)
    }
    /// The policy a decision falls under.
    pub fn policy_of(&self, decision: &Decision) -> Option<&Policy> {
        self.policy(decision.kind)
    }
}

/// Words met in readings, each interned once; bounded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lexicon {
    words: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, WordId>,
}

impl Lexicon {
    /// Most words held.
    pub const WORDS_MAX: usize = 1 << 20;
    /// Longest word held [bytes].
    pub const WORD_BYTES_MAX: usize = 256;

    /// The number of a word, which is added if it is new: (number, is new). `None` for a word too long or a full lexicon.
    pub fn intern(&mut self, word: &str) -> Option<(WordId, bool)> {
        if let Some(id) = self.numbers.get(word) {
            return Some((*id, false));
        }
        if word.len() > Self::WORD_BYTES_MAX || self.words.len() >= Self::WORDS_MAX {
            return None;
        }
        let id = WordId(u32::try_from(self.words.len()).ok()?);
        let shared: Arc<str> = Arc::from(word);
        self.words.push(Arc::clone(&shared));
        self.numbers.insert(shared, id);
        Some((id, true))
    }
    /// The word of a number as it travels in readings.
    pub fn word(&self, value: f64) -> Option<&Arc<str>> {
        (value >= 0.0).then(|| self.words.get(value as usize)).flatten()
    }
    /// The number of a word that is already there.
    pub fn number(&self, word: &str) -> Option<WordId> {
        self.numbers.get(word).copied()
    }
    /// All words in the order of their numbers.
    pub fn words(&self) -> &[Arc<str>] {
        &self.words
    }
}
