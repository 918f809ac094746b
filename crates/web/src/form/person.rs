//! Sessions, people, the audit trail, SQL, and the form of every refusal.

use super::common::When;
use super::words::UserRole;
use crate::house::AuditEntry;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A person's name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Sign-in name.
    pub name: String,
    /// Password.
    pub password: String,
}

/// The one-time token printed when the unit starts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneTimeToken {
    /// The token.
    pub token: String,
}

/// A new password of one's own. `current` may be left out only in a session opened by a one-time token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The password in force.
    #[serde(default)]
    pub current: Option<String>,
    /// The new one, 12 to 128 characters.
    #[serde(rename = "new")]
    #[schema(min_length = 12, max_length = 128)]
    pub fresh: String,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Session {
    /// Sign-in name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// To be sent as `x-csrf-token` with everything that changes something.
    pub csrf: String,
    /// Whether a password is still to be set.
    pub must_set_password: bool,
}

/// A person who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    /// Sign-in name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
}

/// A person to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Sign-in name: 1 to 64 of `a-z`, `0-9`, `.`, `_`, `-`.
    #[schema(pattern = "^[a-z0-9._-]{1,64}$")]
    pub name: String,
    /// What they may do.
    #[schema(value_type = UserRole)]
    pub role: String,
    /// Password, 12 to 128 characters.
    #[schema(min_length = 12, max_length = 128)]
    pub password: String,
}

/// A person's yes or no to a decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVerdict {
    /// Yes or no.
    pub approved: bool,
    /// The reason, up to 500 characters; a no needs one.
    #[schema(max_length = 500)]
    pub reason: String,
}

/// One line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditForm {
    /// Number, rising.
    pub number: u64,
    /// When.
    pub at: When,
    /// Who.
    pub who: String,
    /// What, a code.
    pub what: String,
    /// The thing concerned.
    pub about: String,
    /// Details.
    pub detail: String,
}

/// One read-only SQL query over the history.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlQuery {
    /// The query.
    #[schema(max_length = 65536)]
    pub query: String,
}

/// Rows of an SQL answer.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SqlTable {
    /// Column names.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Whether rows beyond the limit were left out.
    pub cut: bool,
}

/// The form of every refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    /// What is wrong.
    pub error: ErrorForm,
}

/// What is wrong, where, what was found there and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ErrorDetail)]
pub struct ErrorForm {
    /// A code that programs and word lists go by.
    pub code: String,
    /// One English sentence.
    pub message: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

/// Health as probes read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
    /// Version of the program.
    pub version: &'static str,
}

impl From<crate::house::User> for User {
    fn from(u: crate::house::User) -> Self {
        Self { name: u.name, role: u.role.into() }
    }
}

impl From<AuditEntry> for AuditForm {
    fn from(e: AuditEntry) -> Self {
        Self { number: e.number, at: When(e.at), who: e.who, what: e.what, about: e.about, detail: e.detail }
    }
}
