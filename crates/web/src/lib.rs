//! The windows: people look into a unit through the HTTP API `/api/v1`, live streams and the built UI, and pass notes in.
//!
//! Enters: requests of browsers and programs; through the port [`house::House`] the unit's [`unit::desk::View`] and the store.
//! Leaves: JSON forms (`form/`), pages, verdicts and new people for the house. Absent: drivers, disk (but for the TLS
//! certificate), decisions, and any word to a machine that did not pass the house.
//!
//! Start at [`serve`] (listening), then `access` (who may do what), `guard` (what every request passes), `routes/`;
//! `flight/` is the door of BI tools.

mod access;
pub mod api;
pub mod connecting;
mod flight;
mod form;
mod guard;
pub mod hand;
pub mod house;
mod listen;
mod one_time;
mod passwords;
mod prompt;
mod reply;
mod routes;
pub mod sales;
mod secret;
mod session;
mod sign_in;
mod take;
mod throttle;
mod windows;

pub use access::{ALL as ROUTES, Need};
pub use flight::TOKENS;
pub use form::ask::Last;
pub use listen::{Bound, Flight, Listen, TlsPaths, WebError, serve};
pub use one_time::OneTime;
pub use passwords::NotStarted;
pub use routes::history::newest;
pub use secret::{NoChance, hash_password};
pub use session::Limits;
