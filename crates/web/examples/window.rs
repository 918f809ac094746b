//! The windows of a made-up house: `cargo run -p web --example window [PORT]` (4780 where left out), so that the UI can be built
//! and looked at without a unit. Values move; verdicts, people and the audit trail work, in memory.
#![allow(clippy::print_stdout, reason = "an example speaks to who runs it")]

#[path = "../tests/house/mod.rs"]
mod house;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use web::{Flight, Listen, OneTime, TOKENS};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(4780), |text| text.parse())?;
    let fake = house::Fake::new();
    let (one_time, token) = OneTime::fresh()?;
    let flight = Flight { address: SocketAddr::from((Ipv4Addr::LOCALHOST, port + 1)), tokens: TOKENS };
    let listen = Listen { flight: Some(flight), ..Listen::loopback(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), one_time) };
    let bound = web::serve(Arc::<house::Fake>::clone(&fake), listen, std::future::pending()).await?;
    let address = bound.address();
    println!("http://{address}/#/welcome?token={token}");
    println!("or sign in at http://{address}/ as viewer, operator, planner, engineer or admin; the password is NAME-password");
    println!("Flight SQL at grpc://{}", flight.address);
    let mut clock = tokio::time::interval(Duration::from_secs(1));
    loop {
        clock.tick().await;
        fake.beat();
    }
}
