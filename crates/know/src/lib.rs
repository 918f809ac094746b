//! The eye of the unit: readings and the image become KPIs, findings and forecasts.
//!
//! ```text
//! Batch ──absorb──> memory ──┬─ kpi (ISO 22400) ───────────> Kpis, Losses, Stretch, EnergyAccount, EnergyUse
//!                            ├─ learn ─────────────────────> MachineProfile
//! Image ──judge──────────────┼─ detect::ALL ── diagnose ── watch ──> Finding
//!                            └─ predict::ALL ── watch ─────> Forecast
//! series ── forecast (demand; days of energy) ── champion (better on later data?) ──> Foretold
//! stored readings ── lessons (what was seen, what came) ── champion ──> Model of lives, of scrap ── predict
//! ```
//!
//! Enters: batches of readings, the image, ids. Leaves: records and figures. Absent: decisions, clock, disk, other rooms.
//! Everything is a value: cloned it goes on the same way, fed the same it says the same; memory and time are bounded.
//!
//! Start at [`Knowledge`]; a newcomer adds a detector as one file in `detect/` and one line in `detect::ALL`.

pub mod anomaly;
pub mod boost;
pub mod champion;
pub mod dense;
pub mod detect;
pub mod diagnose;
pub mod forecast;
mod knowledge;
pub mod kpi;
mod learn;
pub mod lessons;
pub mod lives;
pub mod memory;
pub mod predict;
pub mod rework;
pub mod scrap;
pub mod suite;
pub mod trial;
pub mod vibration;
mod watch;

#[cfg(test)]
mod tests;

pub use knowledge::Knowledge;
pub use rework::Rework;
