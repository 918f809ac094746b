//! What every request passes before its route: the name it called us by (DNS rebinding), room and time for it, our own pages
//! as its origin (CSRF), the session and the role; and the security headers every answer carries.

use crate::access::{Need, need};
use crate::reply::{Refusal, Reply};
use crate::secret::same;
use crate::session::{COOKIE, Seat};
use crate::windows::Windows;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest time until an answer begins; longer than a question may take (30 s), so that a slow one is told why.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(35);

/// Header that carries the CSRF token.
pub const CSRF_HEADER: &str = "x-csrf-token";

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Names by which a loopback listener may be called.
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// No inline script, no foreign origin, no frame. Styles may be inline, because charts set them.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", CONTENT_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Two years, as the HSTS preload list asks for.
const HSTS: &str = "max-age=63072000";

/// Adds the security headers to every answer; what is not a page's file is not stored by caches.
pub async fn headers(State(windows): State<Arc<Windows>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if windows.secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Room, time, and the name called.
pub async fn door(State(windows): State<Arc<Windows>>, request: Request, next: Next) -> Response {
    let passed = pass(&windows, windows.loopback, request, async |request| Ok(next.run(request).await));
    passed.await.unwrap_or_else(IntoResponse::into_response)
}

/// Lets a request pass to what answers it, where there is room for it, within its time; `loopback` says that only this computer is
/// listened to, and then only its own names are answered to.
///
/// # Errors
/// Another name, no room, too late.
pub async fn pass(
    windows: &Windows,
    loopback: bool,
    request: Request,
    answer: impl AsyncFnOnce(Request) -> Reply<Response>,
) -> Reply<Response> {
    if loopback && !called_as_loopback(&request) {
        let found = host(&request).unwrap_or_default().to_owned();
        let message = "this address answers only to the names of this computer itself";
        let refusal = Refusal::new(StatusCode::FORBIDDEN, "wrong_host", message);
        return Err(refusal.at("header host", found, LOOPBACK_NAMES.join(", ")));
    }
    let _room = windows.requests.try_acquire().map_err(|_| Refusal::busy())?;
    tokio::time::timeout(ANSWER_WITHIN, answer(request)).await.map_err(|_| Refusal::busy())?
}

/// The name and port by which we were called; `None` where it is said twice or not at all.
fn host(request: &Request) -> Option<&str> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.as_str());
    }
    let mut all = request.headers().get_all(header::HOST).iter();
    let first = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(first)
}

fn called_as_loopback(request: &Request) -> bool {
    let Some(host) = host(request) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    LOOPBACK_NAMES.iter().any(|allowed| name.eq_ignore_ascii_case(allowed))
}

/// Origin, session and role, by the table [`crate::access::ALL`]; the seat goes on to the route.
pub async fn access(State(windows): State<Arc<Windows>>, mut request: Request, next: Next) -> Response {
    match admit(&windows, &request) {
        Ok(seat) => {
            if let Some(seat) = seat {
                request.extensions_mut().insert(seat);
            }
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn admit(windows: &Windows, request: &Request) -> Reply<Option<Seat>> {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes {
        from_our_pages(windows, request)?;
    }
    let seat = cookie(request.headers()).and_then(|token| windows.sessions.seat(token, Instant::now()));
    let least = match need(request.method().as_str(), path) {
        None => return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this is not done here")),
        Some(Need::Open) => return Ok(seat),
        Some(Need::HereOr(_)) if windows.loopback && peer(request).is_some_and(|p| p.ip().is_loopback()) => return Ok(seat),
        Some(Need::HereOr(least) | Need::Signed(least)) => least,
    };
    let seat = seat.ok_or_else(Refusal::not_signed_in)?;
    if changes {
        csrf_fits(request.headers(), &seat)?;
    }
    if seat.role < least {
        return Err(Refusal::role_too_low(&format!("{} {path}", request.method()), seat.role, least));
    }
    Ok(Some(seat))
}

fn peer(request: &Request) -> Option<SocketAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0)
}

/// The session token a browser brings.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// A browser says where a request comes from: it must be one of our own pages. Other programs say nothing.
fn from_our_pages(windows: &Windows, request: &Request) -> Reply<()> {
    let refused = |place: &str, found: &str, allowed: String| {
        let refusal = Refusal::new(StatusCode::FORBIDDEN, "foreign_origin", "only our own pages may change something");
        Err(refusal.at(place, found, allowed))
    };
    let text = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap_or("unreadable"));
    if let Some(site) = text(SEC_FETCH_SITE).filter(|site| !matches!(*site, "same-origin" | "none")) {
        return refused("header sec-fetch-site", site, "same-origin".to_owned());
    }
    let scheme = if windows.secure { "https" } else { "http" };
    let own = format!("{scheme}://{}", host(request).unwrap_or_default());
    match text(header::ORIGIN.as_str()) {
        Some(origin) if !origin.eq_ignore_ascii_case(&own) => refused("header origin", origin, own),
        _ => Ok(()),
    }
}

fn csrf_fits(headers: &HeaderMap, seat: &Seat) -> Reply<()> {
    let found = headers.get(CSRF_HEADER).and_then(|v| v.to_str().ok());
    if found.is_some_and(|token| same(token, &seat.csrf)) {
        return Ok(());
    }
    let refusal = Refusal::new(StatusCode::FORBIDDEN, "csrf", "the CSRF token is missing or not that of this session");
    let found = if found.is_some() { "another token" } else { "nothing" };
    Err(refusal.at("header x-csrf-token", found, "`csrf` as given by GET /api/v1/session"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use proptest::prelude::*;

    fn called(host: &str) -> bool {
        let request = Request::builder().uri("/").header(header::HOST, host).body(Body::empty());
        request.is_ok_and(|request| called_as_loopback(&request))
    }

    #[test]
    fn a_cookie_is_found_among_others_and_in_any_line() {
        let table = [
            (vec!["socium_session=abc"], Some("abc")),
            (vec!["a=1; socium_session=abc; b=2"], Some("abc")),
            (vec!["a=1", "socium_session=abc"], Some("abc")),
            (vec!["xsocium_session=abc"], None),
            (vec!["socium_sessionx=abc"], None),
            (vec!["a=socium_session=abc"], None),
            (vec![], None),
        ];
        for (lines, wanted) in table {
            let headers: HeaderMap = lines.iter().map(|l| (header::COOKIE, HeaderValue::from_str(l).expect("plain"))).collect();
            assert_eq!(cookie(&headers), wanted, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn a_port_changes_nothing(port in 0_u16..) {
            for name in LOOPBACK_NAMES {
                let host = format!("{name}:{port}");
                prop_assert!(called(&host), "{}", host);
            }
        }

        #[test]
        fn no_other_name_is_ours(before in "[a-z0-9.@-]{0,12}", after in "[a-z0-9.@-]{1,12}") {
            for name in LOOPBACK_NAMES {
                let (longer, other) = (format!("{before}{name}{after}"), format!("{after}{name}{before}"));
                prop_assert!(!called(&longer) && !called(&other), "{} {}", longer, other);
            }
        }
    }
}
