//! The task of one agent: asks for its data items, for what is now, and at each period for what happened since; begins anew after a
//! loss. Enters: documents and write requests. Leaves: arrivals and health. Absent: what documents mean (`wire`).
//!
//! Where it stands in the agent's buffer moves on only when an arrival is settled: what the unit could not take is asked for again.

use super::config::Config;
use super::http::Client;
use super::sink;
use super::wire::{Answer, Asked, Decoder, Turn};
use crate::{Line, WriteRequest};
use collect::Source;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Shortest pause between two samples.
const POLL_MIN: Duration = Duration::from_millis(10);

/// What a session holds.
struct Session<'a> {
    line: &'a Line,
    config: &'a Config,
    decoder: &'a mut Decoder,
    client: Client,
}

/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut writes: mpsc::Receiver<WriteRequest>) {
    let mut decoder = Decoder::new(line.source, &config);
    let mut attempt = 0;
    loop {
        let mut session = Session { line: &line, config: &config, decoder: &mut decoder, client: Client::default() };
        let mut heard = false;
        let ended = tokio::select! {
            () = line.stop.cancelled() => return,
            ended = session.serve(&mut writes, &mut heard) => ended,
        };
        let Some(error) = ended else { return };
        line.lost(error);
        attempt = if heard { 0 } else { attempt + 1 };
        if !line.pause(attempt, &mut writes).await {
            return;
        }
    }
}

impl Session<'_> {
    /// Asks until the agent fails (the reason) or the node stops (`None`).
    async fn serve(&mut self, writes: &mut mpsc::Receiver<WriteRequest>, heard: &mut bool) -> Option<String> {
        let mut turn = Turn::Anew;
        loop {
            let asked = match turn {
                Turn::Anew => self.begin().await,
                Turn::Current => self.ask(Asked::Current).await,
                Turn::GoOn | Turn::More => self.ask(Asked::Sample).await,
            };
            let before = turn;
            turn = match asked {
                Ok(Some(next)) => next,
                Ok(None) => return None,
                Err(error) => return Some(error),
            };
            if before == Turn::Anew && !*heard {
                *heard = true;
                self.line.connected();
            }
            self.line.heard();
            if turn == Turn::GoOn || before == Turn::Anew && turn == Turn::Anew {
                self.rest(writes).await;
            }
        }
    }

    /// Waits for the next period and answers writes meanwhile.
    async fn rest(&self, writes: &mut mpsc::Receiver<WriteRequest>) {
        let pause = sleep(self.config.poll.max(POLL_MIN));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return,
                Some(request) = writes.recv() => sink::refuse(self.config, request),
            }
        }
    }

    async fn begin(&mut self) -> Result<Option<Turn>, String> {
        match self.ask(Asked::Probe).await? {
            Some(_) => self.ask(Asked::Current).await,
            None => Ok(None),
        }
    }

    /// One request, and what it brought handed in; `None` when the node stops.
    ///
    /// # Errors
    /// The agent does not answer, or with something that is no answer.
    async fn ask(&mut self, asked: Asked) -> Result<Option<Turn>, String> {
        let body = self.client.get(self.config, &self.path(asked)).await?;
        let before = self.decoder.next();
        let delivery = self.decoder.decode(Answer { asked, body }, self.line.now());
        let notes = self.decoder.take_notes();
        let Some(settled) = self.line.deliver(delivery).await else { return Ok(None) };
        if !settled.await.is_ok_and(|s| s.is_taken) {
            self.decoder.go_back(before);
            return Err("the unit could not take an answer; it is asked for again".to_owned());
        }
        if let Some(failed) = notes.failed {
            return Err(format!("{}:{}: {failed}", self.config.host, self.config.port));
        }
        for trouble in notes.troubles {
            self.line.trouble(trouble);
        }
        Ok(Some(notes.turn))
    }

    fn path(&self, asked: Asked) -> String {
        let device = self.config.device.as_ref().map(|device| format!("/{device}")).unwrap_or_default();
        let word = asked.word();
        match (asked, self.decoder.next()) {
            (Asked::Sample, Some(next)) => format!("{device}/{word}?from={next}&count={}", self.config.count),
            _ => format!("{device}/{word}"),
        }
    }
}
