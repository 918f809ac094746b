//! The stored form of bookmarks: how far a source was read. They travel with the versions of records, in the same commit as the
//! readings before them.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BookmarkV1 {
    bookmark_v1: (String, String),
}

/// A bookmark as JSON.
///
/// # Errors
/// Never for text; the sentence of the serialiser.
pub(crate) fn bookmark_to_json(key: &str, value: &str) -> Result<String, String> {
    let form = BookmarkV1 { bookmark_v1: (key.to_owned(), value.to_owned()) };
    serde_json::to_string(&form).map_err(|error| error.to_string())
}

/// The key and value of a bookmark; `None` where the JSON is a record.
pub(crate) fn bookmark_from_json(json: &str) -> Option<(String, String)> {
    // records begin with their version; a look at the first key spares reading them twice
    json.starts_with("{\"bookmark_v1\"").then(|| serde_json::from_str::<BookmarkV1>(json).ok())?.map(|form| form.bookmark_v1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_a_bookmark_is_written_and_read_the_same() {
        let json = bookmark_to_json("press log\nline \"1\".csv", "1 2 3").expect("JSON");
        assert_eq!(json, r#"{"bookmark_v1":["press log\nline \"1\".csv","1 2 3"]}"#);
        assert_eq!(bookmark_from_json(&json), Some(("press log\nline \"1\".csv".to_owned(), "1 2 3".to_owned())));
        assert_eq!(bookmark_from_json(r#"{"v":"1","id":"finding-1"}"#), None);
    }
}
