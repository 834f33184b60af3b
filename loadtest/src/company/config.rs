//! What the company is like. Shares are per mille, so that a configuration is exact.

/// How the company behaves.
#[derive(Clone, Debug)]
pub struct CompanyConfig {
    /// Points among all that comes out, points and events together.
    pub points_per_mille: u32,
    /// Messages with events that are sent again within a minute: half of them byte for byte, the
    /// others with one of their events in another envelope.
    pub again_per_mille: u32,
    /// Messages that nobody can read.
    pub broken_per_mille: u32,
    /// Messages that only test the way.
    pub control_per_mille: u32,
    /// Hosts of each service, 3 at least. Series grow with them.
    pub hosts_per_service: usize,
    /// Time between two deploys, on average; each is followed by minutes of trouble.
    pub deploy_interval_ms: i64,
    /// Whether GitHub, Jira, Slack and `PagerDuty` post their webhooks as well.
    pub webhooks: bool,
}

impl Default for CompanyConfig {
    /// The reference mix, with a little of everything that goes wrong.
    fn default() -> Self {
        Self {
            points_per_mille: 700,
            again_per_mille: 20,
            broken_per_mille: 2,
            control_per_mille: 2,
            hosts_per_service: 3,
            deploy_interval_ms: 600_000,
            webhooks: false,
        }
    }
}
