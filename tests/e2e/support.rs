//! Servers for tests: started on first use, stopped when this process ends, however it ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use kafka_runtime::KafkaSettings;

/// The checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A cluster of real Kafka, started by `deploy/dev/kafka`.
pub(crate) struct Cluster {
    dir: PathBuf,
    /// Plain listeners.
    pub(crate) brokers: String,
}

impl Cluster {
    /// Starts a cluster of its own.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap().keep();
        let status = script("kafka")
            .arg("start")
            .arg(&dir)
            .args(arguments)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(
            status.success(),
            "deploy/dev/kafka start failed; its logs are in {}",
            dir.display()
        );
        stop_with_us("kafka", &dir);
        let brokers = read(&dir, "bootstrap");
        Self { dir, brokers }
    }

    /// A file that the script wrote for this cluster.
    pub(crate) fn file(&self, name: &str) -> String {
        read(&self.dir, name)
    }

    /// Where the cluster keeps its files.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// `kill -9` for a broker.
    pub(crate) fn kill(&self, broker: u32) {
        self.call("kill", broker);
    }

    /// Starts a killed broker again, on its data and ports.
    pub(crate) fn up(&self, broker: u32) {
        self.call("up", broker);
    }

    fn call(&self, verb: &str, broker: u32) {
        let broker = broker.to_string();
        let status =
            script("kafka").arg(verb).arg(&self.dir).arg(&broker).stdout(Stdio::null()).status();
        assert!(status.unwrap().success(), "deploy/dev/kafka {verb} {broker}");
    }

    /// Client settings for the plain listeners.
    pub(crate) fn settings(&self) -> KafkaSettings {
        KafkaSettings::new(&self.brokers)
    }
}

/// One broker shared by all tests that do not disturb it.
pub(crate) fn shared_broker() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| Cluster::start(&["--brokers", "1"]))
}

/// A name that no other test of this run uses.
pub(crate) fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn script(name: &str) -> Command {
    Command::new(root().join("deploy/dev").join(name))
}

fn read(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).unwrap().trim().to_owned()
}

/// A test process may end by a signal, so somebody else has to see to its servers.
#[expect(clippy::zombie_processes, reason = "it outlives this process: that is what it is for")]
pub(crate) fn stop_with_us(name: &str, dir: &Path) {
    let watch =
        "while kill -0 $1 2>/dev/null; do sleep 0.5; done; \"$2\" stop \"$3\"; rm -rf \"$3\"";
    Command::new("sh")
        .args(["-c", watch, "watch", &std::process::id().to_string()])
        .arg(root().join("deploy/dev").join(name))
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
}
