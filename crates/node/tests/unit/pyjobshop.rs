//! Random small scheduling models of what binds operations to each other (permutations, machines without idle time, factories, kinds of precedences,
//! interruptions, alternatives, set-ups): `socium plan` finds the makespan that PyJobShop proves (`pyjobshop.py`). Without PyJobShop the
//! test is left out and says so.

use super::process::run;
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

const SCRIPT: &str = include_str!("pyjobshop.py");
/// Models of each of the six kinds.
const MODELS: u32 = 8;

#[test]
fn small_models_have_the_makespan_that_pyjobshop_proves() {
    let has = Command::new("python3").args(["-c", "import pyjobshop"]).output().is_ok_and(|o| o.status.success());
    if !has {
        eprintln!("left out: python3 has no `pyjobshop`; `cargo xtask test` installs it");
        return;
    }
    let mut peer = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("PyJobShop starts");
    let mut seeds = peer.stdin.take().expect("its stdin");
    (0..6 * MODELS).for_each(|seed| writeln!(seeds, "{seed}").expect("a seed"));
    drop(seeds);
    let answers = peer.wait_with_output().expect("its answers");
    assert!(answers.status.success());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("model.json");
    let mut compared = 0;
    for line in String::from_utf8_lossy(&answers.stdout).lines() {
        let answer: Value = serde_json::from_str(line).expect("JSON");
        fs::write(&file, answer["form"].to_string()).expect("the model");
        let (code, told) = run(folder.path(), &["plan", "--iterations", "30000", "model.json"]);
        let plan = told.find('{').map(|at| &told[at..]).unwrap_or_default();
        let plan: Option<Value> = serde_json::Deserializer::from_str(plan).into_iter().next().and_then(Result::ok);
        let plan = plan.unwrap_or_else(|| panic!("no plan: {told}"));
        match answer["least"].as_f64() {
            Some(least) => assert_eq!((code, plan["makespan"].as_f64()), (Some(0), Some(least)), "{line}\n{told}"),
            None => assert_eq!(code, Some(1), "there is no plan: {line}\n{told}"),
        }
        compared += 1;
    }
    assert_eq!(compared, 6 * MODELS);
    eprintln!("{compared} models");
}
