//! Processes of the real binary, one for each slot, and what can be done to them.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::subject::Subject;

const SIGTERM: i32 = Signal::SIGTERM as i32;

/// Processes of the binary under test.
#[derive(Debug)]
pub struct Workers {
    binary: PathBuf,
    /// As the command line knows it.
    service: String,
    brokers: String,
    dir: PathBuf,
    /// Settings of the service, beyond its defaults.
    settings: Vec<String>,
    running: BTreeMap<String, Child>,
    /// Where each slot's log stood when restores were last forgotten.
    read_from: BTreeMap<String, u64>,
}

/// What restores took, as the workers logged it.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Restores {
    /// Tasks restored.
    pub tasks: u64,
    /// Bytes of images read.
    pub image_bytes: u64,
    /// Entries put into stores.
    pub entries: u64,
    /// Records replayed with outputs withheld.
    pub replayed: u64,
}

impl Workers {
    /// None yet; logs will go to `dir`.
    pub fn new(binary: &Path, subject: Subject, brokers: &str, dir: &Path) -> Self {
        Self::of(subject.name(), binary, brokers, dir)
    }

    /// The same of a service by its name: of one that is no subject, as it publishes nothing to compare.
    pub fn of(service: &str, binary: &Path, brokers: &str, dir: &Path) -> Self {
        Self {
            binary: binary.to_owned(),
            service: service.to_owned(),
            brokers: brokers.to_owned(),
            dir: dir.to_owned(),
            settings: Vec::new(),
            running: BTreeMap::new(),
            read_from: BTreeMap::new(),
        }
    }

    /// The same, started with these settings.
    #[must_use]
    pub fn with_settings(mut self, settings: &[&str]) -> Self {
        self.settings = settings.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Slots whose process runs or is stopped.
    pub fn slots(&self) -> Vec<String> {
        self.running.keys().cloned().collect()
    }

    /// Starts the process of a slot.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&mut self, slot: &str) -> anyhow::Result<()> {
        let log = self.log(slot)?;
        let child = Command::new(&self.binary)
            .args(["run", &self.service, "--brokers", &self.brokers, "--slot", slot])
            .args(["--admin-address", "127.0.0.1:0", "--log-format", "text"])
            .args(&self.settings)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        self.running.insert(slot.to_owned(), child);
        self.read_from.entry(slot.to_owned()).or_insert(0);
        Ok(())
    }

    fn log(&self, slot: &str) -> anyhow::Result<File> {
        let path = self.dir.join(format!("{slot}.log"));
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// The process of a slot.
    pub fn pid(&self, slot: &str) -> Option<u32> {
        self.running.get(slot).map(Child::id)
    }

    /// Sends a signal to a slot's process.
    ///
    /// # Errors
    /// When there is none.
    pub fn signal(&self, slot: &str, signal: Signal) -> anyhow::Result<()> {
        let child =
            self.running.get(slot).with_context(|| format!("slot {slot} is not running"))?;
        let pid = Pid::from_raw(i32::try_from(child.id())?);
        kill(pid, signal).with_context(|| format!("cannot signal slot {slot}"))
    }

    /// `kill -9`, and nothing of it is left.
    ///
    /// # Errors
    /// When there is none.
    pub fn kill(&mut self, slot: &str) -> anyhow::Result<()> {
        self.signal(slot, Signal::SIGKILL)?;
        if let Some(mut child) = self.running.remove(slot) {
            child.wait()?;
        }
        Ok(())
    }

    /// SIGTERM, and waits for its orderly end.
    ///
    /// # Errors
    /// When it does not end in order within `patience`.
    pub fn leave(&mut self, slot: &str, patience: Duration) -> anyhow::Result<()> {
        self.signal(slot, Signal::SIGTERM)?;
        let deadline = Instant::now() + patience;
        loop {
            let Some(child) = self.running.get_mut(slot) else { return Ok(()) };
            match child.try_wait()? {
                // One that was told to end before it could listen just ends: it had nothing yet.
                Some(status) if status.success() || status.signal() == Some(SIGTERM) => {
                    self.running.remove(slot);
                    return Ok(());
                }
                Some(status) => bail!("slot {slot} ended with {status}: {}", self.last_words(slot)),
                None if Instant::now() > deadline => {
                    bail!("slot {slot} did not end within {patience:?}: {}", self.last_words(slot))
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Fails when a process has ended by itself.
    ///
    /// # Errors
    /// With the last lines it wrote.
    pub fn check(&mut self) -> anyhow::Result<()> {
        for slot in self.slots() {
            let ended = self.running.get_mut(&slot).map(Child::try_wait).transpose()?.flatten();
            if let Some(status) = ended {
                bail!("slot {slot} ended by itself with {status}: {}", self.last_words(&slot));
            }
        }
        Ok(())
    }

    /// Counts only restores from now on.
    ///
    /// # Errors
    /// When the logs cannot be read.
    pub fn forget_restores(&mut self) -> anyhow::Result<()> {
        for slot in self.slots() {
            let length = std::fs::metadata(self.dir.join(format!("{slot}.log")))?.len();
            self.read_from.insert(slot, length);
        }
        Ok(())
    }

    /// Restores since they were last forgotten.
    ///
    /// # Errors
    /// When the logs cannot be read.
    pub fn restores(&self) -> anyhow::Result<Restores> {
        let mut restores = Restores::default();
        for (slot, from) in &self.read_from {
            let mut text = String::new();
            let mut file = File::open(self.dir.join(format!("{slot}.log")))?;
            file.seek(SeekFrom::Start(*from))?;
            file.read_to_string(&mut text)?;
            for line in text.lines().filter(|line| line.contains("task restored")) {
                restores.tasks += 1;
                restores.image_bytes += field(line, "image_bytes=");
                restores.entries += field(line, "entries=");
                restores.replayed += field(line, "replay=");
            }
        }
        Ok(restores)
    }

    /// Tasks that were restored from an image and had records to replay on top of it: what a crash
    /// in the middle of work leaves behind.
    ///
    /// # Errors
    /// When the logs cannot be read.
    pub fn recovered(&self) -> anyhow::Result<u64> {
        let mut recovered = 0;
        for slot in self.read_from.keys() {
            let text = std::fs::read_to_string(self.dir.join(format!("{slot}.log")))?;
            let restored = text.lines().filter(|line| line.contains("task restored"));
            let both = |line: &&str| field(line, "entries=") > 0 && field(line, "replay=") > 0;
            recovered += u64::try_from(restored.filter(both).count())?;
        }
        Ok(recovered)
    }

    fn last_words(&self, slot: &str) -> String {
        const WORDS_BYTES: i64 = 1_500;
        let path = self.dir.join(format!("{slot}.log"));
        let mut text = Vec::new();
        let read = File::open(&path).and_then(|mut file| {
            let length = i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX);
            file.seek(SeekFrom::End(-length.min(WORDS_BYTES)))?;
            file.read_to_end(&mut text)
        });
        match read {
            Ok(_) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) => format!("(its log {} cannot be read: {error})", path.display()),
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for child in self.running.values_mut() {
            // Stopped processes die of this, too.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// The number behind a name in a line of the log.
fn field(line: &str, name: &str) -> u64 {
    let rest = line.split_once(name).map_or("", |(_, rest)| rest);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// The binary under test: beside this one, unless given.
///
/// # Errors
/// When it is not there.
pub fn find_binary(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => std::env::current_exe()?.with_file_name("isobar"),
    };
    if path.is_file() {
        return Ok(path);
    }
    bail!("there is no {}; build it with `make build`, or name it with --binary", path.display())
}
