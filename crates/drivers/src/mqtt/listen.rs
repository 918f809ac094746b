//! The listening source: our own broker, whose messages of configured channels go straight to the unit's door. Enters: write
//! requests. Leaves: health; the arrivals leave from the broker's thread.

use super::config::Config;
use super::sink;
use super::wire::{Mapper, heard};
use crate::broker::{self, Broker, Figures, Intake, Limits, Settings, Users};
use crate::echo::Writes;
use crate::{Line, WriteRequest, encryption};
use collect::RawValue;
use plant::ChannelId;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often the figures are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Listens until the line stops.
pub(super) async fn run(line: &Line, config: &Config, address: SocketAddr, requests: &mut mpsc::Receiver<WriteRequest>) {
    let mut attempt = 0;
    loop {
        match open(line, config, address).await {
            Ok((mut broker, echoes)) => {
                attempt = 0;
                line.connected();
                let why = serve(line, config, (&mut broker, echoes), requests).await;
                // its thread acknowledges what the unit has settled before it ends
                let _ = broker.task.await;
                match why {
                    Some(why) => line.lost(why),
                    None => return,
                }
            }
            Err(error) => line.lost(error),
        }
        if !line.pause(attempt, requests).await {
            return;
        }
        attempt += 1;
    }
}

async fn open(
    line: &Line,
    config: &Config,
    listen: SocketAddr,
) -> Result<(Broker, mpsc::Receiver<Vec<(ChannelId, RawValue)>>), String> {
    let mapper = Mapper::new(line.source, config, heard(config));
    let pairs = config.users.iter().map(|c| (c.name.as_str(), c.password.as_str()));
    let users = if config.users.is_empty() { None } else { Some(Users::new(pairs)?) };
    let tls = if config.secure { Some(encryption::listening(&config.certificates, &config.key)?) } else { None };
    let (intake, echoes) = Intake::new(line.source, mapper, line.ends()).with_echoes();
    let settings = Settings { listen, users, tls, limits: Limits::default(), intake: Some(intake) };
    let broker = broker::start(settings, line.stop.clone()).await.map_err(|e| e.to_string())?;
    Ok((broker, echoes))
}

/// Serves until the broker ends by itself (why) or the node stops (`None`).
async fn serve(
    line: &Line,
    config: &Config,
    (broker, mut echoes): (&mut Broker, mpsc::Receiver<Vec<(ChannelId, RawValue)>>),
    requests: &mut mpsc::Receiver<WriteRequest>,
) -> Option<String> {
    let (mut look, mut writes, mut seen) = (tokio::time::interval(LOOK_EVERY), Writes::default(), Seen::default());
    loop {
        tokio::select! {
            () = line.stop.cancelled() => return None,
            ended = echoes.recv() => match ended {
                Some(values) => sink::hear(&mut writes, &values),
                None => return Some("the broker ended".to_owned()),
            },
            () = writes.wait() => writes.expire(config.echo),
            Some(request) = requests.recv(), if writes.has_room() => {
                if let Some(command) = sink::begin(&mut writes, request, config) {
                    match broker.counter.publish(&command.topic, command.payload).await {
                        Ok(0) => writes.fail_last(&format!("no client listens to {}", command.topic)),
                        Ok(_) => {}
                        Err(why) => writes.fail_last(&why),
                    }
                }
            }
            _ = look.tick() => seen.look(line, &broker.figures),
        }
    }
}

/// The figures as they were last seen.
#[derive(Default)]
struct Seen {
    received: u64,
    lost: u64,
    not_retained: u64,
}

impl Seen {
    fn look(&mut self, line: &Line, figures: &Figures) {
        let now = Self { received: figures.received(), lost: figures.lost(), not_retained: figures.not_retained() };
        if now.received > self.received {
            line.heard();
        }
        if now.lost > self.lost {
            line.trouble(format!("{} messages did not reach a client that reads slowly or takes only small packets", now.lost));
        }
        if now.not_retained > self.not_retained {
            line.trouble(format!("{} messages were not retained: the limit is reached", now.not_retained));
        }
        *self = now;
    }
}
