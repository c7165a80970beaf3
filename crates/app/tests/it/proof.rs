//! The main job in short: `demo` and `chaos` as people run them, judged by what shares no code with the engine.

use serde_json::Value;
use std::process::Command;

fn run(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_issuesync")).args(arguments).arg("--json").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}{complained}");
    serde_json::from_str(&said).expect("the report is JSON")
}

#[test]
fn a_short_demo_loses_nothing_and_doubles_nothing() {
    let report = run(&["demo", "--seconds", "3"]);
    assert!(report["edits"]["local"].as_u64() > Some(0) && report["edits"]["remote"].as_u64() > Some(0), "{report}");
    assert_eq!((&report["lost"], &report["duplicates"], &report["converged"]), (&0.into(), &0.into(), &true.into()));
}

#[test]
fn three_kills_lose_nothing_and_double_nothing() {
    let report = run(&["chaos", "--rounds", "3"]);
    assert!(report["judged"]["local"].as_u64() > Some(0), "{report}");
    assert_eq!((&report["lost"], &report["duplicates"], &report["converged"]), (&0.into(), &0.into(), &true.into()));
}
