//! Words of closed lists: each form is a string of which the OpenAPI file names every value, taken from the inner crates' own
//! lists, so the two cannot drift apart.

use serde::Serialize;
use std::fmt;
use unit::desk;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

fn string_of(values: impl Iterator<Item = &'static str>, about: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values)).description(Some(about)).build().into()
}

macro_rules! words {
    ($($name:ident, $type:ty, $list:expr, $about:literal;)*) => {$(
        #[doc = $about]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(&'static str);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
        impl From<$type> for $name {
            fn from(value: $type) -> Self {
                Self(value.word())
            }
        }
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                string_of($list, $about)
            }
        }
        impl ToSchema for $name {}
    )*};
}

words! {
    MachineState, plant::MachineState, plant::MachineState::ALL.iter().map(|(_, w)| *w), "What a machine is doing.";
    ChannelKind, plant::ChannelKind, plant::ChannelKind::ALL.iter().map(|(_, w)| *w), "How values of a channel follow each other.";
    ChannelRole, plant::Role, plant::Role::ALL.iter().map(|(_, w)| *w), "What a channel means to the rooms.";
    RefusalReason, plant::RefusalReason, plant::RefusalReason::ALL.iter().map(|(_, w)| *w), "Why a reading was refused at the door.";
    UserRole, plant::UserRole, plant::UserRole::ALL.iter().map(|(_, w)| *w), "What a signed-in person may do; each role may do all that the one before it may.";
    Mode, plant::Mode, plant::Mode::ALL.iter().map(|(_, w)| *w), "How a kind of decision is carried out.";
    RecordKind, plant::RecordKind, plant::RecordKind::ALL.iter().map(|k| k.word()), "Kind of a record.";
    Cause, plant::Cause, plant::Cause::ALL.iter().map(plant::Cause::word), "Likely cause named by a diagnosis.";
    ForecastKind, plant::ForecastKind, plant::ForecastKind::ALL.iter().map(plant::ForecastKind::word), "What is predicted.";
    DecisionKind, plant::DecisionKind, plant::DecisionKind::ALL.iter().map(plant::DecisionKind::word), "Kind of a decision.";
    DecisionState, &plant::DecisionState, plant::DecisionState::ALL.iter().map(plant::DecisionState::word), "Where a decision stands.";
    RevisionState, plant::RevisionState, plant::RevisionState::ALL.iter().map(plant::RevisionState::word), "Where a revision stands.";
    Loss, desk::Loss, desk::Loss::ALL.iter().map(|l| l.word()), "One of the six big losses of OEE.";
    WasteKind, desk::Waste, desk::Waste::ALL.iter().map(|w| w.word()), "How energy beyond what was expected was taken.";
    Metric, plant::Metric, plant::Metric::ALL.iter().map(plant::Metric::word), "What a decision changes; positive is always better.";
}

/// Words of lists that have no `word` of their own inside; the match keeps them complete.
macro_rules! own_words {
    ($($name:ident, $type:ty, $about:literal { $($pattern:pat => $word:literal),* $(,)? })*) => {$(
        #[doc = $about]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(&'static str);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
        impl From<$type> for $name {
            fn from(value: $type) -> Self {
                Self(match value { $($pattern => $word),* })
            }
        }
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                string_of([$($word),*].into_iter(), $about)
            }
        }
        impl ToSchema for $name {}
    )*};
}

own_words! {
    Quality, plant::Quality, "How far a reading can be trusted." {
        plant::Quality::Good => "good", plant::Quality::Uncertain => "uncertain", plant::Quality::Bad => "bad",
    }
    Rank, plant::Rank, "Who speaks through a decision." {
        plant::Rank::Optimise => "optimise", plant::Rank::Worker => "worker", plant::Rank::Protect => "protect",
        plant::Rank::Safety => "safety",
    }
    CommandState, &plant::CommandState, "Where a command stands." {
        plant::CommandState::Sent => "sent", plant::CommandState::Acknowledged => "acknowledged",
        plant::CommandState::Failed(_) => "failed", plant::CommandState::TimedOut => "timed_out",
        plant::CommandState::Refused(_) => "refused",
    }
    ActionWord, &plant::Action, "What shall be done." {
        plant::Action::Standby => "standby", plant::Action::Wake => "wake", plant::Action::Service(_) => "service",
        plant::Action::Speed(_) => "speed", plant::Action::Run(_) => "run",
    }
    LearnedBy, desk::Counted, "In what the progress of learning is counted." {
        desk::Counted::Minutes => "minutes", desk::Counted::Spells => "spells", desk::Counted::Readings => "readings",
        desk::Counted::Pieces => "pieces",
    }
    OrderState, super::order::Standing, "Where an order stands; `late` is past its due date and not finished." {
        super::order::Standing::Waiting => "waiting", super::order::Standing::Running => "running",
        super::order::Standing::Done => "done", super::order::Standing::Late => "late",
    }
}
