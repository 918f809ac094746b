//! What every call passes before it is answered: the name it called us by, room and time for it, a name and password or a token,
//! and the role that may ask SQL. Leaves: the [`Person`] beside the call. The token is the only thing kept.

use crate::access::{Need, need};
use crate::guard::pass;
use crate::reply::{Refusal, Reply};
use crate::sign_in::{self, Typed};
use crate::windows::Windows;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use plant::UserRole;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tonic::{Code, Status};

/// The route that asks SQL over HTTP; what it needs is needed here.
const SQL: (&str, &str) = ("POST", "/api/v1/sql");
/// The sign-in of Flight SQL.
const FLIGHT: sign_in::Way = sign_in::Way { place: "header authorization", word: "flight sql" };
const ALLOWED: &str = "Basic with name and password, or Bearer with the token that Handshake gave";

/// Base64 with or without its padding: the clients written in Go leave it out.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// What the guard needs.
#[derive(Clone)]
pub struct Guard {
    /// The windows beside which it stands.
    pub windows: Arc<Windows>,
    /// Whether only this computer is listened to.
    pub loopback: bool,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Sign-in name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// Whether they have just given their password; only they get a token.
    pub by_password: bool,
}

/// Lets a call in, or tells why not in the way of gRPC.
pub async fn admit(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let windows = &guard.windows;
    let passed = pass(windows, guard.loopback, request, async |mut request| {
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        let person = person(windows, request.headers(), from.ok_or_else(Refusal::not_signed_in)?).await?;
        request.extensions_mut().insert(person);
        Ok(next.run(request).await)
    });
    passed.await.unwrap_or_else(|refusal| Status::from(refusal).into_http())
}

async fn person(windows: &Windows, headers: &HeaderMap, from: SocketAddr) -> Reply<Person> {
    let header = headers.get(AUTHORIZATION).ok_or_else(Refusal::not_signed_in)?;
    let (scheme, value) = header.to_str().unwrap_or_default().split_once(' ').unwrap_or_default();
    let person = if scheme.eq_ignore_ascii_case("basic") {
        let user = sign_in::sign_in(windows, typed(value)?, from.ip(), &FLIGHT).await?;
        Person { name: user.name, role: user.role, by_password: true }
    } else if scheme.eq_ignore_ascii_case("bearer") {
        let seat = windows.tokens.seat(value.trim(), Instant::now()).ok_or_else(token_over)?;
        Person { name: seat.name, role: seat.role, by_password: false }
    } else {
        return Err(Refusal::not_signed_in().at("header authorization", "another scheme", ALLOWED));
    };
    match need(SQL.0, SQL.1) {
        Some(Need::Signed(least)) if person.role < least => Err(Refusal::role_too_low("Flight SQL", person.role, least)),
        Some(Need::Signed(_)) => Ok(person),
        _ => Err(Refusal::new(StatusCode::FORBIDDEN, "closed", "SQL is closed to everyone")),
    }
}

/// Name and password of the scheme Basic (RFC 7617).
fn typed(value: &str) -> Reply<Typed> {
    let plain = BASE64.decode(value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = plain.as_deref().and_then(|plain| plain.split_once(':'));
    let (name, password) = pair.ok_or_else(|| {
        let broken = Refusal::new(StatusCode::BAD_REQUEST, "invalid", "the name and password cannot be read");
        broken.at("header authorization", "something else", "Basic and base64 of name:password in UTF-8")
    })?;
    Ok(Typed { name: name.to_owned(), password: password.to_owned() })
}

fn token_over() -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, "not_signed_in", "this token is not known or too old; sign in again")
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let (status, sentence) = refusal.told();
        let code = match status {
            StatusCode::BAD_REQUEST => Code::InvalidArgument,
            StatusCode::UNAUTHORIZED => Code::Unauthenticated,
            StatusCode::FORBIDDEN => Code::PermissionDenied,
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::CONFLICT => Code::FailedPrecondition,
            StatusCode::TOO_MANY_REQUESTS => Code::ResourceExhausted,
            _ => Code::Unavailable,
        };
        Self::new(code, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_a_name_and_all_that_follows_the_first_colon() {
        let read = |text: &str| typed(&BASE64.encode(text)).map(|t| (t.name, t.password)).ok();
        assert_eq!(read("ann:a:b:c"), Some(("ann".to_owned(), "a:b:c".to_owned())));
        assert_eq!(read("ann:"), Some(("ann".to_owned(), String::new())));
        assert_eq!(read("ann"), None);
        for basic in ["YTpi", "YW46Yg==", "YW46Yg"] {
            assert_eq!(typed(basic).ok().map(|t| t.password).as_deref(), Some("b"), "{basic}");
        }
        assert!(typed("%%%").is_err() && typed("").is_err());
    }

    #[test]
    fn a_refusal_keeps_its_sentence() {
        let low = Status::from(Refusal::role_too_low("Flight SQL", UserRole::Viewer, UserRole::Engineer));
        let sentence = "this needs the role engineer or higher; Flight SQL: found viewer; allowed is engineer, admin";
        assert_eq!((low.code(), low.message()), (Code::PermissionDenied, sentence));
        assert_eq!(Status::from(Refusal::busy()).code(), Code::Unavailable);
    }
}
