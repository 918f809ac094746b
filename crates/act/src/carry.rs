//! From a decision to what is written, and what would set it back. Enters: plant, image, decision. Leaves: channel and value.
//! Absent: whether it is allowed (the envelope) and when.

use plant::{Action, Channel, CommandValue, Decision, Image, Plant, Role};

/// The role of the channel that carries an action out.
pub const fn role(action: &Action) -> Role {
    match action {
        Action::Standby | Action::Wake => Role::SetState,
        Action::Service(_) => Role::SetService,
        Action::Speed(_) => Role::SetSpeed,
        Action::Run(_) => Role::SetOrder,
    }
}

/// The channel and the value that carry a decision out; `None` where the machine has no such channel or order.
pub fn target<'a>(plant: &'a Plant, decision: &Decision) -> Option<(&'a Channel, CommandValue)> {
    let channel = plant.role(decision.machine, role(&decision.action))?;
    let word = |text: &str| CommandValue::Word(text.to_owned());
    let value = match &decision.action {
        Action::Standby => word("standby"),
        Action::Wake => word("ready"),
        Action::Service(service) => word(service),
        Action::Speed(speed) => CommandValue::Number(*speed),
        Action::Run(order) => word(&plant.orders.get(order.index())?.name),
    };
    Some((channel, value))
}

/// The number in force at a channel: what the machine reports for what is set there, else what was read back.
pub fn in_force(plant: &Plant, image: &Image, channel: &Channel) -> Option<f64> {
    let reported = match channel.role {
        Role::SetSpeed => plant.role(channel.machine, Role::Speed).and_then(|c| image.number(c.id)),
        _ => None,
    };
    reported.or_else(|| image.number(channel.id)).filter(|v| v.is_finite())
}

/// What sets a decision back: the speed that was in force, ready instead of standby and the reverse. A service that was
/// asked for and an order that was named have nothing to go back to.
pub fn before(plant: &Plant, image: &Image, decision: &Decision) -> Option<CommandValue> {
    match &decision.action {
        Action::Speed(_) => {
            let channel = plant.role(decision.machine, Role::SetSpeed)?;
            in_force(plant, image, channel).map(CommandValue::Number)
        }
        Action::Standby => Some(CommandValue::Word("ready".to_owned())),
        Action::Wake => Some(CommandValue::Word("standby".to_owned())),
        Action::Service(_) | Action::Run(_) => None,
    }
}
