//! `socium connect` against `socium workshop`: real servers, the binary as people run it, and a file that `socium check` likes.

use crate::process::{PATIENCE, SOCIUM, run};
use plant::Role;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// A running `socium workshop`.
struct Workshop {
    child: Child,
    sources: Vec<(String, String)>,
}

impl Workshop {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(SOCIUM);
        command.args(["workshop", "--speed", "60", "--to", "workshop.toml", "--list", "registers.csv"]);
        let mut child =
            command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary runs");
        let mut said = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut said).expect("it says that it runs");
        assert!(said.contains("The workshop runs"), "{said}");
        let text = std::fs::read_to_string(folder.join("workshop.toml")).expect("it is written");
        let table: toml::Table = text.parse().expect("TOML");
        let word = |source: &toml::Value, key: &str| source[key].as_str().expect("a word").to_owned();
        let sources = table["source"].as_array().expect("sources").iter();
        Self { child, sources: sources.map(|s| (word(s, "protocol"), word(s, "address"))).collect() }
    }
    fn address(&self, protocol: &str) -> &str {
        self.sources.iter().find(|(p, _)| p == protocol).map(|(_, address)| address.as_str()).expect("a source")
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn three_sources_of_the_workshop_become_one_good_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let workshop = Workshop::start(folder.path());
    let began = Instant::now();
    let opcua = workshop.address("opcua").to_owned();
    let (code, text) = run(folder.path(), &["connect", &opcua, "--watch", "4 s", "--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("nothing was written") && !folder.path().join("unit.toml").exists(), "{text}");
    let (code, text) = run(folder.path(), &["connect", &opcua, "--watch", "4 s"]);
    assert_eq!(code, Some(1), "without a terminal and without --yes nothing is written: {text}");

    let modbus = format!("modbus://{}", workshop.address("modbus"));
    let sparkplug = format!("sparkplug://{}", workshop.address("sparkplug"));
    for words in [
        vec!["connect", &opcua, "--watch", "4 s", "--yes"],
        vec!["connect", &sparkplug, "--watch", "4 s", "--yes"],
        vec!["connect", &modbus, "--list", "registers.csv", "--watch", "4 s", "--yes"],
    ] {
        let (code, text) = run(folder.path(), &words);
        println!("{text}");
        assert_eq!(code, Some(0), "{words:?}: {text}");
        assert!(text.contains("unit.toml is written"), "{text}");
    }
    let (code, text) = run(folder.path(), &["check"]);
    assert_eq!(code, Some(0), "{text}");
    let config = node::config::read(&folder.path().join("unit.toml")).expect("good");
    let plant = &config.plant;
    let truth = node::config::read(&folder.path().join("workshop.toml")).expect("good").plant;
    assert_eq!(plant.machines.len(), truth.machines.len());
    for real in &truth.machines {
        let machine = plant.machine_named(&real.name).unwrap_or_else(|| panic!("{} is missing", real.name));
        assert_eq!(machine.kind, real.kind);
        for role in [Role::State, Role::Power, Role::Energy, Role::Good, Role::Scrap] {
            let wanted = truth.role(real.id, role).map(|c| (c.name.as_str(), c.unit.code()));
            let got = plant.role(machine.id, role).map(|c| (c.name.as_str(), c.unit.code()));
            assert_eq!(got, wanted, "{} {}", real.name, role.word());
        }
    }
    let (code, text) = run(folder.path(), &["connect", &opcua, "--watch", "0 s", "--yes"]);
    assert!(code == Some(0) && text.contains("read already"), "{text}");
    assert!(began.elapsed() < PATIENCE * 3, "{:?}", began.elapsed());
}

#[test]
fn what_cannot_be_connected_says_what_to_do_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let table = [
        (vec!["connect".to_owned(), "10.0.0.7".to_owned()], "allowed is"),
        (vec!["connect".to_owned(), format!("opc.tcp://{silent}")], "Check address and port"),
        (vec!["connect".to_owned(), format!("opc.tcp://{silent}"), "--watch".to_owned(), "soon".to_owned()], "--watch `soon`"),
    ];
    for (words, wanted) in table {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (code, text) = run(folder.path(), &words);
        assert!(code == Some(1) && text.contains(wanted), "{words:?}: {text}");
    }
    assert!(!folder.path().join("unit.toml").exists());
}
