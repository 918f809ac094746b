//! A baseline as it was frozen: what is usual in one respect at one machine, under a version, with what it was learned from.
//!
//! Enters: what `know` froze. Leaves: the same, to be kept and put back at the next start. Absent: how a baseline judges (`know`), its
//! stored form (`store`).

use crate::{ChannelId, MachineId, MachineState, ProductId, Role, Window};
use measure::Instant;
use std::sync::Arc;

/// What a baseline is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum About {
    /// All watched channels together, while a product is made.
    Behaviour(Option<ProductId>),
    /// The energy taken in a state, for a product.
    Energy(MachineState, Option<ProductId>),
    /// Whether two instruments agree, or one with itself, by the code of the check: one of [`About::CHECKS`].
    Check(&'static str),
    /// How often a channel repeats one value.
    Stuck(Role),
    /// The deviation of pieces from nominal.
    Deviation,
    /// How often the machine stops between pieces.
    Stops,
}

impl About {
    /// Codes of checks.
    pub const CHECKS: [&'static str; 6] =
        ["power_meter", "power_load", "flow_power", "flow_pressure", "vibration_still", "temperature"];
    /// Words of all kinds.
    pub const KINDS: [&'static str; 6] = ["behaviour", "energy", "check", "stuck", "deviation", "stops"];

    /// The word of its kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Behaviour(_) => Self::KINDS[0],
            Self::Energy(..) => Self::KINDS[1],
            Self::Check(_) => Self::KINDS[2],
            Self::Stuck(_) => Self::KINDS[3],
            Self::Deviation => Self::KINDS[4],
            Self::Stops => Self::KINDS[5],
        }
    }
    /// The state, check or role that it is of, by its word.
    pub fn of(self) -> Option<&'static str> {
        match self {
            Self::Energy(state, _) => Some(state.word()),
            Self::Check(code) => Some(code),
            Self::Stuck(role) => Some(role.word()),
            Self::Behaviour(_) | Self::Deviation | Self::Stops => None,
        }
    }
    /// The product that was made.
    pub const fn product(self) -> Option<ProductId> {
        match self {
            Self::Behaviour(product) | Self::Energy(_, product) => product,
            Self::Check(_) | Self::Stuck(_) | Self::Deviation | Self::Stops => None,
        }
    }
    /// From the words of [`Self::kind`] and [`Self::of`], and the product; `None` where they do not go together.
    pub fn from_words(kind: &str, of: Option<&str>, product: Option<ProductId>) -> Option<Self> {
        let about = match (kind, of) {
            ("behaviour", None) => Self::Behaviour(product),
            ("energy", Some(state)) => Self::Energy(MachineState::from_word(state)?, product),
            ("check", Some(code)) => Self::Check(Self::CHECKS.into_iter().find(|known| *known == code)?),
            ("stuck", Some(role)) => Self::Stuck(Role::from_word(role)?),
            ("deviation", None) => Self::Deviation,
            ("stops", None) => Self::Stops,
            _ => return None,
        };
        (about.product() == product).then_some(about)
    }
}

/// A baseline that was frozen; or, without values, that one is learned anew under the next version.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// The machine.
    pub machine: MachineId,
    /// What it is about.
    pub about: About,
    /// Which baseline about this it is, from 1.
    pub version: u32,
    /// When it was frozen; without values, since when it is learned anew.
    pub at: Instant,
    /// When it was last of use, to within a day; never before `at`.
    pub used: Instant,
    /// First and last instant learned from; without values, both since when it is learned anew.
    pub learned: Window,
    /// The channels learned from, in the order of the values.
    pub channels: Vec<ChannelId>,
    /// The rows it was learned from (NaN where a channel was not heard), or its few parameters; `know` knows which. `None` while it is
    /// learned anew: what was frozen before is not to be used any more.
    pub values: Option<Arc<[f64]>>,
}

impl Frozen {
    /// Most versions about one thing: far more than anybody agrees to, and one more is still a number.
    pub const VERSION_MAX: u32 = 1_000_000;
}

/// Baselines of a machine that were of use, so that those go first which have not been for longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The machine.
    pub machine: MachineId,
    /// When this was looked at; each was used within the day before.
    pub at: Instant,
    /// What the baselines are about.
    pub abouts: Vec<About>,
}

/// A version that was given, whose baseline is not kept any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// The machine.
    pub machine: MachineId,
    /// What it was about.
    pub about: About,
    /// The version; what is learned now gets the next one.
    pub version: u32,
}

impl PartialEq for Frozen {
    /// Numbers are the same when their bits are, so that rows with gaps can be compared.
    fn eq(&self, other: &Self) -> bool {
        let head = |f: &Self| (f.machine, f.about, f.version, f.at, f.used, f.learned);
        let bits = |f: &Self| f.values.as_ref().map(|values| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
        head(self) == head(other) && self.channels == other.channels && bits(self) == bits(other)
    }
}

/// A baseline of an earlier run that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// The machine.
    pub machine: MachineId,
    /// Word of what kind it is, maybe of a newer version; see [`About::kind`].
    pub kind: String,
    /// The state, check or role.
    pub of: Option<String>,
    /// Name of the product.
    pub product: Option<String>,
    /// Its version; what is learned now gets the next one.
    pub version: u32,
    /// Why it is not used.
    pub reason: String,
}

impl Unused {
    /// What it is about, where the plant still has it.
    pub fn about(&self, plant: &crate::Plant) -> Option<About> {
        let product = match &self.product {
            Some(name) => Some(plant.products.iter().find(|p| p.name == *name)?.id),
            None => None,
        };
        About::from_words(&self.kind, self.of.as_deref(), product)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_baseline_is_about_comes_back_from_its_words() {
        let product = Some(ProductId(3));
        let mut all = vec![About::Behaviour(product), About::Behaviour(None), About::Deviation, About::Stops];
        all.extend(MachineState::ALL.iter().map(|(state, _)| About::Energy(*state, product)));
        all.extend(About::CHECKS.map(About::Check));
        all.extend(Role::ALL.iter().map(|(role, _)| About::Stuck(*role)));
        for about in all {
            assert!(About::KINDS.contains(&about.kind()));
            assert_eq!(About::from_words(about.kind(), about.of(), about.product()), Some(about));
        }
        for (kind, of, product) in
            [("stops", None, product), ("check", Some("none"), None), ("energy", None, None), ("weather", None, None)]
        {
            assert_eq!(About::from_words(kind, of, product), None, "{kind}");
        }
    }
}
