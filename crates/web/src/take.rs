//! Taking in what people send: JSON bodies, query strings, instants and limits. Enters: bytes. Leaves: forms, or a refusal that
//! names the place, what was found there and what is allowed.

use crate::reply::{Refusal, Reply};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use measure::Instant;
use serde::de::DeserializeOwned;

/// Largest body taken in [bytes].
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Longest echo of what was found [characters].
const FOUND_CHARS_MAX: usize = 80;

/// A JSON body.
pub struct Body<T>(pub T);

/// What stands behind the `?`.
pub struct Ask<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Reply<Self> {
        must_be_json(request.headers())?;
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(),
            _ => Refusal::new(StatusCode::BAD_REQUEST, "body_broken", "the body broke off"),
        })?;
        read(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Ask<T> {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Reply<Self> {
        let asked = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        asked.map(|q| Self(q.0)).map_err(|rejection| {
            let why = std::error::Error::source(&rejection).map_or_else(|| rejection.to_string(), ToString::to_string);
            bad_question(parts.uri.query().unwrap_or_default(), &why)
        })
    }
}

/// The place, what was found and what is allowed, out of a query and the sentence `field: why` about it.
fn bad_question(query: &str, why: &str) -> Refusal {
    let Some((field, why)) = why.split_once(": ") else {
        return Refusal::invalid("query", shortened(query), why);
    };
    let place = format!("query.{field}");
    if let Some((found, allowed)) = why.split_once(", expected ") {
        return Refusal::invalid(&place, shortened(found), allowed);
    }
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(name, _)| *name == field).map_or("", |(_, value)| value);
    let allowed = match why {
        why if why.contains("`true` or `false`") => "true or false",
        why if why.contains("digit") || why.contains("number too large") => "a whole number",
        why => why,
    };
    Refusal::invalid(&place, shortened(found), allowed)
}

fn too_large() -> Refusal {
    let message = format!("the body is larger than {BODY_BYTES_MAX} bytes");
    let allowed = format!("at most {BODY_BYTES_MAX} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message).at("body", "more", allowed)
}

fn must_be_json(headers: &HeaderMap) -> Reply<()> {
    let found = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = found.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Refusal::invalid("header content-type", shortened(found), "application/json"))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Reply<T> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
        let path = e.path().to_string();
        let place = if path == "." { "body".to_owned() } else { format!("body.{path}") };
        explained(&place, e.inner())
    })?;
    json.end().map_err(|e| explained("body", &e))?;
    Ok(value)
}

/// The place, what was found and what is allowed, out of the sentence of a JSON error.
fn explained(place: &str, error: &serde_json::Error) -> Refusal {
    let sentence = error.to_string();
    if !error.is_data() {
        let place = format!("body, line {}, column {}", error.line(), error.column());
        let what = sentence.split(" at line ").next().unwrap_or(&sentence);
        return Refusal::new(StatusCode::BAD_REQUEST, "malformed", "the body is not JSON").at(&place, what, "one JSON object");
    }
    let words = sentence.split(" at line ").next().unwrap_or(&sentence);
    if let Some(field) = words.strip_prefix("missing field ") {
        let place = format!("{place}.{}", field.trim_matches('`'));
        return Refusal::invalid(&place, "nothing", "a value");
    }
    let (found, allowed) = words.split_once(", expected ").unwrap_or((words, "another value"));
    let found = found.strip_prefix("invalid type: ").or_else(|| found.strip_prefix("invalid value: ")).unwrap_or(found);
    // a wrong type may be a misplaced password: its kind is told, not its text
    let found = if found.starts_with("string ") { "a string" } else { found };
    Refusal::invalid(place, shortened(found), allowed)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(FOUND_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// An instant from a query.
///
/// # Errors
/// It is no RFC 3339 instant.
pub fn instant(place: &str, text: &str) -> Reply<Instant> {
    text.parse().map_err(|_| Refusal::invalid(place, shortened(text), "RFC 3339 such as 2026-03-02T06:00:00Z"))
}

/// A number within its bounds, or the usual one where nothing was said.
///
/// # Errors
/// It is out of bounds.
pub fn bounded(place: &str, found: Option<u32>, usual: u32, max: u32) -> Reply<usize> {
    match found.unwrap_or(usual) {
        n if (1..=max).contains(&n) => Ok(n as usize),
        n => Err(Refusal::invalid(place, n.to_string(), format!("1 to {max}"))),
    }
}

/// A word of a closed list.
///
/// # Errors
/// It is not on the list.
pub fn word<T: Copy>(place: &str, found: &str, list: &[(T, &'static str)]) -> Reply<T> {
    list.iter().find(|(_, w)| *w == found).map(|(value, _)| *value).ok_or_else(|| {
        let allowed: Vec<_> = list.iter().map(|(_, w)| *w).collect();
        Refusal::invalid(place, shortened(found), allowed.join(", "))
    })
}

/// A text with a number of characters within bounds; its content is not echoed.
///
/// # Errors
/// It is too short or too long.
pub fn text_within(place: &str, text: &str, chars: std::ops::RangeInclusive<usize>) -> Reply<()> {
    let found = text.chars().count();
    if chars.contains(&found) {
        return Ok(());
    }
    Err(Refusal::invalid(place, format!("{found} characters"), format!("{} to {} characters", chars.start(), chars.end())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::person::{NewUser, SignIn};
    use axum::response::IntoResponse;
    use proptest::prelude::*;

    #[test]
    fn a_misplaced_secret_is_not_echoed() {
        let refusal =
            read::<crate::form::person::NewVerdict>(br#"{"approved":"my password","reason":""}"#).err().expect("refused");
        assert!(!format!("{refusal:?}").contains("my password"), "{refusal:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let refused = read::<SignIn>(&bytes).err().map(|r| r.into_response().status());
            prop_assert!(refused.is_none_or(|s| s == StatusCode::BAD_REQUEST));
        }

        #[test]
        fn any_json_gets_an_answer(name in ".{0,20}", extra in "[a-z\"{}:,\\[\\]0-9]{0,30}") {
            let text = format!(r#"{{"name":{name:?},"role":{extra}}}"#);
            let refused = read::<NewUser>(text.as_bytes()).err().map(|r| r.into_response().status());
            prop_assert_eq!(refused, Some(StatusCode::BAD_REQUEST));
        }

        #[test]
        fn a_name_is_kept_as_it_was_sent(name in ".{0,40}", password in ".{0,40}") {
            let text = serde_json::json!({ "name": name, "password": password }).to_string();
            let sent: SignIn = read(text.as_bytes()).expect("both are there");
            prop_assert_eq!((sent.name, sent.password), (name, password));
        }
    }
}
