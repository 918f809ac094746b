//! The JSON forms of `/api/v1`: what people's browsers and other programs see and send.
//!
//! Enters: the words of the inner rooms. Leaves: serde forms with their OpenAPI schemas. Absent: decisions about who may see
//! what (that is `access`), sentences for people (the UI translates the codes). A form is a treaty: `docs/openapi.json` holds it.

pub mod ask;
pub mod baseline;
pub mod common;
pub mod connect;
pub mod data;
pub mod decision;
pub mod energy;
pub mod finding;
pub mod hand;
pub mod history;
pub mod kpi;
pub mod losses;
pub mod machine;
pub mod order;
pub mod outlook;
pub mod person;
pub mod revision;
pub mod sales;
pub mod schedule;
pub mod station;
pub mod trial;
pub mod unit;
pub mod walk;
pub mod words;
