//! The private Postgres starts, survives a crash, and stops, by its script.

use std::path::Path;
use std::process::Command;

use crate::support::root;

fn postgres(verb: &str, dir: &Path, more: &[&str]) -> String {
    let script = root().join("deploy/dev/postgres");
    let output = Command::new(script).arg(verb).arg(dir).args(more).output().unwrap();
    assert!(output.status.success(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_was_committed_is_there_after_a_crash() {
    let dir = tempfile::Builder::new().prefix("isobar-postgres-").tempdir_in("/tmp").unwrap();
    let dir = dir.path().join("data");
    let ask = |sql: &str| postgres("psql", &dir, &["-tAc", sql]).trim().to_owned();
    postgres("start", &dir, &[]);
    ask("create table kept (n int); insert into kept values (42)");
    postgres("kill", &dir, &[]);
    postgres("up", &dir, &[]);
    assert_eq!(ask("select n from kept"), "42");
    postgres("stop", &dir, &[]);
}
