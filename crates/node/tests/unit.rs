//! The real `socium` binary under kills, under bad input, and asked to end: what it acknowledged is there, what it cannot take it
//! says, and it goes on.
//!
//! Enters: the built binary, a broker in this process, a Sparkplug device. Leaves: figures on the terminal (`--nocapture`), and
//! the golden table `unit/bad_input.txt`. Absent: what other tests hold closer to the place (configuration, door, envelope, web).

#[path = "unit/bad_input.rs"]
mod bad_input;
#[path = "unit/baseline.rs"]
mod baseline;
#[path = "unit/connect.rs"]
mod connect;
#[path = "unit/device.rs"]
mod device;
#[path = "unit/files.rs"]
mod files;
#[path = "unit/flight.rs"]
mod flight;
#[path = "unit/kill.rs"]
mod kill;
#[path = "unit/late.rs"]
mod late;
#[path = "unit/lessons.rs"]
mod lessons;
#[path = "unit/mqtt.rs"]
mod mqtt;
#[path = "unit/process.rs"]
mod process;
#[path = "unit/pyjobshop.rs"]
mod pyjobshop;
#[path = "unit/sales.rs"]
mod sales;
#[path = "unit/site.rs"]
mod site;
#[path = "unit/stop.rs"]
mod stop;
