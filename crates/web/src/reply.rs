//! Refusals: every way in which the windows say no, with its HTTP status, a code, one English sentence, and where it helps the
//! place, what was found and what is allowed. Leaves: the form [`ErrorBody`]. Absent: secrets.

use crate::form::person::{ErrorBody, ErrorForm};
use crate::house::HouseError;
use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use plant::UserRole;
use std::time::Duration;

/// A no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    error: Box<ErrorForm>,
    retry_after: Option<Duration>,
}

/// What a handler gives back.
pub type Reply<T> = Result<T, Refusal>;

impl Refusal {
    /// A refusal with a status, a code and a sentence.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let (place, found, allowed) = (None, None, None);
        let error = ErrorForm { code: code.to_owned(), message: message.into(), place, found, allowed };
        Self { status, error: Box::new(error), retry_after: None }
    }
    /// Adds where it is wrong, what was found there and what is allowed.
    #[must_use]
    pub fn at(mut self, place: &str, found: impl Into<String>, allowed: impl Into<String>) -> Self {
        self.error.place = Some(place.to_owned());
        self.error.found = Some(found.into());
        self.error.allowed = Some(allowed.into());
        self
    }
    /// Adds when to try again.
    #[must_use]
    pub const fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
    /// The status and the whole sentence, for callers that take no JSON.
    pub fn told(&self) -> (StatusCode, String) {
        let error = &*self.error;
        let place = match (&error.place, &error.found, &error.allowed) {
            (Some(place), Some(found), Some(allowed)) => format!("; {place}: found {found}; allowed is {allowed}"),
            _ => String::new(),
        };
        (self.status, format!("{}{place}", error.message))
    }
    /// 400: a value that cannot be used.
    pub fn invalid(place: &str, found: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", format!("`{place}` cannot be used")).at(place, found, allowed)
    }
    /// 401: nobody is signed in.
    pub fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "sign in first")
    }
    /// 401: the same for an unknown name and a wrong password.
    pub fn wrong_sign_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "wrong_sign_in", "name or password is wrong")
    }
    /// 403: the role is too low.
    pub fn role_too_low(place: &str, found: UserRole, least: UserRole) -> Self {
        let message = format!("this needs the role {} or higher", least.word());
        Self::new(StatusCode::FORBIDDEN, "role_too_low", message).at(place, found.word(), roles_from(least))
    }
    /// 404: there is no such thing.
    pub fn unknown(what: &str, name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown", format!("{what} `{name}` is not known here"))
    }
    /// 409: it is not in a state that allows it.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }
    /// 429: too many attempts.
    pub fn too_many(wait: Duration) -> Self {
        let seconds = seconds_up(wait);
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many", format!("too many attempts; try again in {seconds} s")).after(wait)
    }
    /// 503: the house is busy.
    pub fn busy() -> Self {
        Self::from(HouseError::Busy)
    }
}

fn roles_from(least: UserRole) -> String {
    let words: Vec<_> = UserRole::ALL.iter().filter(|(role, _)| *role >= least).map(|(_, word)| *word).collect();
    words.join(", ")
}

fn seconds_up(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1) as u64
}

impl From<HouseError> for Refusal {
    fn from(error: HouseError) -> Self {
        let message = error.to_string();
        match error {
            HouseError::Unknown { .. } => Self::new(StatusCode::NOT_FOUND, "unknown", message),
            HouseError::Conflict(_) => Self::conflict(message),
            HouseError::Invalid(_) => Self::new(StatusCode::BAD_REQUEST, "invalid", message),
            HouseError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).after(Duration::from_secs(1)),
            HouseError::Full(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "no_room", message).after(Duration::from_secs(5)),
            HouseError::Store(reason) => {
                tracing::error!(%reason, "the store failed while answering a request");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_failed", "the store failed; the log says why")
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(ErrorBody { error: *self.error })).into_response();
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds_up(wait)));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_refuse_has_its_status() {
        let unknown = HouseError::Unknown { what: "channel", name: "x".to_owned() };
        let table = [
            (Refusal::from(unknown), 404, "channel `x` is not known here"),
            (Refusal::from(HouseError::Conflict("decided already".to_owned())), 409, "decided already"),
            (Refusal::from(HouseError::Invalid("no such column".to_owned())), 400, "no such column"),
            (Refusal::from(HouseError::Full("no memory is free".to_owned())), 503, "no memory is free"),
            (Refusal::from(HouseError::Busy), 503, "the unit did not answer in time; try again"),
            (Refusal::from(HouseError::Store("/secret/path".to_owned())), 503, "the store failed; the log says why"),
        ];
        for (refusal, status, message) in table {
            assert_eq!((refusal.status.as_u16(), refusal.error.message.as_str()), (status, message));
        }
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_rounded_up() {
        let response = Refusal::too_many(Duration::from_millis(1_001)).into_response();
        assert_eq!(response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()), Some("2"));
    }

    #[test]
    fn the_roles_allowed_are_named() {
        assert_eq!(roles_from(UserRole::Planner), "planner, engineer, admin");
    }
}
