//! A Postgres and the sink that fills it, as processes that can be killed.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::output::note;

/// A Postgres of its own, started and stopped by `deploy/dev/postgres`.
#[derive(Debug)]
pub struct Database {
    script: PathBuf,
    dir: PathBuf,
    url: String,
}

impl Database {
    /// Starts it in a folder of its own.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(dir: &Path) -> anyhow::Result<Self> {
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/dev/postgres");
        let here = PathBuf::from("deploy/dev/postgres");
        let script = [here, built_in].into_iter().find(|path| path.is_file());
        let script = script.context("there is no deploy/dev/postgres; run this in a checkout")?;
        call(&script, "start", dir)?;
        let url = std::fs::read_to_string(dir.join("url"))?.trim().to_owned();
        Ok(Self { script, dir: dir.to_owned(), url })
    }

    /// Where it is reached.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `kill -9` of all its processes, as in a crash.
    ///
    /// # Errors
    /// When they do not go.
    pub fn kill(&self) -> anyhow::Result<()> {
        call(&self.script, "kill", &self.dir)
    }

    /// Starts it again, with its data and its port.
    ///
    /// # Errors
    /// When it does not start.
    pub fn up(&self) -> anyhow::Result<()> {
        call(&self.script, "up", &self.dir)
    }

    /// Its client, waiting for questions.
    #[must_use]
    pub fn psql(&self) -> Command {
        let mut command = Command::new(&self.script);
        command.arg("psql").arg(&self.dir).args(["-X", "-q", "-A", "-t"]);
        command.args(["-v", "ON_ERROR_STOP=1"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    /// The lines of an answer.
    ///
    /// # Errors
    /// When the question is refused.
    pub fn ask(&self, sql: &str) -> anyhow::Result<Vec<String>> {
        let output = self.psql().args(["-c", sql]).stdin(Stdio::null()).output()?;
        ensure!(output.status.success(), "Postgres: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
    }

    /// Every process of the server: they work in its data folder, and only they do.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
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

/// The service that stores results; killed when it goes out of scope.
#[derive(Debug)]
pub struct Sink {
    child: Child,
    log: PathBuf,
}

impl Sink {
    /// Starts it; what it logs is added to `sink.log` in `dir`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(
        binary: &Path,
        brokers: &str,
        database: &Database,
        dir: &Path,
        settings: &[&str],
    ) -> anyhow::Result<Self> {
        let path = dir.join("sink.log");
        let log: File = OpenOptions::new().create(true).append(true).open(&path)?;
        let child = Command::new(binary)
            .args(["run", "postgres", "--brokers", brokers, "--slot", "sink"])
            .args(["--database-url", &database.url])
            .args(["--admin-address", "127.0.0.1:0", "--log-format", "text"])
            .args(settings)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        Ok(Self { child, log: path })
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails when it has ended by itself.
    ///
    /// # Errors
    /// With the last lines it wrote.
    pub fn check(&mut self) -> anyhow::Result<()> {
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
