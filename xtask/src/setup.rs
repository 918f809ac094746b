//! What must be on the machine: found, installed where that is possible, or named with the command that installs it.

use crate::run::{Failure, Step, answers, cache, root};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const NODE_MAJOR_MIN: u32 = 20;

/// Node is there and new enough.
pub fn node() -> Result<(), Failure> {
    let advice =
        format!("Install Node.js {NODE_MAJOR_MIN} or newer with npm: `apt-get install nodejs npm`, or from https://nodejs.org.");
    let output = Command::new("node").arg("--version").output();
    let version = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    let major = version.trim_start_matches('v').split('.').next().and_then(|m| m.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE_MAJOR_MIN => Ok(()),
        Some(_) => Err(Failure::new(format!("Node.js {version} is too old"), advice)),
        None => Err(Failure::new("Node.js is missing: the UI is built with it", advice)),
    }
}

/// The UI's packages are installed as its lock file says.
pub fn ui_packages() -> Result<(), Failure> {
    node()?;
    let stamp = root().join("ui/node_modules/.package-lock.json");
    let lock = root().join("ui/package-lock.json");
    let age = |path: &PathBuf| fs::metadata(path).and_then(|m| m.modified()).ok();
    if age(&stamp).is_some_and(|installed| age(&lock).is_some_and(|locked| installed >= locked)) {
        return Ok(());
    }
    Step::new("installing the UI's packages", "npm", &["ci", "--no-audit", "--no-fund"])
        .within("ui")
        .advise("npm needs its registry once; check the network or the proxy settings of npm.")
        .run()
}

/// The UI is built into `ui/dist`.
pub fn ui_built() -> Result<(), Failure> {
    ui_packages()?;
    Step::new("building the UI", "npm", &["run", "--silent", "build"]).within("ui").run()
}

/// A Debian package's program, installed with apt-get where we are root.
pub fn debian(program: &str, argument: &str, package: &str) -> Result<(), Failure> {
    if answers(program, argument) {
        return Ok(());
    }
    let advice = format!("Install it: `sudo apt-get install {package}`.");
    if !is_root() || !answers("apt-get", "--version") {
        return Err(Failure::new(format!("`{program}` is missing"), advice));
    }
    let quiet = |title: &str, words: &[&str]| Step::new(title, "apt-get", words).with("DEBIAN_FRONTEND", "noninteractive");
    quiet("refreshing the list of Debian's packages", &["update", "-qq"]).advise(&advice).run()?;
    quiet(&format!("installing {package}"), &["install", "-y", "-qq", package]).advise(&advice).run()
}

/// A search path on which `python3` has the peers that tests talk to: OPC UA, Modbus, MQTT, Sparkplug, DuckDB, Flight SQL.
pub fn with_python_peers() -> Result<OsString, Failure> {
    const PEERS: [&str; 16] = [
        "asyncua==2.1.0",
        "pymodbus==3.16.1",
        "duckdb==2.0.0",
        "pysparkplug==0.6.1",
        "influxdb-client==1.50.0",
        "paho-mqtt==1.6.1",
        "ortools==9.15.6755",
        "pyjobshop==0.0.9",
        "adbc-driver-manager==1.13.0",
        "adbc-driver-flightsql==1.13.0",
        "pyarrow==26.0.1",
        "pandas==3.1.1",
        "scikit-learn==1.9.1",
        "lightgbm==4.7.0",
        "river==0.26.1",
        "stumpy==1.14.1",
    ];
    let folder = cache().join("peers");
    let python = folder.join("bin/python");
    let stamp = folder.join("installed.txt");
    let search = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([folder.join("bin")].into_iter().chain(std::env::split_paths(&search)));
    let path = path.map_err(|e| Failure::new(format!("PATH: {e}"), "Take the colon out of the folder's name."))?;
    if fs::read_to_string(&stamp).is_ok_and(|found| found == PEERS.join("\n")) {
        return Ok(path);
    }
    if !answers("python3", "--version") {
        debian("python3", "--version", "python3-venv")?;
    }
    let place = folder.to_string_lossy().into_owned();
    let advice = "The peers are `asyncua`, `pymodbus` and `pysparkplug` from PyPI; they need python3 with venv: `apt-get install python3-venv`.";
    Step::new("making a Python environment for test peers", "python3", &["-m", "venv", &place]).advise(advice).run()?;
    let mut words = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    words.extend(PEERS);
    Step::new("installing test peers from PyPI", &python, &words).advise(advice).run()?;
    fs::write(&stamp, PEERS.join("\n"))
        .map_err(|e| Failure::new(format!("{}: {e}", stamp.display()), "Make the folder writable."))?;
    Ok(path)
}

/// `cargo-deny`, built once into the cache.
pub fn cargo_deny() -> Result<PathBuf, Failure> {
    let root = cache().join("tools");
    let program = root.join("bin/cargo-deny");
    if !program.exists() {
        let place = root.to_string_lossy().into_owned();
        let words = ["install", "--quiet", "--locked", "--root", &place, "cargo-deny@0.20.2"];
        Step::cargo("building cargo-deny (once, some minutes)", &words).run()?;
    }
    Ok(program)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0"))
}
