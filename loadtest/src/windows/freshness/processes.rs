//! The servers and services that are measured, and the CPU time of each.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use crate::output::note;
use crate::passthrough::cpu_of;

/// A Postgres of its own, started and stopped by `deploy/dev/postgres`.
#[derive(Debug)]
pub(super) struct Database {
    script: PathBuf,
    dir: PathBuf,
    url: String,
}

impl Database {
    pub(super) fn start(dir: &Path) -> anyhow::Result<Self> {
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/dev/postgres");
        let here = PathBuf::from("deploy/dev/postgres");
        let script = [here, built_in].into_iter().find(|path| path.is_file());
        let script = script.context("there is no deploy/dev/postgres; run this in a checkout")?;
        call(&script, "start", dir)?;
        let url = std::fs::read_to_string(dir.join("url"))?.trim().to_owned();
        Ok(Self { script, dir: dir.to_owned(), url })
    }

    /// Its client, waiting for questions.
    pub(super) fn psql(&self) -> Command {
        let mut command = Command::new(&self.script);
        command.arg("psql").arg(&self.dir).args(["-X", "-q", "-A", "-t"]);
        command.args(["-v", "ON_ERROR_STOP=1"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    /// Every process of the server: they work in its data folder, and only they do.
    fn pids(&self) -> Vec<u32> {
        let data = self.dir.join("data");
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let pid = |entry: std::fs::DirEntry| {
            let is_its = std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == data);
            entry.file_name().to_str()?.parse().ok().filter(|_| is_its)
        };
        entries.flatten().filter_map(pid).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Err(error) = call(&self.script, "stop", &self.dir) {
            note(&format!("Postgres did not stop: {error}"));
        }
    }
}

fn call(script: &Path, command: &str, dir: &Path) -> anyhow::Result<()> {
    let status = Command::new(script).arg(command).arg(dir).stdout(Stdio::null()).status();
    let status = status.with_context(|| format!("cannot run {}", script.display()))?;
    ensure!(status.success(), "{} {command} {} failed", script.display(), dir.display());
    Ok(())
}

/// The service that stores results.
#[derive(Debug)]
pub(super) struct Sink {
    child: Child,
    log: PathBuf,
}

impl Sink {
    pub(super) fn start(
        binary: &Path,
        brokers: &str,
        database: &Database,
        dir: &Path,
    ) -> anyhow::Result<Self> {
        let path = dir.join("sink.log");
        let log = File::create(&path)?;
        let child = Command::new(binary)
            .args(["run", "postgres", "--brokers", brokers, "--slot", "sink"])
            .args(["--database-url", &database.url])
            .args(["--admin-address", "127.0.0.1:0", "--log-format", "text"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        Ok(Self { child, log: path })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails when it has ended by itself.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(5).collect();
            bail!("the sink ended by itself with {status}: {}", last.join(" / "));
        }
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The processes by name, and what CPU time they had used at first. Of Postgres' processes those that
/// lived all the time count.
#[derive(Debug)]
pub(super) struct Processes {
    pids: BTreeMap<&'static str, Vec<(u32, Duration)>>,
}

impl Processes {
    pub(super) fn of(
        brokers: &[u32],
        database: &Database,
        windows: Option<u32>,
        sink: u32,
    ) -> Self {
        let with_cpu = |pids: Vec<u32>| pids.into_iter().map(|pid| (pid, cpu_of(pid))).collect();
        let pids = BTreeMap::from([
            ("broker", with_cpu(brokers.to_vec())),
            ("postgres", with_cpu(database.pids())),
            ("metric-windows", with_cpu(windows.into_iter().collect())),
            ("sink", with_cpu(vec![sink])),
            ("load-test", with_cpu(vec![std::process::id()])),
        ]);
        Self { pids }
    }

    /// CPU time since then.
    pub(super) fn used(&self) -> BTreeMap<&'static str, Duration> {
        let since = |(pid, before): &(u32, Duration)| cpu_of(*pid).saturating_sub(*before);
        self.pids.iter().map(|(name, pids)| (*name, pids.iter().map(since).sum())).collect()
    }
}
