//! Signing in and out, and one's own password.

use super::Look;
use crate::form::person::{NewPassword, OneTimeToken, Session, SignIn};
use crate::guard::cookie;
use crate::house::User;
use crate::one_time::PERSON;
use crate::reply::{Refusal, Reply};
use crate::secret::token_hash;
use crate::session::{COOKIE, Seat};
use crate::sign_in::{self, PASSWORD_CHARS, Typed, Way};
use crate::take::{Body, text_within};
use crate::windows::Windows;
use axum::extract::{ConnectInfo, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::AppendHeaders;
use axum::{Extension, Json};
use plant::UserRole;
use std::net::SocketAddr;
use std::time::Instant;

/// The sign-in of the pages.
const PAGES: Way = Way { place: "body", word: "password" };
/// Name under which attempts with one-time tokens are counted; no person can have it.
const ONE_TIME: &str = "one-time token";

type Opened = (AppendHeaders<[(axum::http::HeaderName, String); 1]>, Json<Session>);

impl From<Seat> for Session {
    fn from(seat: Seat) -> Self {
        Self { name: seat.name, role: seat.role.into(), csrf: seat.csrf, must_set_password: seat.must_set_password }
    }
}

fn set_cookie(windows: &Windows, token: &str, seconds: u64) -> AppendHeaders<[(axum::http::HeaderName, String); 1]> {
    let secure = if windows.secure { "; Secure" } else { "" };
    let value = format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    AppendHeaders([(SET_COOKIE, value)])
}

/// A new session instead of the one the browser still has.
fn open(windows: &Windows, headers: &HeaderMap, name: &str, (role, must_set_password): (UserRole, bool)) -> Reply<Opened> {
    if let Some(old) = cookie(headers) {
        windows.sessions.close(&token_hash(old));
    }
    let opened = windows.sessions.open(name, role, must_set_password, Instant::now());
    let (seat, token) = opened.map_err(|_| Refusal::busy())?;
    let age = windows.sessions.limits().age.as_secs();
    Ok((set_cookie(windows, &token, age), Json(seat.into())))
}

/// Sign in with name and password.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = SignIn, responses((status = 200, body = Session)))]
pub async fn sign_in(
    State(windows): Look,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(sent): Body<SignIn>,
) -> Reply<Opened> {
    let typed = Typed { name: sent.name, password: sent.password };
    let user = sign_in::sign_in(&windows, typed, peer.ip(), &PAGES).await?;
    open(&windows, &headers, &user.name, (user.role, false))
}

/// Sign in as admin with the one-time token printed when the unit started.
#[utoipa::path(
    post, path = "/api/v1/session/one-time", tag = "session", request_body = OneTimeToken, responses((status = 200, body = Session))
)]
pub async fn sign_in_once(
    State(windows): Look,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Body(sent): Body<OneTimeToken>,
) -> Reply<Opened> {
    windows.throttle.attempt(ONE_TIME, peer.ip(), Instant::now()).map_err(Refusal::too_many)?;
    let address = peer.ip().to_string();
    if !windows.one_time.spend(&sent.token, Instant::now()) {
        windows.note("unknown", "sign_in_failed", &address, ONE_TIME).await?;
        let message = "this one-time token is not known, used up or too old; start the unit anew for another";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "wrong_token", message));
    }
    windows.throttle.passed(ONE_TIME, peer.ip());
    windows.note(PERSON, "sign_in", &address, ONE_TIME).await?;
    open(&windows, &headers, PERSON, (UserRole::Admin, true))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", responses((status = 200, body = Session)))]
pub async fn who(Extension(seat): Extension<Seat>) -> Json<Session> {
    Json(seat.into())
}

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204, description = "Signed out")))]
pub async fn sign_out(
    State(windows): Look,
    Extension(seat): Extension<Seat>,
) -> Reply<(StatusCode, AppendHeaders<[(axum::http::HeaderName, String); 1]>)> {
    windows.sessions.close(&seat.key);
    windows.note(&seat.name, "sign_out", "", "").await?;
    Ok((StatusCode::NO_CONTENT, set_cookie(&windows, "", 0)))
}

/// Set one's own password; all other sessions of this person end.
#[utoipa::path(
    put, path = "/api/v1/session/password", tag = "session", request_body = NewPassword,
    responses((status = 204, description = "The new password is in force"))
)]
pub async fn set_password(
    State(windows): Look,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(seat): Extension<Seat>,
    Body(sent): Body<NewPassword>,
) -> Reply<StatusCode> {
    text_within("body.new", &sent.fresh, PASSWORD_CHARS)?;
    let user = windows.house.user(&seat.name).await?;
    if !seat.must_set_password {
        let Some(current) = sent.current else {
            return Err(Refusal::invalid("body.current", "nothing", "the password in force"));
        };
        windows.throttle.attempt(&seat.name, peer.ip(), Instant::now()).map_err(Refusal::too_many)?;
        if !windows.passwords.fits(current, user.map(|u| u.password_hash)).await? {
            let refusal = Refusal::new(StatusCode::FORBIDDEN, "wrong_password", "the current password is wrong");
            return Err(refusal.at("body.current", "another password", "the password in force"));
        }
        windows.throttle.passed(&seat.name, peer.ip());
    }
    let password_hash = windows.passwords.hash(sent.fresh).await?;
    windows.house.put_user(User { name: seat.name.clone(), role: seat.role, password_hash }).await?;
    windows.sessions.password_set(&seat.name, &seat.key);
    windows.tokens.password_set(&seat.name, &seat.key);
    windows.note(&seat.name, "password_changed", &seat.name, "").await?;
    Ok(StatusCode::NO_CONTENT)
}
