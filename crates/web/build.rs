//! Makes the folder of the built UI where it is absent, so that the crate builds without Node. A release binary carries the
//! UI's files and is built anew when they change; a debug binary reads them from the folder each time.

use std::path::Path;

fn main() {
    let built = Path::new("../../ui/dist");
    if !built.exists()
        && let Err(error) = std::fs::create_dir_all(built)
    {
        println!("cargo:warning=cannot make {}: {error}", built.display());
    }
    println!("cargo:rerun-if-changed=build.rs");
    if !cfg!(debug_assertions) {
        println!("cargo:rerun-if-changed=../../ui/dist");
    }
}
