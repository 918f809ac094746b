//! People who may sign in.

use super::Look;
use crate::form::person::{NewUser, User};
use crate::house;
use crate::reply::{Refusal, Reply};
use crate::session::Seat;
use crate::sign_in::PASSWORD_CHARS;
use crate::take::{Body, text_within, word};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use plant::UserRole;

/// People at most.
const USERS_MAX: usize = 1_000;

/// All people.
#[utoipa::path(get, path = "/api/v1/users", tag = "people", responses((status = 200, body = [User])))]
pub async fn users(State(windows): Look) -> Reply<Json<Vec<User>>> {
    let users = windows.house.users().await?;
    Ok(Json(users.into_iter().map(User::from).collect()))
}

fn name_fits(name: &str) -> Reply<()> {
    text_within("body.name", name, 1..=64)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    match name.chars().find(|c| !plain(*c)) {
        None => Ok(()),
        Some(c) => Err(Refusal::invalid("body.name", format!("`{c}`"), "a-z, 0-9, ., _, -")),
    }
}

/// Add a person.
#[utoipa::path(post, path = "/api/v1/users", tag = "people", request_body = NewUser, responses((status = 201, body = User)))]
pub async fn add(
    State(windows): Look,
    Extension(seat): Extension<Seat>,
    Body(sent): Body<NewUser>,
) -> Reply<(StatusCode, Json<User>)> {
    name_fits(&sent.name)?;
    let role = word("body.role", &sent.role, &UserRole::ALL)?;
    text_within("body.password", &sent.password, PASSWORD_CHARS)?;
    let there = windows.house.users().await?;
    if there.iter().any(|u| u.name == sent.name) {
        return Err(Refusal::conflict(format!("a person named `{}` is there already", sent.name)));
    }
    if there.len() >= USERS_MAX {
        return Err(Refusal::conflict(format!("there are {USERS_MAX} people already; more are not allowed")));
    }
    let password_hash = windows.passwords.hash(sent.password).await?;
    let user = house::User { name: sent.name, role, password_hash };
    windows.house.put_user(user.clone()).await?;
    windows.note(&seat.name, "user_added", &user.name, role.word()).await?;
    Ok((StatusCode::CREATED, Json(user.into())))
}
