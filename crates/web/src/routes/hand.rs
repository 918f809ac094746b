//! Readings by hand: a round of meters, and one reading at a time.

use super::Look;
use crate::form::hand::{HandRound, NewReading, ReadingAnswer};
use crate::hand::{HandReading, Typed};
use crate::reply::{Refusal, Reply};
use crate::session::Seat;
use crate::take::{Body, instant, text_within};
use axum::extract::State;
use axum::{Extension, Json};
use plant::{ChannelId, Plant};
use serde_json::Value;

/// Characters of a client id, and of a word.
const CLIENT_ID_CHARS: std::ops::RangeInclusive<usize> = 8..=64;
const WORD_CHARS: std::ops::RangeInclusive<usize> = 1..=64;

/// What can be entered by hand, with the last values and who entered them.
#[utoipa::path(get, path = "/api/v1/hand", tag = "readings", responses((status = 200, body = HandRound)))]
pub async fn rounds(State(windows): Look) -> Reply<Json<HandRound>> {
    let entries = windows.house.entered().await?;
    Ok(Json(HandRound::of(&windows.view(), windows.house.now(), &windows.house.hand_channels(), entries)))
}

/// The channel of a name `machine/channel`, if it is read by hand.
fn channel_of(plant: &Plant, hand: &[ChannelId], name: &str) -> Reply<ChannelId> {
    let found = name.split_once('/').and_then(|(m, c)| plant.named(plant.machine_named(m)?.id, c)).map(|c| c.id);
    let id = found.ok_or_else(|| Refusal::unknown("channel", name))?;
    if hand.contains(&id) {
        return Ok(id);
    }
    Err(Refusal::conflict(format!("`{name}` is not read by hand: a source brings it")))
}

/// Enter one reading. It goes through the same door as those of machines; a repeated sending is told and not doubled.
#[utoipa::path(
    post, path = "/api/v1/readings", tag = "readings", request_body = NewReading, responses((status = 200, body = ReadingAnswer))
)]
pub async fn enter(
    State(windows): Look,
    Extension(seat): Extension<Seat>,
    Body(sent): Body<NewReading>,
) -> Reply<Json<ReadingAnswer>> {
    text_within("body.client_id", &sent.client_id, CLIENT_ID_CHARS)?;
    let plant = windows.view().plant.clone();
    let channel = channel_of(&plant, &windows.house.hand_channels(), &sent.channel)?;
    let at = sent.at.as_deref().map_or_else(|| Ok(windows.house.now()), |t| instant("body.at", t))?;
    let value = match (sent.value, plant.channel(channel).kind.is_word()) {
        (Value::Number(number), false) => Typed::Number(number.as_f64().unwrap_or(f64::NAN)),
        (Value::String(word), true) => {
            text_within("body.value", &word, WORD_CHARS)?;
            Typed::Word(word)
        }
        (other, is_word) => {
            let allowed = if is_word { "a word" } else { "a number" };
            return Err(Refusal::invalid("body.value", other.to_string().chars().take(80).collect::<String>(), allowed));
        }
    };
    let reading = HandReading { client_id: sent.client_id, who: seat.name, channel, at, value };
    Ok(Json(windows.house.enter(reading).await?.into()))
}
