//! The loop as a whole, one file a promise. Enters: readings of a hand-made mill. Leaves: what the unit did. Absent: physics,
//! disk, sockets.

mod accounting;
mod approve;
mod baselines;
mod bounds;
mod confirm;
mod cycles;
mod late;
mod outlook;
mod recall;
mod replay;
mod stage;
mod view;
