//! What may be chosen about detection.

use detect::{Setting, SettingError};

/// Whether minutes are judged, how readily findings are told, and of how many series.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectionConfig {
    /// Whether minutes are judged at all.
    pub enabled: bool,
    /// How readily findings are told: 1 is usual, 2 tells twice as readily.
    pub sensitivity: f64,
    /// How many series a task judges; minutes of more are not judged, and counted.
    pub series_max: usize,
    /// Of how many resources the metrics are compared with each other; of none, where it is 0.
    pub resources_max: usize,
    /// How many groups of peers a task compares; none, where it is 0.
    pub peer_groups_max: usize,
}

impl Default for DetectionConfig {
    /// A thousand series are some 16 MB of a task, and 13 MB of its image.
    fn default() -> Self {
        Self {
            enabled: true,
            sensitivity: 1.0,
            series_max: 1_000,
            resources_max: 1_000,
            peer_groups_max: 1_000,
        }
    }
}

impl DetectionConfig {
    /// Nothing is judged.
    #[must_use]
    pub fn off() -> Self {
        Self { enabled: false, ..Self::default() }
    }

    /// Checks it.
    ///
    /// # Errors
    /// When the sensitivity means nothing.
    pub fn check(&self) -> Result<(), SettingError> {
        Setting::new(self.sensitivity, &[]).map(drop)
    }

    /// What series are judged by. A sensitivity that means nothing was refused before.
    pub(super) fn setting(&self) -> Setting {
        Setting::new(self.sensitivity, &[]).unwrap_or_default()
    }
}
