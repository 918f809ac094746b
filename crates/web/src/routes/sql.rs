//! Read-only SQL over the history.

use super::Look;
use crate::form::person::{SqlQuery, SqlTable};
use crate::house::{SqlBody, SqlFormat, SqlShape};
use crate::reply::{Refusal, Reply};
use crate::session::Seat;
use crate::take::{Body, text_within};
use crate::windows::Windows;
use axum::Extension;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// Rows of a JSON answer at most; what is beyond is told of by `cut`.
const TABLE_ROWS_MAX: usize = 1_000;
/// Rows of any other answer at most; one with more breaks off.
pub const ROWS_MAX: usize = 10_000_000;
/// Characters of a query.
const QUERY_CHARS_MAX: usize = 65_536;
/// Characters of a query kept in the audit trail.
const NOTED_CHARS_MAX: usize = 500;

/// Forms of an answer: content type, form, rows at most. The first one is given where the caller has no wish.
const FORMATS: [(&str, SqlFormat, usize); 4] = [
    ("application/json", SqlFormat::Json, TABLE_ROWS_MAX),
    ("text/csv", SqlFormat::Csv, ROWS_MAX),
    ("application/vnd.apache.arrow.stream", SqlFormat::Arrow, ROWS_MAX),
    ("application/vnd.apache.parquet", SqlFormat::Parquet, ROWS_MAX),
];

/// One read-only SQL query over the history. Besides the tables of machine types and records there is `last`, the newest value of
/// every channel. JSON holds at most 1,000 rows; the other forms are streamed, at most 10,000,000 rows in 30 s.
#[utoipa::path(
    post, path = "/api/v1/sql", tag = "data", request_body = SqlQuery,
    responses((
        status = 200,
        content(
            (SqlTable = "application/json"),
            (String = "text/csv"),
            (Vec<u8> = "application/vnd.apache.arrow.stream"),
            (Vec<u8> = "application/vnd.apache.parquet")
        )
    ))
)]
pub async fn sql(
    State(windows): Look,
    Extension(seat): Extension<Seat>,
    headers: HeaderMap,
    Body(sent): Body<SqlQuery>,
) -> Reply<Response> {
    let (kind, format, rows_max) = wished(&headers)?;
    let pieces = answer(&windows, &seat.name, sent.query, (format, rows_max)).await?;
    Ok(([(CONTENT_TYPE, kind)], axum::body::Body::from_stream(pieces)).into_response())
}

/// The answer to a person's query, which is written into the audit trail first.
///
/// # Errors
/// The query is too long, not understood, or would change something; the audit trail cannot be written.
pub async fn answer(windows: &Windows, who: &str, query: String, (format, rows_max): (SqlFormat, usize)) -> Reply<SqlBody> {
    fits(&query)?;
    note(windows, who, &query).await?;
    Ok(windows.house.sql(query, format, rows_max).await?)
}

/// What a person's query would give, without carrying it out. Only a query that is refused is written into the audit trail: who
/// asks for the shape of a good one has seen nothing yet.
///
/// # Errors
/// As [`answer`].
pub async fn shape(windows: &Windows, who: &str, query: String) -> Reply<SqlShape> {
    fits(&query)?;
    match windows.house.sql_shape(query.clone()).await {
        Ok(shape) => Ok(shape),
        Err(error) => {
            note(windows, who, &query).await?;
            Err(error.into())
        }
    }
}

fn fits(query: &str) -> Reply<()> {
    text_within("body.query", query, 1..=QUERY_CHARS_MAX)
}

async fn note(windows: &Windows, who: &str, query: &str) -> Reply<()> {
    let noted: String = query.chars().take(NOTED_CHARS_MAX).collect();
    windows.note(who, "sql", "history", &noted).await
}

/// The first form that the caller accepts; weights are not looked at.
fn wished(headers: &HeaderMap) -> Reply<(&'static str, SqlFormat, usize)> {
    let accepted = headers.get(ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("*/*");
    let kinds = accepted.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
    let known = |kind: &str| match kind {
        "*/*" | "application/*" => FORMATS.first(),
        "text/*" => FORMATS.get(1),
        _ => FORMATS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(kind)),
    };
    kinds.filter_map(known).next().copied().ok_or_else(|| {
        let allowed: Vec<&str> = FORMATS.iter().map(|(kind, ..)| *kind).collect();
        let message = "the answer cannot be given in the form that is accepted";
        Refusal::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", message).at("header accept", accepted, allowed.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_form_is_given() {
        let of = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().expect("a header"));
            wished(&headers).map(|(_, format, _)| format)
        };
        assert_eq!(of("text/html, text/csv;q=0.5, application/json"), Ok(SqlFormat::Csv));
        assert_eq!(of("Application/VND.apache.arrow.stream"), Ok(SqlFormat::Arrow));
        assert_eq!(of("*/*"), Ok(SqlFormat::Json));
        assert!(of("image/png").is_err());
        assert_eq!(wished(&HeaderMap::new()).map(|(_, format, _)| format), Ok(SqlFormat::Json));
    }
}
