//! `docs/openapi.json` is what `/api/v1` promises. `UPDATE_GOLDEN=1 cargo test -p web golden` writes it anew after a wanted
//! change; the UI's types are then generated from it again.

use std::path::Path;

#[test]
fn golden_openapi() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let json = serde_json::to_string_pretty(&web::api::openapi()).expect("the description has a JSON");
    let made = format!("{json}\n");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        std::fs::write(&path, &made).expect("the golden file");
    }
    let kept = std::fs::read_to_string(&path).expect("docs/openapi.json");
    let line = kept.lines().zip(made.lines()).position(|(a, b)| a != b);
    assert!(
        kept == made,
        "docs/openapi.json differs from the routes at line {line:?}; if the change is wanted: UPDATE_GOLDEN=1 cargo test -p web golden"
    );
}
