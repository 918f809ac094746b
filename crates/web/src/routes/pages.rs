//! The built UI: files of `ui/dist`, carried in release binaries, read from the folder by debug ones. Enters: a path. Leaves: a
//! file, or the first page for any path without an ending (the UI finds its own way from there). Absent: any other file.

use crate::reply::Refusal;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Built;

const FIRST: &str = "index.html";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Socium</title>\
    <h1>The UI is not built</h1><p>Run <code>cargo xtask demo</code>, which builds it, or <code>npm ci &amp;&amp; npm run build</code> \
    in <code>ui/</code>. The API answers at <a href=\"/api/v1/openapi.json\">/api/v1</a>.</p></html>";

/// The file of a path.
pub fn page(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this is not done here").into_response();
    }
    answer(path, headers, Built::get)
}

fn answer(path: &str, headers: &HeaderMap, file: impl Fn(&str) -> Option<EmbeddedFile>) -> Response {
    let name = path.trim_start_matches('/');
    // names of built files need no escapes and never step up
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(&b)) && !name.contains("..");
    let wanted = if name.is_empty() { FIRST } else { name };
    match if plain { file(wanted) } else { None } {
        Some(found) => sent(wanted, &found, headers),
        None if plain && !name.contains('.') => match file(FIRST) {
            Some(first) => sent(FIRST, &first, headers),
            None => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
        },
        None => Refusal::unknown("page", path).into_response(),
    }
}

fn sent(name: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let hash: String = file.metadata.sha256_hash().iter().take(16).map(|b| format!("{b:02x}")).collect();
    let tag = format!("\"{hash}\"");
    // the builder puts a hash into the names of what lies under assets/
    let keep = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let about = [(CACHE_CONTROL, keep.to_owned()), (ETAG, tag.clone())];
    if headers.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok()) == Some(tag.as_str()) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    let kind = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    (about, [(CONTENT_TYPE, kind)], file.data.to_vec()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn folder(name: &str) -> Option<EmbeddedFile> {
        // the crate's own files stand in for a built UI, with the folder's reading code as in a debug binary
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(match name {
            "index.html" => "Cargo.toml",
            "assets/a-1.js" => "build.rs",
            _ => return None,
        });
        rust_embed::utils::read_file_from_fs(&path).ok()
    }

    #[test]
    fn files_are_found_and_paths_without_ending_lead_to_the_first_page() {
        let none = HeaderMap::new();
        let table = [
            ("/", 200, "no-cache"),
            ("/decisions", 200, "no-cache"),
            ("/assets/a-1.js", 200, "public, max-age=31536000, immutable"),
            ("/assets/gone.js", 404, ""),
            ("/../Cargo.toml", 404, ""),
            ("/%2e%2e/Cargo.toml", 404, ""),
            ("/assets/..%2f..%2fCargo", 404, ""),
            ("/assets\\..\\Cargo", 404, ""),
        ];
        for (path, status, keep) in table {
            let response = answer(path, &none, folder);
            assert_eq!(response.status(), status, "{path}");
            let found = response.headers().get(CACHE_CONTROL).map_or("", |v| v.to_str().expect("text"));
            assert_eq!(found, keep, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_asks_for_a_file_outside(path in "[/.%a-zA-Z0-9\\\\_-]{0,40}") {
            answer(&path, &HeaderMap::new(), |name| {
                assert!(!name.contains("..") && !name.starts_with('/') && !name.contains(['%', '\\']), "{name}");
                None
            });
        }
    }

    #[test]
    fn an_unchanged_file_is_not_sent_again() {
        let first = answer("/", &HeaderMap::new(), folder);
        let tag = first.headers().get(ETAG).cloned().expect("a tag");
        let again = answer("/", &HeaderMap::from_iter([(IF_NONE_MATCH, tag)]), folder);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn without_a_built_ui_the_page_says_what_to_do() {
        let response = answer("/", &HeaderMap::new(), |_| None);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
