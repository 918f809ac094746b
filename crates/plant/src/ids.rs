//! Small integers for the things of a plant (each an index into the plant's list) and the ids of records.

use std::fmt;
use std::str::FromStr;

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);
        impl $name {
            /// Place in the plant's list.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index! {
    /// A machine (ISA-95 work unit).
    MachineId(u32);
    /// A channel of a machine.
    ChannelId(u32);
    /// A production line (ISA-95 work centre).
    LineId(u16);
    /// A product.
    ProductId(u16);
    /// A production order.
    OrderId(u32);
    /// A source of readings: one connection to one device, broker or file.
    SourceId(u16);
    /// A team of workers.
    TeamId(u16);
    /// A word interned in the [`Lexicon`](crate::Lexicon); states, orders and events travel as words.
    WordId(u32);
}

/// What kind of record an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// Something recognised.
    Finding,
    /// Something predicted.
    Forecast,
    /// Something chosen.
    Decision,
    /// Something told to a machine.
    Command,
    /// Something measured after a command.
    Outcome,
    /// Figures of closed periods changed by late readings.
    Revision,
}

/// The id of a record: its kind and a number that rises within the unit. Printed as `finding-17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// Kind of the record.
    pub kind: RecordKind,
    /// Number within its kind, from 1.
    pub number: u64,
}

impl RecordKind {
    /// All kinds, in the order records walk.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Finding, Self::Forecast, Self::Decision, Self::Command, Self::Outcome, Self::Revision];
    /// How many kinds there are.
    pub const COUNT: usize = 6;
    /// The word used in ids.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Forecast => "forecast",
            Self::Decision => "decision",
            Self::Command => "command",
            Self::Outcome => "outcome",
            Self::Revision => "revision",
        }
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.word(), self.number)
    }
}

impl FromStr for RecordId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let allowed = RecordKind::ALL.map(|kind| format!("{}-N", kind.word())).join(", ");
            format!("`{text}` is not a record id; allowed is {allowed}")
        };
        let (word, number) = text.split_once('-').ok_or_else(wrong)?;
        let kind = RecordKind::ALL.into_iter().find(|k| k.word() == word).ok_or_else(wrong)?;
        Ok(Self { kind, number: number.parse().map_err(|_| wrong())? })
    }
}
