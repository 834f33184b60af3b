//! Whose an event is: the topic's setting, a header, or a map from accounts; else `default`.

use std::collections::BTreeMap;

use crate::input::Input;

/// The tenant of whatever nobody has claimed.
pub const DEFAULT: &str = "default";
/// The header that names a tenant.
pub const HEADER: &str = "isobar-tenant";

/// How tenants are found.
#[derive(Clone, Debug, Default)]
pub struct Tenants {
    /// The topic belongs to one tenant.
    pub of_topic: Option<String>,
    /// Account, subscription, project or organisation → tenant.
    pub of_account: BTreeMap<String, String>,
}

impl Tenants {
    /// Whose this is. The operator's settings come before what a producer says of itself.
    #[must_use]
    pub fn of<'a>(&'a self, input: &Input<'a>, account: Option<&str>) -> &'a str {
        let by_account = account.and_then(|account| self.of_account.get(account));
        let said = || input.header(HEADER).filter(|tenant| !tenant.is_empty());
        let told = self.of_topic.as_deref().or(by_account.map(String::as_str));
        told.or_else(said).unwrap_or(DEFAULT)
    }
}
